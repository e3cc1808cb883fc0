"""`python -m train tune`, in this process, with real trainings on tiny data."""

import csv
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from container import contract
from model import artifact
from model.predictor import Predictor
from tests.support.jobs import Job
from tests.support.scans import surveyed
from train import metrics
from train.__main__ import main
from train.hyperparameters import Hyperparameters
from train.progress import CLEAR
from train.tuning import command, study
from train.tuning.space import space

if TYPE_CHECKING:
    from train.ranges import Span

# Two hyperparameters are left to vary.
FIXED = {
    "epochs": 4,
    "batch_size": 64,
    "hidden": "8",
    "weight_decay": 0,
    "dropout": 0,
    "label_smoothing_cells": 0.8,
    "label_smoothing_share": 0.5,
    "noise_db": 1,
    "beacon_dropping": 0,
    "drawn_scans": 0,
    "class_balance": "true",
}

RATES = cast("Span", space({}).ranges["learning_rate"])


@pytest.fixture
def job(tmp_path: Path) -> Job:
    job = Job(tmp_path / "ml")
    job.channel("training", surveyed(cells=6, scans=2))
    job.hyperparameters(**FIXED)
    return job


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def only_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the last training out, which takes longer than tiny trials do."""
    monkeypatch.setattr("train.run.run", lambda *_: SimpleNamespace(summary=lambda _: "trained"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Run:
    """What a search said and how it ended."""

    def __init__(
        self,
        job: Job,
        *arguments: str,
        stop: Callable[[], bool] = lambda: False,
        errors: io.StringIO | None = None,
    ) -> None:
        output, errors = io.StringIO(), errors or io.StringIO()
        variables = {contract.BASE_DIR_VARIABLE: str(job.base), **job.variables}
        self.exit_code = main(["tune", *arguments], variables, stop, output, errors)
        self.output, self.errors = output.getvalue(), errors.getvalue()
        self.trials = [line for line in self.output.splitlines() if line.startswith("trial=")]


def journal(job: Job) -> Path:
    return job.environment.checkpoint_dir / command.JOURNAL


def opened(job: Job) -> optuna.Study:
    storage = JournalStorage(JournalFileBackend(str(journal(job))))
    return optuna.load_study(study_name=study.NAME, storage=storage)


def kept(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (job.environment.output_data_dir / "tuning.json").read_text()
    )
    return found


def tried(job: Job) -> list[tuple[Any, ...]]:
    """What a search has found, without the times that it took."""
    return [
        (each["state"], each[metrics.OBJECTIVE], each["hyperparameters"])
        for each in kept(job)["trials"]
    ]


def test_a_search_leaves_its_best_model_and_its_table(job: Job) -> None:
    run = Run(job, "--trials", "3")
    assert run.exit_code == 0, run.errors
    assert len(run.trials) == 3

    found = kept(job)
    standard = Hyperparameters()
    assert found["trials"][0]["hyperparameters"] == {
        "learning_rate": standard.learning_rate,
        "distance_loss": standard.distance_loss,
    }
    complete = [each for each in found["trials"] if each["state"] == "complete"]
    best = min(complete, key=lambda each: each[metrics.OBJECTIVE])
    assert found["best"] == best
    predictor = Predictor.load(job.environment.model_dir)
    assert predictor.signature is not None
    assert (
        predictor.signature.training["hyperparameters"].items() >= best["hyperparameters"].items()
    )
    error = predictor.signature.metrics[metrics.OBJECTIVE]
    assert error == pytest.approx(best[metrics.OBJECTIVE], abs=1e-4)
    with (job.environment.output_data_dir / "tuning.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["trial"] == str(best["trial"])
    assert {each["trial"] for each in rows} == {"0", "1", "2"}


@pytest.mark.usefixtures("only_trials")
def test_a_second_call_goes_on_and_a_third_has_nothing_to_do(job: Job) -> None:
    assert Run(job, "--trials", "1").exit_code == 0
    more = Run(job, "--trials", "3")
    assert len(more.trials) == 2
    before = tried(job)
    done = Run(job, "--trials", "3")
    assert (done.exit_code, done.trials) == (0, [])
    assert tried(job) == before


@pytest.mark.usefixtures("only_trials")
def test_a_search_in_pieces_finds_what_a_whole_one_finds(job: Job, tmp_path: Path) -> None:
    whole = Job(tmp_path / "whole")
    whole.channel("training", surveyed(cells=6, scans=2))
    whole.hyperparameters(**FIXED)
    assert Run(whole, "--trials", "4").exit_code == 0
    assert Run(job, "--trials", "2").exit_code == 0
    half = opened(job).ask()  # killed before all of its values were suggested
    half.suggest_float("learning_rate", RATES.low, RATES.high, log=RATES.log)
    assert Run(job, "--trials", "4").exit_code == 0
    assert tried(job) == tried(whole)


@pytest.mark.usefixtures("only_trials")
def test_a_trial_that_is_behind_is_pruned(job: Job) -> None:
    job.channel("training", surveyed(scans=2))
    job.hyperparameters(**FIXED | {"epochs": 6, "batch_size": 8, "distance_loss": 0.5})
    assert Run(job, "--trials", "1").exit_code == 0
    for _ in range(4):
        opened(job).enqueue_trial({"learning_rate": RATES.high})
    assert Run(job, "--trials", "5").exit_code == 0
    opened(job).enqueue_trial({"learning_rate": RATES.low})  # too small to get anywhere

    run = Run(job, "--trials", "6")

    assert run.exit_code == 0, run.errors
    last = kept(job)["trials"][-1]
    assert last["state"] == "pruned"
    assert last["epochs"] < 6
    assert kept(job)["best"]["trial"] != last["trial"]


def test_a_trial_that_was_interrupted_is_tried_again(job: Job) -> None:
    calls: list[int] = []

    def stop() -> bool:
        calls.append(1)
        return len(calls) > 6

    stopped = Run(job, "--trials", "2", stop=stop)
    assert stopped.exit_code == command.STOPPED
    assert "the same command continues" in stopped.output
    assert not (job.environment.model_dir / artifact.SIGNATURE).exists()
    running = opened(job).get_trials(states=(optuna.trial.TrialState.RUNNING,))
    assert len(running) == 1

    run = Run(job, "--trials", "2")
    assert run.exit_code == 0, run.errors
    found = kept(job)["trials"]
    assert len(found) == 2
    assert running[0].params in [each["hyperparameters"] for each in found]


@pytest.mark.usefixtures("only_trials")
def test_a_journal_whose_last_line_was_cut_is_mended(job: Job) -> None:
    assert Run(job, "--trials", "1").exit_code == 0
    whole = journal(job).read_bytes()
    with journal(job).open("ab") as file:
        file.write(whole.splitlines()[-1][:20])
    run = Run(job, "--trials", "2")
    assert run.exit_code == 0, run.errors
    assert len(run.trials) == 1


@pytest.mark.usefixtures("only_trials")
def test_a_study_of_other_settings_is_refused_and_forgotten_when_asked(job: Job) -> None:
    assert Run(job, "--trials", "1").exit_code == 0
    refused = Run(job, "--trials", "1", "--epochs", "2")
    assert refused.exit_code == 2
    assert "epochs was 4 and is 2" in job.failure
    fresh = Run(job, "--trials", "1", "--epochs", "2", "--fresh")
    assert fresh.exit_code == 0, fresh.errors
    assert not job.environment.failure_file.exists()


@pytest.mark.parametrize("words", [(), ("--fresh",)])
@pytest.mark.parametrize("content", [b"my notes", b'{"op_code": 99}\n', b"[]\n"])
def test_a_file_that_is_no_study_is_named_and_left_alone(
    job: Job, tmp_path: Path, content: bytes, words: tuple[str, ...]
) -> None:
    (tmp_path / "mine").write_bytes(content)
    run = Run(job, "--study", str(tmp_path / "mine"), *words)
    assert run.exit_code == 2, run.errors
    assert "is no study" in job.failure
    assert (tmp_path / "mine").read_bytes() == content


def test_a_study_has_one_writer(job: Job) -> None:
    plan = study.Plan({}, {}, {}, 0, 0)
    with study.Search.opened(journal(job), plan, fresh=False):
        assert Run(job).exit_code == 2
    assert "Another search writes" in job.failure


def test_a_trial_that_diverges_is_no_end(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from train.fit import Fit

    monkeypatch.setattr(Fit, "learn", lambda *_: float("nan"))
    run = Run(job, "--trials", "2")
    assert run.exit_code == 2
    assert "None of 2 trials" in job.failure
    assert [each["state"] for each in kept(job)["trials"]] == ["fail", "fail"]
    assert "The loss became nan" in kept(job)["trials"][0]["reason"]


def test_without_scans_to_judge_by_there_is_no_search(job: Job) -> None:
    assert Run(job, "--validation-fraction", "0").exit_code == 2
    assert "scans to judge by" in job.failure


def test_where_optuna_is_missing_it_is_said(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == "optuna"]:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("report", "search", "study", "trials"):
        monkeypatch.delitem(sys.modules, f"train.tuning.{name}")
    assert Run(job).exit_code == 2
    assert "needs Optuna" in job.failure


def test_a_search_runs_on_one_host(job: Job) -> None:
    hosts = {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]}
    job.config(contract.RESOURCE_CONFIG_FILE, hosts)
    assert Run(job).exit_code == 2
    assert "one host" in job.failure


@pytest.mark.usefixtures("only_trials")
def test_the_study_is_all_there_is_where_json_is_asked_for(job: Job) -> None:
    run = Run(job, "--trials", "1", "--json")
    assert run.exit_code == 0, run.errors
    assert json.loads(run.output) == kept(job)


@pytest.mark.usefixtures("only_trials")
def test_a_terminal_has_a_bar_that_goes_away(job: Job) -> None:
    job.variables["TERM"] = "xterm"
    run = Run(job, "--trials", "1", errors=Terminal())
    assert "0 of 1 trials, 0 pruned, epoch 4" in run.errors
    assert run.errors.rindex(CLEAR) > run.errors.rindex("░")


@pytest.mark.parametrize("words", [("--trials", "0"), ("--trials", "x"), ("--fast",)])
def test_a_wrong_word_is_refused(job: Job, words: tuple[str, ...]) -> None:
    assert Run(job, *words).exit_code == 2
    assert "The command line is wrong" in job.failure


@pytest.mark.parametrize(
    ("name", "words", "key"),
    [
        (
            "sagemaker",
            "--image i --role r --training s3://b/t --output s3://b/o",
            "TrainingJobDefinition",
        ),
        ("katib", "--image i --claim c --training t.csv", "spec"),
    ],
)
def test_the_search_is_printed_for_another_tuner(job: Job, name: str, words: str, key: str) -> None:
    run = Run(job, name, *words.split(), "--trials", "1", "--epochs", "3")
    assert run.exit_code == 0, run.errors
    assert key in json.loads(run.output)
    assert "Traceback" not in run.errors
