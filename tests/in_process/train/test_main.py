"""A run from its command line to its outcome, in this process."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from container import contract
from model import artifact
from model.predictor import Predictor
from tests.support.jobs import Job
from tests.support.scans import surveyed
from train import save
from train.__main__ import main

RECIPE = {"epochs": 3, "hidden": "8", "batch_size": 32}


@pytest.fixture
def job(tmp_path: Path) -> Job:
    job = Job(tmp_path / "ml")
    job.channel("training", surveyed())
    job.hyperparameters(**RECIPE)
    return job


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


class Run:
    """What a run said and how it ended."""

    def __init__(self, job: Job, *arguments: str, stop: Callable[[], bool] = lambda: False) -> None:
        output, errors = io.StringIO(), io.StringIO()
        variables = {contract.BASE_DIR_VARIABLE: str(job.base), **job.variables}
        self.exit_code = main(arguments, variables, stop, output, errors)
        self.output, self.errors = output.getvalue(), errors.getvalue()


def test_a_run_says_what_its_training_scans_were_like(job: Job) -> None:
    assert Run(job).exit_code == 0
    folder = job.environment.output_data_dir
    statistics = json.loads((folder / "statistics.json").read_text())
    constraints = json.loads((folder / "constraints.json").read_text())
    predictor = Predictor.load(job.environment.model_dir)
    assert predictor.signature is not None
    names = [field.name for field in predictor.signature.input.fields]
    assert statistics["dataset"]["item_count"] == predictor.signature.training["scans"]
    for found in (statistics, constraints):
        assert [each["name"] for each in found["features"]] == names


def test_a_run_without_validation_scans_holds_visits_out(job: Job) -> None:
    run = Run(job)
    assert run.exit_code == 0, run.errors
    assert "validation scans" in run.output
    facts = json.loads((job.environment.output_data_dir / "metrics.json").read_text())
    predictor = Predictor.load(job.environment.model_dir)
    assert predictor.signature is not None
    written = predictor.signature.metrics["validation_mean_error_cells"]
    assert written == pytest.approx(facts["scores"]["mean_error_cells"])
    assert predictor.signature.training["hyperparameters"]["epochs"] == 3
    coverage = predictor.signature.output.coverage
    assert coverage is not None
    assert coverage.output == "density"


def test_with_nothing_held_out_the_training_scans_are_judged_and_said_so(job: Job) -> None:
    job.hyperparameters(**RECIPE, validation_fraction=0)
    run = Run(job)
    assert run.exit_code == 0, run.errors
    assert "training scans" in run.output
    assert "validation" not in run.output
    page = (job.environment.output_data_dir / "report.html").read_text()
    assert "No visit could be held out" in page


def test_the_smallest_job_works(job: Job) -> None:
    job.channel("training", surveyed(cells=1, visits=1, scans=1))
    run = Run(job)
    assert run.exit_code == 0, run.errors
    predictor = Predictor.load(job.environment.model_dir)
    assert predictor.signature is not None
    assert predictor.signature.output.coverage is None  # one scan says nothing of it


def test_a_stop_before_the_first_epoch_waits_for_its_end(job: Job) -> None:
    run = Run(job, stop=lambda: True)
    assert run.exit_code == 0, run.errors
    assert "Model of 1 epochs, stopped before its end" in run.output
    assert "Stopped before its end" in (job.environment.output_data_dir / "report.html").read_text()


def test_what_an_earlier_attempt_said_of_its_failure_is_taken_away(job: Job) -> None:
    job.environment.failure_file.parent.mkdir(parents=True)
    job.environment.failure_file.write_text("an earlier cause")
    assert Run(job).exit_code == 0
    assert not job.environment.failure_file.exists()


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("--upload", "http://elsewhere"), "expected s3://BUCKET/PREFIX"),
        (("--nonsense",), "unrecognized arguments: --nonsense"),
        (("--learning-rate", "7"), "learning_rate is '7'; expected number"),
        (("--training", "nowhere.csv"), "nowhere.csv does not exist"),
    ],
)
def test_what_the_user_can_mend_ends_with_2_and_a_sentence(
    job: Job, arguments: tuple[str, ...], cause: str
) -> None:
    run = Run(job, *arguments)
    assert run.exit_code == 2
    assert cause in run.errors
    assert cause in job.failure.splitlines()[0]
    assert "Traceback" not in run.errors + job.failure


def test_a_loss_that_is_no_number_names_the_learning_rate(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.fit.Fit.learn", lambda *_: float("nan"))
    run = Run(job)
    assert run.exit_code == 2
    assert "The loss became nan in epoch 1. Lower learning_rate." in job.failure


def test_a_folder_that_cannot_be_written_ends_with_3(job: Job) -> None:
    job.environment.model_dir.write_text("a file where the folder should be")
    run = Run(job)
    assert run.exit_code == 3
    assert f"The model cannot be written to {job.environment.model_dir}" in job.failure


def test_an_artefact_that_answers_otherwise_fails_the_run_and_is_not_kept(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Predictor.probabilities

    def shifted(self: Predictor, rows: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return honest(self, rows) + np.float32(2 * save.TOLERANCE)

    monkeypatch.setattr(Predictor, "probabilities", shifted)
    run = Run(job)
    assert run.exit_code == 1
    assert "differ from the network's by 2" in job.failure.splitlines()[0]
    assert not list(job.environment.model_dir.iterdir())


def test_a_fault_of_ours_gives_its_kind_first_and_the_traceback_after(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr("train.run.report.render", broken)
    run = Run(job)
    assert run.exit_code == 1
    assert job.failure.startswith("ZeroDivisionError: of ours")
    assert "Traceback" in job.failure
    assert "Traceback" in run.errors


def test_a_failure_file_that_cannot_be_written_does_not_hide_the_failure(job: Job) -> None:
    job.environment.output_dir.write_text("a file where the folder should be")
    run = Run(job)
    assert run.exit_code == 3
    assert "Not a directory" in run.errors
    assert "The failure file cannot be written" in run.errors


def test_too_little_memory_is_the_machines_fault(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("train.run.channels.read", hungry)
    run = Run(job)
    assert run.exit_code == 3
    assert "do not fit into memory" in job.failure


def test_checkpoints_are_kept_only_where_there_is_a_place_for_them(job: Job) -> None:
    job.environment.checkpoint_dir.write_text("a file where the folder should be")
    run = Run(job)
    assert run.exit_code == 0
    assert "No checkpoints are kept" in run.errors


def test_an_earlier_model_is_replaced(job: Job) -> None:
    assert Run(job).exit_code == 0
    before = (job.environment.model_dir / artifact.PARAMS).read_bytes()
    assert Run(job, "--seed", "1").exit_code == 0
    assert (job.environment.model_dir / artifact.PARAMS).read_bytes() != before
