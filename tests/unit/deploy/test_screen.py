import io
import json
from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.screen import Screen, screen_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_on_a_terminal() -> None:
    out = Terminal()
    screen = Screen(out)
    screen.progress("1 of 2")
    screen.progress("2 of 2")
    screen.say("Done.")
    assert out.getvalue() == "\r\x1b[K1 of 2\r\x1b[K2 of 2\r\x1b[KDone.\n"


def test_progress_is_few_lines_elsewhere() -> None:
    out = io.StringIO()
    screen = Screen(out)
    for text in ("at 1 %", "at 2 %", "ready", "at 3 %"):
        screen.progress(text)
    assert out.getvalue() == "at 1 %\nready\nat 3 %\n"


def test_a_document_goes_to_its_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "result.json"
    screen_for(path).result({"a": 1})
    assert json.loads(path.read_text()) == {"a": 1}


def test_a_document_on_stdout_leaves_sentences_to_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = screen_for(Path("-"))
    screen.say("Hello.")
    screen.result({"a": 1})
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"a": 1}, "Hello.\n")


def test_without_json_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    screen_for(None).result({"a": 1})
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="cannot be written"):
        screen_for(tmp_path).result({})
