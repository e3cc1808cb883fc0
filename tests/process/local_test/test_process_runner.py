import sys
from pathlib import Path

import pytest

from container.errors import PlatformError
from local_test import server
from local_test.process_runner import ProcessRunner
from local_test.runner import Program
from tests.support.waiting import until

IGNORES_TERM = "trap '' TERM; sh -c 'trap \"\" TERM; echo child $$; sleep 600 & wait' & wait; wait"


@pytest.fixture
def runner() -> ProcessRunner:
    return ProcessRunner(Path(sys.executable), {"PATH": "/usr/bin:/bin", "MARK": "ours"})


def _run(runner: ProcessRunner, base: Path, *arguments: str) -> tuple[int, list[str]]:
    shown: list[str] = []
    with runner.start(Program(arguments, base, {"ADDED": "yes"}), shown.append) as running:
        return running.wait(), shown


@pytest.mark.parametrize("code", [0, 3, 143])
def test_the_log_streams_and_the_exit_code_is_passed_on(
    runner: ProcessRunner, tmp_path: Path, code: int
) -> None:
    script = f"echo out; echo err >&2; printf unfinished; exit {code}"

    assert _run(runner, tmp_path, "sh", "-c", script) == (code, ["out", "err", "unfinished"])


def test_a_program_finds_its_folder_and_its_variables(
    runner: ProcessRunner, tmp_path: Path
) -> None:
    script = 'pwd; echo "$SAGEMAKER_BASE_DIR $MARK $ADDED"; command -v python'

    code, shown = _run(runner, tmp_path, "sh", "-c", script)

    assert code == 0
    assert shown == [
        *(str(tmp_path), f"{tmp_path} ours yes", str(Path(sys.executable).with_name("python")))
    ]


def test_our_packages_are_found_from_any_folder(runner: ProcessRunner, tmp_path: Path) -> None:
    assert _run(runner, tmp_path, "python", "-c", "import model.archive") == (0, [])


def test_a_program_is_asked_to_stop(runner: ProcessRunner, tmp_path: Path) -> None:
    shown: list[str] = []
    script = "trap 'echo stopping; exit 7' TERM; echo started; while :; do sleep 0.05; done"
    with runner.start(Program(("sh", "-c", script), tmp_path), shown.append) as running:
        until(lambda: "started" in shown)
        assert running.poll() is None
        assert running.stop() == 7

    assert shown == ["started", "stopping"]


def test_one_that_will_not_stop_is_killed_with_its_children(
    runner: ProcessRunner, tmp_path: Path
) -> None:
    shown: list[str] = []
    with runner.start(Program(("sh", "-c", IGNORES_TERM), tmp_path), shown.append) as running:
        until(lambda: bool(shown))
        assert running.stop(0.2) == 137

    child = Path("/proc", shown[0].split()[1])
    until(lambda: not child.exists() or "\nState:\tZ" in (child / "status").read_text())


def test_an_interpreter_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    runner = ProcessRunner(tmp_path / "python", {})

    with pytest.raises(PlatformError, match=r"cannot be started: No such file.* --python"):
        runner.start(Program(("train",), tmp_path))


def test_a_server_that_ends_early_is_explained_by_its_log(
    runner: ProcessRunner, tmp_path: Path
) -> None:
    program = Program(("sh", "-c", "echo the cause; exit 4"), tmp_path, port=0)

    with (
        pytest.raises(PlatformError, match=r"exit code 4 before it was ready(.|\n)*the cause"),
        server.started(runner, program),
    ):
        pytest.fail("it is not ready")


def test_a_server_that_never_becomes_ready_is_given_up(
    runner: ProcessRunner, tmp_path: Path
) -> None:
    program = Program(("sh", "-c", "echo loading; exec sleep 600"), tmp_path, port=0)

    with (
        pytest.raises(PlatformError, match=r"did not answer /ping with 200 within 0.5 s"),
        server.started(runner, program, seconds=0.5),
    ):
        pytest.fail("it is not ready")
