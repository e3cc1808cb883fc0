"""One training job on several hosts, each of them a process with an address of its own."""

import signal
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from container import contract
from model import artifact
from model.predictor import Predictor
from tests.support import crews
from tests.support.jobs import Job
from tests.support.scans import surveyed

SCANS = surveyed(cells=20)
RECIPE = {"epochs": 8, "hidden": "32", "batch_size": 50, "checkpoint_every": 2}
ENDLESS = {**RECIPE, "epochs": 10_000}
FAILS_WITHIN = 60  # seconds, promised for a lost host


def until_epoch(child: subprocess.Popen[str], number: int) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith(f"epoch={number} "):
            return
    pytest.fail(f"epoch {number} never came: {child.communicate()[1]}")


def probabilities(job: Job) -> npt.NDArray[np.float32]:
    return Predictor.load(job.environment.model_dir).probabilities(surveyed(seed=9).readings)


def params(job: Job) -> bytes:
    return (job.environment.model_dir / artifact.PARAMS).read_bytes()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[Job]:
    jobs = crews.prepared(tmp_path_factory.mktemp("pair"), 2, SCANS, **RECIPE)
    for done in crews.run(jobs):
        assert done.returncode == 0, done.stderr
    return jobs


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Job:
    [job] = crews.prepared(tmp_path_factory.mktemp("single"), 1, SCANS, **RECIPE)
    done = job.run("train")
    assert done.returncode == 0, done.stderr
    return job


def test_two_hosts_reach_the_model_of_one(pair: list[Job], single: Job) -> None:
    found, wanted = probabilities(pair[0]), probabilities(single)
    assert found == pytest.approx(wanted, abs=1e-4)
    assert wanted.max(axis=1).mean() > 10 / 105  # it has learnt something to be equal in


def test_three_hosts_reach_it_too(tmp_path: Path, single: Job) -> None:
    """Of 50 rows and of the last 40 no three hosts get equally many."""
    jobs = crews.prepared(tmp_path, 3, SCANS, **RECIPE)
    assert [done.returncode for done in crews.run(jobs)] == [0, 0, 0]
    assert probabilities(jobs[0]) == pytest.approx(probabilities(single), abs=1e-4)


def test_a_batch_may_have_fewer_rows_than_hosts(tmp_path: Path) -> None:
    recipe = {**RECIPE, "epochs": 2, "batch_size": 1}
    jobs = crews.prepared(tmp_path, 2, surveyed(cells=4, visits=2), **recipe)
    assert [done.returncode for done in crews.run(jobs)] == [0, 0]


def test_only_the_first_host_saves(pair: list[Job]) -> None:
    first, second = (job.environment for job in pair)
    assert (first.output_data_dir / "report.html").exists()
    for folder in (second.model_dir, second.output_data_dir, second.checkpoint_dir):
        assert not folder.exists()
    assert not first.failure_file.exists()
    assert not second.failure_file.exists()


@pytest.mark.parametrize("stopped", [0, 1])
def test_a_stop_of_any_host_saves_a_model(tmp_path: Path, stopped: int) -> None:
    jobs = crews.prepared(tmp_path, 2, SCANS, **ENDLESS)
    with crews.running(jobs) as children:
        until_epoch(children[0], 2)
        children[stopped].send_signal(signal.SIGTERM)
        done = [crews.ended(child, contract.TRAIN_STOP_SECONDS) for child in children]
    assert [each.returncode for each in done] == [0, 0], done[0].stderr
    assert Predictor.load(jobs[0].environment.model_dir).signature is not None


def test_a_killed_job_continues_exactly(tmp_path: Path, pair: list[Job]) -> None:
    """Two summands give the same sum in either order, so that even the bits are equal."""
    jobs = crews.prepared(tmp_path, 2, SCANS, **RECIPE)
    with crews.running(jobs, module="train") as children:
        until_epoch(children[0], 5)
    assert not (jobs[0].environment.model_dir / artifact.SIGNATURE).exists()
    again = crews.run(jobs)
    assert [done.returncode for done in again] == [0, 0]
    assert "Continuing after epoch 4" in again[0].stderr
    assert params(jobs[0]) == params(pair[0])


def test_early_stopping_ends_all_hosts(tmp_path: Path) -> None:
    recipe = {**ENDLESS, "early_stopping_patience": 3}
    jobs = crews.prepared(tmp_path, 2, SCANS, **recipe)
    assert [done.returncode for done in crews.run(jobs)] == [0, 0]


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_host_fails_the_others(tmp_path: Path, lost: int) -> None:
    jobs = crews.prepared(tmp_path, 2, SCANS, **ENDLESS)
    with crews.running(jobs, module="train") as children:
        until_epoch(children[0], 2)
        children[lost].kill()
        done = crews.ended(children[1 - lost], FAILS_WITHIN)
    assert done.returncode == 3, done.stderr
    name = jobs[lost].base.name
    assert jobs[1 - lost].failure.startswith(f"Host {name} was lost: ")
    assert "Traceback" not in done.stderr


def test_a_host_without_scans_fails_the_job_by_name(tmp_path: Path) -> None:
    """As ShardedByS3Key may leave it (C5.22)."""
    jobs = crews.prepared(tmp_path, 2, SCANS, **RECIPE)
    (jobs[1].environment.data_dir / "training" / "scans.csv").unlink()
    first, second = crews.run(jobs)
    assert (first.returncode, second.returncode) == (3, 2)
    assert jobs[1].failure.startswith("Channel 'training' is empty")
    name = jobs[1].base.name
    assert jobs[0].failure.startswith(f"Host {name} failed: Channel 'training' is empty")


def test_hosts_with_other_scans_are_refused(tmp_path: Path) -> None:
    jobs = crews.prepared(tmp_path, 2, SCANS, **RECIPE)
    jobs[1].channel("training", SCANS.take(slice(0, 120)))
    assert {done.returncode for done in crews.run(jobs)} <= {2, 3}
    for job in jobs:
        assert "The hosts differ in their scans or settings" in job.failure
        assert "FullyReplicated" in job.failure
