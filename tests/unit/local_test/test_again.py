import sys
from pathlib import Path

import pytest

from local_test import again
from local_test.process_runner import PROJECT


@pytest.mark.parametrize(
    ("executable", "here", "line"),
    [
        (PROJECT / ".venv/x/bin/python", PROJECT, ".venv/x/bin/python -m local_test serve"),
        (
            PROJECT / ".venv/x/bin/python",
            PROJECT.parent,
            "PYTHONPATH={name} {name}/.venv/x/bin/python -m local_test serve",
        ),
        (Path("/usr/bin/python3"), PROJECT, "/usr/bin/python3 -m local_test serve"),
        (PROJECT / "python", PROJECT, "./python -m local_test serve"),
    ],
)
def test_the_interpreter_and_the_project_are_found_from_where_one_stands(
    monkeypatch: pytest.MonkeyPatch, executable: Path, here: Path, line: str
) -> None:
    monkeypatch.setattr(sys, "executable", str(executable))

    assert again.command("serve", here=here) == line.format(name=PROJECT.name)


def test_paths_are_shortened_and_words_are_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")

    line = again.command("predict", "--model", tmp_path / "my model", "a b", here=tmp_path)

    assert line.endswith("/usr/bin/python3 -m local_test predict --model 'my model' 'a b'")
    assert again.path(Path("/etc"), tmp_path) == "/etc"
