from pathlib import Path

import pytest

from container.errors import PlatformError
from local_test import __main__ as program
from local_test import predict
from model.errors import ArtifactError


@pytest.mark.parametrize("command", sorted(program.COMMANDS))
def test_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        program.main([command, "--help"], {})

    assert caught.value.code == 0
    assert f"python -m local_test {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--training", "no/such/file", "--folder", "{}"], "nothing at no/such/file"),
        (["train", "-H", "epochs", "--folder", "{}"], "-H takes name=value"),
        (["serve", "--model", "no/such/model"], "no model at no/such/model"),
        (["predict", "no/such/payload.csv"], "cannot be read"),
        (["predict", "-"], "--content-type"),
        (["run", "--data", "no/such/file", "--folder", "{}"], "nothing at no/such/file"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = program.main([each.format(tmp_path / "job") for each in arguments], {})

    printed = capsys.readouterr()
    assert code == 1
    assert message in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["serve", "--port", "70000"], ["train", "--epochs", "3"]]
)
def test_a_wrong_command_line_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        program.main(arguments, {})

    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (PlatformError("The cause.", hint="The remedy."), 1, "The cause. The remedy.\n"),
        (ArtifactError("The cause."), 1, "The cause.\n"),
        (OSError(28, "No space left on device", "/job"), 1, "No space left on device: /job.\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_the_exit_code_tells_how_it_ended(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: BaseException,
    code: int,
    message: str,
) -> None:
    def run(*_: object) -> int:
        raise failure

    monkeypatch.setattr(predict, "run", run)

    assert program.main(["predict", "-"], {}) == code
    assert capsys.readouterr().err == message
