"""From counters to CloudWatch's lines: only what is new, only what is known."""

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from serve.metrics import FOLDER_VARIABLE, Metrics
from serve.observed import Observed
from serve.reporting import Reporter, spread
from tests.support import emf
from tests.support.server import ROOT

SEEN = Observed(("b1", "b2"), [3, 0], 1, 2, 1.75)


class Watched:
    """Counters and what is reported of them."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.lines: list[str] = []
        self.reporter = Reporter(self.metrics, self.lines.append, "mine")

    def report(self) -> list[dict[str, Any]]:
        self.lines.clear()
        self.reporter.report()
        return [emf.checked(line) for line in self.lines]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_report_says_what_was_counted_since_the_last_one(watched: Watched) -> None:
    watched.metrics.finished(200, "ok", 0.004, 3, SEEN)
    (first,) = watched.report()
    assert first["Predictions"] == 3
    assert (first["NoSignal"], first["OutOfCoverage"]) == (1, 2)
    assert first["ConfidenceSum"] == 1.75
    assert (first["Missing.b1"], first["Missing.b2"]) == (3, 0)
    assert len(first["Latency"]) == 1
    assert 2.5 <= first["Latency"][0] <= 5
    watched.metrics.finished(200, "ok", 0.2, 1, SEEN._replace(missing=[1, 1]))
    (second,) = watched.report()
    assert second["Predictions"] == 1
    assert (second["Missing.b1"], second["Missing.b2"]) == (1, 1)
    assert 100 <= second["Latency"][0] <= 250


def test_a_minute_without_requests_leaves_no_line(watched: Watched) -> None:
    assert not watched.report()
    watched.metrics.finished(200, "ok", 0.004, 3, SEEN)
    watched.report()
    assert not watched.report()


def test_of_a_model_without_a_signature_no_shares_are_told(watched: Watched) -> None:
    watched.metrics.finished(200, "ok", 0.004, 2)
    watched.metrics.finished(400, "invalid_input", 0.001, 0)
    (found,) = watched.report()
    assert found.keys() == {"_aws", "EndpointName", "Predictions", "Latency"}
    assert found["Predictions"] == 2
    assert len(found["Latency"]) == 2  # an error has a latency too


def test_fields_beyond_what_is_affordable_are_not_counted_one_by_one(watched: Watched) -> None:
    names = tuple(f"f{number}" for number in range(101))
    watched.metrics.finished(200, "ok", 0.004, 1, Observed(names, [1] * 101, 0, 0, 0.5))
    (found,) = watched.report()
    assert found["ConfidenceSum"] == 0.5
    assert not [name for name in found if name.startswith("Missing")]


def test_the_last_report_comes_when_it_is_stopped() -> None:
    watched = Watched()
    watched.reporter.start()
    watched.metrics.finished(200, "ok", 0.004, 3, SEEN)
    watched.reporter.stop()
    (line,) = watched.lines
    assert emf.checked(line)["Predictions"] == 3


@pytest.mark.parametrize(
    ("upto", "expected"),
    [
        ([0, 0, 0], []),
        ([1, 1, 1], [0.5]),
        ([0, 2, 2], [1.25, 1.75]),
        ([0, 0, 1], [2.0]),  # beyond the last bound nothing is known
        ([1, 2, 3], [0.5, 1.5, 2.0]),
    ],
)
def test_values_lie_within_their_buckets(upto: list[float], expected: list[float]) -> None:
    assert spread([1.0, 2.0, math.inf], upto) == expected


def test_many_values_keep_the_shares_of_their_buckets() -> None:
    found = spread([1.0, 2.0, math.inf], [9000, 9900, 10000])
    assert len(found) == 100
    assert [sum(each <= 1 for each in found), sum(1 < each < 2 for each in found)] == [90, 9]


WORKER = """
import os, sys
from pathlib import Path
from serve import metrics
from serve.observed import Observed
from serve.reporting import Reporter
mine = metrics.shared(Path(os.environ[metrics.FOLDER_VARIABLE]), 0)
reporter = Reporter(mine, print, None)
mine.finished(200, "ok", 0.004, 3, Observed(("b1",), [2], 0, 0, 1.5))
reporter.stop()
"""


def test_a_worker_does_not_report_what_another_in_its_slot_has_counted(tmp_path: Path) -> None:
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", WORKER],
            cwd=ROOT,
            env={**os.environ, FOLDER_VARIABLE: str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        (found,) = emf.found_in(done.stdout)
        assert (found["Predictions"], found["Missing.b1"]) == (3, 2)
        assert len(found["Latency"]) == 1
