"""The README's commands that need no Docker, one block after the other as a reader would."""

from tests.support import readme


def test_the_commands_of_the_readme_do_what_it_says() -> None:
    simulate, serve = readme.blocks("bash")
    assert "scans in" in readme.run(simulate)
    output = readme.run(serve)
    assert "model.tar.gz" in output
    assert "uncertainty" in output  # the head of the table that predict prints
    rows = [line for line in output.splitlines() if line.endswith((",ok", ",no_signal"))]
    assert len(rows) >= 3, output  # the answers to curl
