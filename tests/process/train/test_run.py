"""Training as the platform runs it: a child process with folders, signals and an exit code."""

import json
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from container import contract
from model import artifact
from model.blerssi import grid
from model.predictor import Predictor
from tests.support.jobs import Job
from tests.support.scans import surveyed
from train import metrics

EPOCHS = 30
RECIPE = {"epochs": EPOCHS, "hidden": "16", "batch_size": 16, "checkpoint_every": 4}


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return prepared(tmp_path / "ml")


def prepared(base: Path) -> Job:
    job = Job(base)
    job.channel("training", surveyed())
    job.hyperparameters(**RECIPE)
    return job


def kill_after(child: subprocess.Popen[str], epoch: int, number: signal.Signals) -> None:
    """Send a signal while the epoch behind the given one runs."""
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith(f"epoch={epoch} "):
            child.send_signal(number)
            return
    pytest.fail(f"epoch {epoch} never came: {child.communicate()[1]}")


def params(job: Job) -> bytes:
    return (job.environment.model_dir / artifact.PARAMS).read_bytes()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Job:
    job = prepared(tmp_path_factory.mktemp("whole"))
    done = job.run("train")
    assert done.returncode == 0, done.stderr
    return job


def test_a_run_leaves_a_model_a_report_and_its_figures(job: Job) -> None:
    job.channel("validation", surveyed(seed=1, visits=1, first_day=9))
    job.channel("unlabeled", surveyed(seed=2, visits=1))
    done = job.run("train")
    assert done.returncode == 0, done.stderr
    assert not job.environment.failure_file.exists()

    figures = json.loads((job.environment.output_data_dir / "metrics.json").read_text())
    assert figures["judged_by"] == "validation"
    assert len(figures["history"]) == EPOCHS
    lines = [line for line in done.stdout.splitlines() if line.startswith("epoch=")]
    assert len(lines) == EPOCHS
    for metric in metrics.METRICS:
        found = re.findall(metric.regex, done.stdout)
        assert len(found) == EPOCHS, metric.name
        assert float(found[-1]) == pytest.approx(figures["history"][-1][metric.name], abs=1e-4)

    page = (job.environment.output_data_dir / "report.html").read_text()
    assert "<svg" in page
    assert not re.search(r"(src|href)=|url\(['\"]?http|@import", page)

    predictor = Predictor.load(job.environment.model_dir)
    assert predictor.signature is not None
    scans = surveyed(seed=3)
    answers = predictor.answers(scans.readings, 1)
    assert answers.positions is not None
    away = np.linalg.norm(answers.positions - np.asarray(grid.COORDINATES)[scans.cells], axis=1)
    assert away.mean() < 2.0
    assert str(job.environment.model_dir) in done.stdout


@pytest.mark.parametrize("attempt", range(3))
def test_a_killed_run_continues_exactly(job: Job, uninterrupted: Job, attempt: int) -> None:
    epoch = random.Random(attempt).randrange(5, EPOCHS - 2)
    child = job.start(module="train")
    kill_after(child, epoch, signal.SIGKILL)
    child.communicate()
    assert not (job.environment.model_dir / artifact.SIGNATURE).exists()
    again = job.run("train")
    assert again.returncode == 0, again.stderr
    assert "Continuing after epoch" in again.stderr
    assert params(job) == params(uninterrupted)
    assert not list(job.environment.checkpoint_dir.iterdir())


def test_a_stop_saves_a_model_and_the_next_attempt_finishes_it(
    job: Job, uninterrupted: Job
) -> None:
    child = job.start("train")
    kill_after(child, 9, signal.SIGTERM)
    output, errors = child.communicate(timeout=contract.TRAIN_STOP_SECONDS)
    assert child.returncode == 0, errors
    assert "stopped before its end" in output
    assert Predictor.load(job.environment.model_dir).signature is not None
    assert params(job) != params(uninterrupted)
    assert job.run("train").returncode == 0
    assert params(job) == params(uninterrupted)


def test_a_checkpoint_of_other_data_is_not_continued_unless_forgotten(job: Job) -> None:
    child = job.start("train")
    kill_after(child, 9, signal.SIGTERM)
    child.communicate()
    job.channel("training", surveyed(seed=5))
    refused = job.run("train")
    assert refused.returncode == 2
    assert "training_data was" in job.failure
    assert "--fresh" in job.failure
    assert job.run("train", "--fresh").returncode == 0
    assert not job.environment.failure_file.exists()


def test_wrong_hyperparameters_are_all_named_in_the_failure_file(job: Job) -> None:
    job.hyperparameters(epoch=3, learning_rate="fast")
    done = job.run("train")
    assert done.returncode == 2
    cause = job.failure.splitlines()[0]
    assert "epoch is not a hyperparameter; did you mean epochs?" in cause
    assert "learning_rate is 'fast'; expected number" in cause
    assert "Traceback" not in done.stderr + job.failure
    assert not job.environment.model_dir.exists()


def test_flags_beat_the_files_of_the_platform(job: Job) -> None:
    done = job.run("train", "--epochs", "2", "--hidden", "none")
    assert done.returncode == 0, done.stderr
    assert "Model of 2 epochs" in done.stdout


def test_bad_data_is_told_by_line(job: Job) -> None:
    path = job.environment.data_dir / "training" / "scans.csv"
    lines = path.read_text().splitlines()
    lines[3] = lines[3].replace(lines[3].split(",")[0], "Z99")
    path.write_text("\n".join(lines))
    done = job.run("train")
    assert done.returncode == 2
    assert "line 4" in job.failure
    assert "Z99" in job.failure


def test_a_full_disk_fails_the_run_and_leaves_no_half_of_a_model(job: Job) -> None:
    job.hyperparameters(**{**RECIPE, "epochs": 2, "hidden": "2048,2048", "checkpoint_every": 50})
    # Files of this process may have 4 MB: the model has more, as if the disk were full.
    limited = ["bash", "-c", 'ulimit -f 4096; exec "$@"', "train"]
    script = [*limited, sys.executable, "-m", "container", "train"]
    done = job.run(*script)
    assert done.returncode == 3
    assert "cannot be written to" in job.failure.splitlines()[0]
    assert not list(job.environment.model_dir.glob("*"))
    assert not list(job.environment.checkpoint_dir.glob("*"))


def test_early_stopping_keeps_the_best_epoch(job: Job) -> None:
    job.channel("validation", surveyed(seed=1, visits=1, first_day=9))
    job.hyperparameters(**{**RECIPE, "epochs": 200, "early_stopping_patience": 5})
    done = job.run("train")
    assert done.returncode == 0, done.stderr
    facts = json.loads((job.environment.output_data_dir / "metrics.json").read_text())
    course = [figures[metrics.OBJECTIVE] for figures in facts["history"]]
    assert facts["epochs"] == len(course) < 200
    assert np.argmin(course) == len(course) - 6
    assert facts["scores"]["mean_error_cells"] == pytest.approx(min(course))


def test_logs_can_be_json(job: Job) -> None:
    job.variables["BLERSSI_LOG_FORMAT"] = "json"
    done = job.run("train", "--epochs", "1")
    records = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert any("Learning from" in record["message"] for record in records)
