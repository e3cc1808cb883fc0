"""The suite let loose on the containers of the zoo, as plain processes."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from unittest import mock

from local_test.conformance import catalogue, patience, suite
from local_test.conformance.findings import Finding, Status
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Materials, Payload
from local_test.conformance.process_subject import ProcessSubject
from local_test.conformance.registry import Check
from local_test.conformance.subject import Subject

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 3.0  # the animals are ready at once, or never
SHORT = {  # in the place of the suite's patience
    "BEGIN_SECONDS": 2.0,
    "TRAIN_STOP_SECONDS": 2.0,
    "IDLE_SECONDS": 1.0,
    "PRESSED_SECONDS": 0.5,
    "WATCHED_SECONDS": 0.5,
    "SETTLE_SECONDS": 2.0,
    "LONG_SECONDS": 2.5,
    "FROZEN_SECONDS": 2.0,
    "STOP_SECONDS": 4.0,
    "IDLE_STOP_SECONDS": 3.0,
    "RECOVER_SECONDS": 3.0,
    "EXPECT_SECONDS": 1.5,
    "LOADING_SECONDS": 2.0,
    "LOG_SECONDS": 0.15,
    "EXTRA_SECONDS": 1.0,
}
VIOLATED = {Status.FAILED, Status.ADVISED}


class Silent:
    """An observer that looks away."""

    def begins(self, check: Check, number: int, total: int) -> None:
        pass

    def ended(self, finding: Finding, number: int, total: int) -> None:
        pass


def subject(vice: str | None = None) -> ProcessSubject:
    """The correct container, or one with a vice."""
    command = (sys.executable, "-m", "tests.zoo.animal", *(("--vice", vice) if vice else ()))
    return ProcessSubject(command, {**os.environ, "PYTHONPATH": str(ROOT)})


def materials(folder: Path) -> Materials:
    """A model, payloads and training data that the animals understand."""
    (folder / "model").mkdir()
    (folder / "model" / "weights.json").write_text('{"weight": 2.0, "megabytes": 1}')
    (folder / "rows.csv").write_text("1,2\n3,44\n")  # 9 bytes, which RecordIO has to pad
    return Materials(
        model=folder / "model",
        payloads=(
            Payload(b"1,2\n3,4\n", "text/csv", name="CSV"),
            Payload(b'{"instances": [[1, 2], [3, 4]]}', "application/json", name="JSON"),
            Payload(b'{"features": [1, 2]}\n', "application/jsonlines", name="JSON lines"),
            Payload(b"1,2\n", "text/csv", "text/event-stream", streams=True, name="events"),
        ),
        channels={"training": folder / "rows.csv"},
        hyperparameters={"epochs": "3"},
        long={"epochs": "100000"},
        wrong={"epochs": "none"},
        metrics=("loss=([0-9.]+)",),
        pipe=True,
        handlers=True,
        multi_model=True,
        train_seconds=30,
    )


def run(subject: Subject, checks: Iterable[Check], folder: Path) -> list[Finding]:
    """Run checks on a subject; `folder` is a new one."""
    lab = Lab(subject, materials(folder), folder / "bases", START_SECONDS)
    try:
        with mock.patch.multiple(patience, **SHORT):  # type: ignore[call-overload]
            return suite.run(list(checks), lab, catalogue.load(), {}, Silent())
    finally:
        lab.close()


def violated(findings: Iterable[Finding]) -> dict[str, str]:
    """What was seen, by check, where a clause does not hold or the check is broken."""
    return {
        f"{each.check.clause} {each.check.name}": f"{each.status}: {each.seen}"
        for each in findings
        if each.status in VIOLATED | {Status.BROKEN}
    }
