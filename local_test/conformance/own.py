"""What the checks work with where the user brings nothing: this project's model on simulated data.

The subject makes the data itself, so only an image or command of this project can.
"""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

from local_test.again import PAYLOAD
from local_test.conformance.materials import Materials, Payload, Streaming
from local_test.conformance.registry import Violation
from local_test.conformance.subject import Subject
from local_test.process_runner import PROJECT

COMMAND = ("python", "-m", "container")
STREAMING = Streaming(
    Payload(b"one,two,three,four,five,six\n", "text/csv", streams=True, name="words"),
    PROJECT / "local_test" / "conformance" / "streaming_model",
)
_SIMULATE = ("python", "-m", "model.blerssi.simulate", "--output")
_SECONDS = 120.0
_METRICS = (r"\btrain_loss=(-?[0-9]+\.[0-9]+)", r"\bvalidation_mean_error_cells=([0-9]+\.[0-9]+)")


def materials(subject: Subject, folder: Path, variables: Mapping[str, str]) -> Materials | None:
    """Let the subject simulate scans to train on; None where it cannot.

    Args:
        subject: An image or a command.
        folder: A new one, for the data.
        variables: Added to the environment of every container.
    """
    scans = folder / "ml" / "training.csv"
    scans.parent.mkdir(parents=True)
    target = subject.path(scans.parent, scans.name)
    with subject.start((*_SIMULATE, target), base=scans.parent) as running:
        try:
            running.wait(_SECONDS)
        except Violation:
            return None
    if not scans.is_file():
        return None
    return Materials(
        payloads=payloads(PAYLOAD.read_text(encoding="utf-8")),
        streaming=STREAMING,
        channels={"training": scans},
        hyperparameters={"epochs": "2"},
        long={"epochs": "10000"},
        wrong={"epochs": "none"},
        metrics=_METRICS,
        pipe=True,
        handlers=True,
        multi_model=True,
        variables=variables,
    )


def payloads(table: str) -> tuple[Payload, ...]:
    """The same rows in the three text formats of the platform (C6.30 - C6.32)."""
    rows = [
        [float(each) if each else None for each in row] for row in csv.reader(io.StringIO(table))
    ]
    lines = "".join(json.dumps({"features": row}) + "\n" for row in rows)
    return (
        Payload(table.encode(), "text/csv", name="CSV"),
        Payload(json.dumps({"instances": rows}).encode(), "application/json", name="JSON"),
        Payload(lines.encode(), "application/jsonlines", name="JSON lines"),
    )
