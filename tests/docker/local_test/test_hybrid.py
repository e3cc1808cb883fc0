"""The whole hybrid story in Docker: told, told again with a step that is killed, and taken back."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deploy.pipeline.local import LABEL
from tests.support.deploys import PROJECT
from tests.support.waiting import until

IMAGE = os.environ.get("IMAGE", "blerssi-sagemaker:latest")
SECONDS = 600


@dataclass
class Told:
    """What came of the runs so far."""

    folder: Path
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)

    def start(self, *options: str) -> "subprocess.Popen[str]":
        command = [
            *(sys.executable, "-m", "local_test", "hybrid", "--image", IMAGE),
            *("--folder", str(self.folder), "--json", str(self.folder / "outcome.json")),
            *("-H", "epochs=10", "-H", "drawn_scans=0", *options),
        ]
        return subprocess.Popen(
            command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def end(self, running: "subprocess.Popen[str]") -> None:
        log, _ = running.communicate(timeout=SECONDS)
        assert running.returncode == 0, log[-4000:]
        self.logs.append(log)
        outcome = (self.folder / "outcome.json").read_text(encoding="utf-8")
        self.outcomes.append(json.loads(outcome))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    story = Told(tmp_path_factory.mktemp("hybrid"))
    story.end(story.start())
    return story


def trainer() -> str:
    """The container of the step that trains; empty while there is none."""
    filters = ("--filter", f"label={LABEL}", "--filter", f"ancestor={IMAGE}")
    done = subprocess.run(
        ["docker", "ps", "--quiet", *filters], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_endpoint_answers_as_the_training_said(told: Told) -> None:
    outcome = told.outcomes[0]
    assert outcome["endpoint_name"] == "blerssi"
    assert 0 < outcome["mean_error_cells"] < 4
    assert len(outcome["answers"]) == 10
    assert all(each["answer"]["location"] for each in outcome["answers"])


def test_a_second_run_changes_nothing_though_a_step_is_killed(told: Told) -> None:
    running = told.start()
    try:
        until(trainer, seconds=SECONDS, what="the step that trains")
        subprocess.run(["docker", "kill", trainer()], capture_output=True, check=True)
        told.end(running)
    finally:
        running.kill()
    assert told.outcomes[1] == told.outcomes[0]
    assert "nothing had to be changed" in told.logs[1]
    assert "is there already" in told.logs[1]


def test_no_secret_is_in_a_log_or_a_file_of_the_pipeline(told: Told) -> None:
    kept = json.loads((told.folder / "aws" / "laptop.json").read_text(encoding="utf-8"))
    files = [each for each in (told.folder / "pipeline").rglob("*") if each.is_file()]
    texts = [*told.logs, *(each.read_text(encoding="utf-8", errors="replace") for each in files)]
    assert texts
    assert not any(kept["secret"] in text for text in texts)
    done = subprocess.run(
        ["docker", "history", "--no-trunc", IMAGE], capture_output=True, text=True, check=True
    )
    assert kept["secret"] not in done.stdout


def test_all_of_it_goes_again(told: Told) -> None:
    told.end(told.start("--destroy"))
    assert not any(told.outcomes[-1]["left"].values())
    assert "The laptop's AWS is empty." in told.logs[-1]
