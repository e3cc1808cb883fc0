"""What the arguments of `docker run` lead to, decided without starting anything."""

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from container import __main__ as entry
from container.supervisor import Outcome

Started = list[tuple[list[str], dict[str, str]]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    calls: Started = []

    def supervise(command: Sequence[str], variables: Mapping[str, str]) -> Outcome:
        calls.append((list(command), dict(variables)))
        return Outcome(0)

    monkeypatch.setattr(entry, "supervise", supervise)
    return calls


@pytest.mark.parametrize(
    ("arguments", "job", "program"),
    [
        (["train"], False, ["train"]),
        (["serve"], True, ["serve"]),
        (["train", "--epochs", "3"], True, ["train", "--epochs", "3"]),
        ([], True, ["train"]),
        ([], False, ["serve"]),
    ],
)
def test_the_program_follows_from_the_arguments_or_the_folders(
    tmp_path: Path, started: Started, arguments: list[str], job: bool, program: list[str]
) -> None:
    if job:
        (tmp_path / "input/config").mkdir(parents=True)
    variables = {"SAGEMAKER_BASE_DIR": str(tmp_path), "PYTHONPATH": "/theirs"}
    assert entry.main(arguments, variables) == 0
    (command, handed), *more = started
    assert not more
    assert command == [sys.executable, "-m", *program]
    assert handed == {
        **variables,
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONPATH": f"{entry.CODE}:/theirs",
    }


def test_threads_of_numpy_are_as_many_as_somebody_asks_for(
    tmp_path: Path, started: Started
) -> None:
    entry.main(["serve"], {"SAGEMAKER_BASE_DIR": str(tmp_path), "OPENBLAS_NUM_THREADS": "2"})
    assert started[0][1]["OPENBLAS_NUM_THREADS"] == "2"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"SAGEMAKER_MULTI_MODEL": "false"}, None),
        ({"SAGEMAKER_MULTI_MODEL": "true"}, entry._GIVING_BACK),
        ({"SAGEMAKER_MULTI_MODEL": "true", "GLIBC_TUNABLES": "theirs"}, "theirs"),
    ],
)
def test_freed_memory_is_given_back_where_models_come_and_go(
    tmp_path: Path, started: Started, variables: dict[str, str], expected: str | None
) -> None:
    entry.main(["serve"], {"SAGEMAKER_BASE_DIR": str(tmp_path), **variables})
    assert started[0][1].get("GLIBC_TUNABLES") == expected


def test_the_page_names_what_a_server_that_is_started_by_hand_needs() -> None:
    page = (entry.CODE / "docs" / "serving.md").read_text(encoding="utf-8")
    assert f"`{entry._GIVING_BACK}`" in page


def run_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, *arguments: str
) -> tuple[int, Path]:
    monkeypatch.setattr(entry, "supervise", lambda *_: outcome)
    code = entry.main(arguments or ["train"], {"SAGEMAKER_BASE_DIR": str(tmp_path)})
    return code, tmp_path / "output/failure"


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome(1), "Training ended with exit code 1; its log says why."),
        (Outcome(139, signal.SIGSEGV), "Training was killed by SIGSEGV."),
        (
            Outcome(137, signal.SIGKILL),
            "Training was killed by SIGKILL. Most likely it needed more than the",
        ),
    ],
)
def test_a_training_that_says_nothing_is_spoken_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    outcome: Outcome,
    cause: str,
) -> None:
    code, failure = run_training(tmp_path, monkeypatch, outcome)
    assert code == outcome.exit_code
    assert failure.read_text().startswith(cause)
    assert cause in capsys.readouterr().err


def test_a_cause_that_the_training_wrote_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output/failure").write_text("epochs is 0.\n")
    _, failure = run_training(tmp_path, monkeypatch, Outcome(1))
    assert failure.read_text() == "epochs is 0.\n"


@pytest.mark.parametrize(
    ("outcome", "program"),
    [
        (Outcome(0), "train"),
        (Outcome(143, signal.SIGTERM, stopped=True), "train"),
        (Outcome(1), "serve"),
        (Outcome(137, signal.SIGKILL), "serve"),
    ],
)
def test_success_a_stop_and_serving_leave_no_failure_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, program: str
) -> None:
    code, failure = run_training(tmp_path, monkeypatch, outcome, program)
    assert code == outcome.exit_code
    assert not failure.exists()


def test_a_failure_file_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "output").touch()
    code, _ = run_training(tmp_path, monkeypatch, Outcome(1))
    assert code == 1
    assert "The failure file cannot be written" in capsys.readouterr().err


def test_a_program_that_cannot_be_started_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def supervise(*_: object) -> Outcome:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(entry, "supervise", supervise)
    assert entry.main(["serve"], {}) == 126
    expected = "serve cannot be started: Resource temporarily unavailable.\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_every_form(
    started: Started, capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    assert entry.main([flag], {}) == 0
    text = capsys.readouterr().out
    assert all(form in text for form in ("train", "serve", "(nothing)", "COMMAND"))
    assert not started
