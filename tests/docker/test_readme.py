"""The README's commands that need Docker, one block after the other as a reader would."""

from tests.support import readme


def test_the_commands_of_the_readme_do_what_it_says() -> None:
    readme.run(readme.blocks("bash")[0])  # simulates the scans
    scripts, by_hand, check, cloud = readme.blocks("bash docker")
    assert "model.tar.gz" in readme.run(scripts)
    assert '"predictions"' in readme.run(by_hand)
    assert "C1.22" in readme.run(check)
    assert "561 answers" in readme.run(cloud)  # as many as there are validation scans
