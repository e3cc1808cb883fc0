from collections.abc import Callable
from pathlib import Path

import pytest

from container.errors import PlatformError
from local_test import __main__ as program
from local_test import options, run
from local_test.runner import Program, Running, Show

Step = Callable[[Path], int]
SCANS = ("training.csv", "validation.csv")


class _Done(Running):
    def __init__(self, code: int, show: Show | None) -> None:
        self._code = code
        super().__init__([b"a line\n"], show, None)

    def poll(self) -> int | None:
        return self._code

    def stop(self, seconds: float = 0) -> int:
        raise AssertionError(f"it has ended; {seconds}")

    def _wait(self) -> int:
        return self._code

    def _kill(self) -> None:
        raise AssertionError("it has ended")

    def _clear(self) -> None:
        pass


class _Runner:
    """Calls a function in place of a program."""

    place = "a test"

    def __init__(self, *, data: Step, train: Step) -> None:
        self._data = data
        self._train = train

    def start(self, program: Program, show: Show | None = None) -> Running:
        step = self._train if program.arguments[0] == "train" else self._data
        return _Done(step(program.base), show)


def _data(base: Path) -> int:
    for name in SCANS:
        (base / name).write_text("location\n")
    return 0


def _fails(_base: Path) -> int:
    return 3


def _without_validation(base: Path) -> int:
    (base / SCANS[0]).touch()
    return 0


def _fails_with_cause(base: Path) -> int:
    (base / "output/failure").write_text("The cause.\n\nDetails.")
    return 2


def _without_report(base: Path) -> int:
    (base / "model/file").touch()
    (base / "output/data/metrics.json").write_text("{}")
    return 0


def _up(monkeypatch: pytest.MonkeyPatch, folder: Path, data: Step, train: Step) -> int:
    monkeypatch.setattr(options, "runner", lambda *_: _Runner(data=data, train=train))
    arguments = program.parser().parse_args(["run", "--folder", str(folder)])
    return run.run(arguments, {})


@pytest.mark.parametrize(
    ("data", "train", "message"),
    [
        (_fails, _fails, r"simulate .* ended with exit code 3 and without .*training and valid"),
        (_without_validation, _fails, "exit code 0 and without its validation file"),
        (_data, _without_report, r"without .*/report\.html\."),
    ],
)
def test_a_step_that_is_off_ends_the_story(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Step, train: Step, message: str
) -> None:
    with pytest.raises(PlatformError, match=message):
        _up(monkeypatch, tmp_path, data, train)


def test_a_training_job_that_fails_passes_its_cause_and_exit_code_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _up(monkeypatch, tmp_path, _data, _fails_with_cause) == 2

    assert capsys.readouterr().err == "Training failed: The cause.\n"
