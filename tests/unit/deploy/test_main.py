import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import NoCredentialsError

from container.commandline import Command
from container.errors import UserError
from deploy import __main__ as program
from deploy import options
from model.errors import ArtifactError


def command(run: Callable[[], int]) -> Mapping[str, Command]:
    def go(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
        return run()

    found = SimpleNamespace(
        HELP="help", EXAMPLES="examples:", add_arguments=options.add_common, run=go
    )
    return {"do": found}


def raising(error: BaseException) -> Callable[[], int]:
    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "err"),
    [
        (UserError("No.", hint="Do."), 1, "No. Do.\n"),
        (ArtifactError("Broken."), 1, "Broken.\n"),
        (
            OSError(28, "No space left on device", "/x"),
            1,
            "No space left on device (/x). Make room there",
        ),
        (NoCredentialsError(), 1, "There are no usable AWS credentials"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_is_raised_becomes_a_sentence_and_a_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    err: str,
) -> None:
    monkeypatch.setattr(program, "COMMANDS", command(raising(error)))
    assert program.main(["do"], {}) == code
    found = capsys.readouterr().err
    assert found.startswith(err)
    assert "Traceback" not in found


def test_a_failure_is_written_for_programs_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(program, "COMMANDS", command(raising(UserError("No.", hint="Do."))))
    path = tmp_path / "result.json"
    assert program.main(["do", "--json", str(path)], {}) == 1
    expected = {"code": "user_error", "message": "No.", "hint": "Do."}
    assert json.loads(path.read_text()) == {"error": expected}


def test_a_wrong_command_line_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(["nothing"], {})
    assert ended.value.code == 2


@pytest.mark.parametrize("name", program.COMMANDS)
def test_every_command_shows_its_help_with_examples(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main([name, "--help"], {})
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "examples:" in shown
    assert f"python -m deploy {name}" in shown
