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


def test_single_values_go_to_files_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "new" / "url"
    screen_for(None, {"url": path}).result({"url": "s3://bucket/key", "other": 1})
    assert path.read_text(encoding="utf-8") == "s3://bucket/key"


def test_a_value_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="there is no link; there are name, url"):
        screen_for(None, {"link": tmp_path / "link"}).result({"url": "u", "name": "n"})


def test_a_failure_saves_nothing(tmp_path: Path) -> None:
    screen_for(None, {"url": tmp_path / "url"}).result({"error": {"code": "x"}})
    assert not list(tmp_path.iterdir())
