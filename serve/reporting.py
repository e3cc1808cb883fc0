"""A worker's counts as lines for CloudWatch, one a minute and one at the end.

Requests only count, as they do for /metrics: here a thread of its own compares what the same
counters show with what they showed a minute ago. A minute without requests leaves no line.

Shares are left to CloudWatch, as quotients of sums: Sum(NoSignal) / Sum(Predictions) is right over
any number of workers and instances, and a mean of their shares is not.
"""

import threading
import time
from collections.abc import Callable, Sequence

from container import embedded_metrics as embedded
from serve import metrics
from serve.metrics import Counts, MetricDoc, Metrics

SECONDS = 60.0  # CloudWatch's own finest step for metrics of standard resolution


class Reporter:
    """Writes a worker's counts at intervals.

    Args:
        counts: What is counted.
        write: Takes a line without its end.
        endpoint: The endpoint's name, where it is known.
        seconds: Between two reports.
    """

    def __init__(
        self,
        counts: Metrics,
        write: Callable[[str], object],
        endpoint: str | None,
        seconds: float = SECONDS,
    ) -> None:
        self._counts = counts
        self._write = write
        self._endpoint = endpoint
        self._seconds = seconds
        self._before: Counts = {}
        self._lock = threading.Lock()
        self._over = threading.Event()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self._run, name="reporter", daemon=True).start()

    def stop(self) -> None:
        """End with a last report."""
        self._over.set()
        self.report()

    def report(self) -> None:
        """Write what was counted since the last report; nothing where nothing was."""
        with self._lock:
            now = self._counts.counts()
            found = values({key: now[key] - self._before.get(key, 0.0) for key in now})
            self._before = now
            for line in found.lines(time.time_ns() // 1_000_000, self._endpoint):
                self._write(line)

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            self.report()


def values(counted: Counts) -> embedded.Values:
    """What CloudWatch is told of so many counts.

    Args:
        counted: As `Metrics.counts` gives them, of the time in question.
    """
    found = embedded.Values()
    buckets = {
        float(key[1]): count
        for key, count in counted.items()
        if key[0] == f"{metrics.DURATION.name}_bucket"
    }
    if not any(buckets.values()):
        return found
    latency = spread(list(buckets), list(buckets.values()))
    found.add(embedded.PREDICTIONS, _of(metrics.ROWS, counted))
    found.add(embedded.LATENCY, [round(1000 * each, 2) for each in latency])
    if not _of(metrics.CONFIDENCE, counted):  # no record of a model with a signature
        return found
    found.add(embedded.NO_SIGNAL, _of(metrics.NO_SIGNAL, counted))
    found.add(embedded.OUT_OF_COVERAGE, _of(metrics.OUT_OF_COVERAGE, counted))
    found.add(embedded.CONFIDENCE, round(_of(metrics.CONFIDENCE, counted), 3))
    for key, count in counted.items():
        if key[0] == metrics.MISSING.exposed:
            found.add(embedded.MISSING, count, key[1])
    return found


def spread(bounds: Sequence[float], upto: Sequence[float]) -> list[float]:
    """Values that a histogram stands for, spread evenly within its buckets.

    Args:
        bounds: The buckets' upper ends, ascending, the last one infinite.
        upto: How many values are at most so large.
    """
    many = min(round(upto[-1]), embedded.MOST_VALUES)
    found: list[float] = []
    bucket = 0
    for number in range(many):
        rank = (number + 0.5) / many * upto[-1]
        while upto[bucket] < rank:
            bucket += 1
        low, below = (bounds[bucket - 1], upto[bucket - 1]) if bucket else (0.0, 0.0)
        high = bounds[bucket] if bucket < len(bounds) - 1 else low  # nothing is known beyond it
        found.append(low + (high - low) * (rank - below) / (upto[bucket] - below))
    return found


def _of(metric: MetricDoc, counted: Counts) -> float:
    return counted[metric.exposed,]
