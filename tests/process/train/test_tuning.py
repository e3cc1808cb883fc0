"""A search that is killed, in a child process."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.jobs import Job
from tests.support.scans import surveyed
from train import metrics

TRIALS = 3
RECIPE = {"epochs": 8, "batch_size": 16, "hidden": "8", "drawn_scans": 0}


def prepared(base: Path) -> Job:
    job = Job(base)
    job.channel("training", surveyed(cells=6))
    job.hyperparameters(**RECIPE)
    return job


def tried(job: Job) -> list[tuple[Any, ...]]:
    path = job.environment.output_data_dir / "tuning.json"
    return [
        (each["state"], each[metrics.OBJECTIVE], each["hyperparameters"])
        for each in json.loads(path.read_text())["trials"]
    ]


def test_a_search_that_was_killed_finds_what_it_would_have_found(tmp_path: Path) -> None:
    whole, killed = prepared(tmp_path / "whole"), prepared(tmp_path / "killed")
    assert whole.run("train", "tune", f"--trials={TRIALS}").returncode == 0

    child = killed.start("tune", f"--trials={TRIALS}", module="train")
    assert child.stdout is not None
    with child:
        for line in child.stdout:
            if line.startswith("trial=1 "):  # the next one runs
                child.send_signal(signal.SIGKILL)
                break
        else:
            pytest.fail("the second trial never came")
    assert child.returncode == -signal.SIGKILL

    done = killed.run("train", "tune", f"--trials={TRIALS}")
    assert done.returncode == 0, done.stderr
    assert tried(killed) == tried(whole)
    models = [
        (job.environment.model_dir / "model-0000.params").read_bytes() for job in (whole, killed)
    ]
    assert models[0] == models[1]
