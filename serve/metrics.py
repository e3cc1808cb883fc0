"""Prometheus metrics, right over several workers (C1.57, C1.58).

Each worker counts into files of its own slot, which the next worker in that slot carries on: a
worker that dies loses no count, and the number of files stays that of the workers. Whichever
worker is scraped adds them up.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)
from prometheus_client.metrics import MetricWrapperBase

from container.embedded_metrics import MOST_FIELDS
from serve.observed import Observed

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # read by prometheus_client
Counts = dict[tuple[str, ...], float]  # by exposed name and values of the labels

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass(frozen=True)
class MetricDoc:
    """One metric: what Prometheus calls it, its labels and what it means."""

    name: str
    kind: type[MetricWrapperBase]
    labels: tuple[str, ...]
    text: str
    over_workers: str = ""  # how gauges of several workers become one

    @property
    def exposed(self) -> str:
        """The name in the exposition, `_total` included."""
        return f"{self.name}_total" if self.kind is Counter else self.name


INVOCATIONS = MetricDoc(
    "blerssi_invocations",
    Counter,
    ("status", "code"),
    "Answers to /invocations by HTTP status and error code; the code of a good one is ok.",
)
DURATION = MetricDoc(
    "blerssi_invocation_seconds", Histogram, (), "Seconds from a request's head to its answer."
)
WAIT = MetricDoc(
    "blerssi_queue_seconds", Histogram, (), "Seconds that admitted requests waited for a slot."
)
ROWS = MetricDoc("blerssi_rows", Counter, (), "Records that were answered.")
NO_SIGNAL = MetricDoc("blerssi_no_signal", Counter, (), "Records without a single reading.")
OUT_OF_COVERAGE = MetricDoc(
    "blerssi_out_of_coverage", Counter, (), "Records that cannot be of this floor."
)
CONFIDENCE = MetricDoc(
    "blerssi_confidence",
    Counter,
    (),
    "Sum of the records' highest probabilities; their mean is this over blerssi_rows_total.",
)
MISSING = MetricDoc(
    "blerssi_missing",
    Counter,
    ("field",),
    f"Records without a reading of this field, of models with up to {MOST_FIELDS} fields.",
)
IN_FLIGHT = MetricDoc(
    "blerssi_in_flight", Gauge, (), "Requests that are computed or wait now.", "livesum"
)
READY = MetricDoc(
    "blerssi_workers_ready", Gauge, (), "Workers whose model is loaded and answers.", "livesum"
)
LOAD = MetricDoc(
    "blerssi_model_load_seconds",
    Gauge,
    (),
    "Seconds that the slowest worker took to load its model.",
    "livemax",
)
METRICS = (
    *(INVOCATIONS, DURATION, WAIT, ROWS, NO_SIGNAL, OUT_OF_COVERAGE, CONFIDENCE, MISSING),
    *(IN_FLIGHT, READY, LOAD),
)


class Metrics:
    """The metrics of one worker.

    Args:
        render: Gives the exposition of all workers; None gives this one's alone.
    """

    def __init__(self, render: Callable[[], bytes] | None = None) -> None:
        registry = CollectorRegistry()
        self._render = render or (lambda: generate_latest(registry))
        self._invocations = Counter(*_named(INVOCATIONS), registry=registry)
        self._duration = Histogram(*_named(DURATION), registry=registry, buckets=_SECONDS)
        self._wait = Histogram(*_named(WAIT), registry=registry, buckets=_SECONDS)
        self._rows = Counter(*_named(ROWS), registry=registry)
        self._no_signal = Counter(*_named(NO_SIGNAL), registry=registry)
        self._out_of_coverage = Counter(*_named(OUT_OF_COVERAGE), registry=registry)
        self._confidence = Counter(*_named(CONFIDENCE), registry=registry)
        self._missing = Counter(*_named(MISSING), registry=registry)
        self._answers: dict[tuple[int, str], Counter] = {}
        self._fields: dict[tuple[str, ...], list[Counter]] = {}
        self._in_flight = _gauge(IN_FLIGHT, registry)
        self._ready = _gauge(READY, registry)
        self._load = _gauge(LOAD, registry)
        self._reported = (
            *(self._duration, self._rows, self._no_signal, self._out_of_coverage),
            *(self._confidence, self._missing),
        )
        self._carried: Counts = self._shown()

    def loaded(self, seconds: float) -> None:
        """Count this worker among the ready ones."""
        self._load.set(seconds)
        self._ready.set(1)

    @contextlib.contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count a request among those that are computed or wait."""
        self._in_flight.inc()
        try:
            yield
        finally:
            self._in_flight.dec()

    def waited(self, seconds: float) -> None:
        """Count a wait for a slot."""
        self._wait.observe(seconds)

    def finished(
        self, status: int, code: str, seconds: float, rows: int, seen: Observed | None = None
    ) -> None:
        """Count an answer, and what its records were like where that is known."""
        if (answers := self._answers.get((status, code))) is None:
            answers = self._answers[status, code] = self._invocations.labels(str(status), code)
        answers.inc()
        self._duration.observe(seconds)
        if rows:
            self._rows.inc(rows)
        if rows and seen:
            self._observe(seen)

    def counts(self) -> Counts:
        """What this worker alone has counted of latencies and records since it was started."""
        return {key: value - self._carried.get(key, 0.0) for key, value in self._shown().items()}

    def exposition(self) -> bytes:
        """Everything in Prometheus's text format."""
        return self._render()

    def _observe(self, seen: Observed) -> None:
        self._confidence.inc(seen.confidence)
        if seen.no_signal:
            self._no_signal.inc(seen.no_signal)
        if seen.out_of_coverage:
            self._out_of_coverage.inc(seen.out_of_coverage)
        if len(seen.fields) > MOST_FIELDS:
            return
        if (counters := self._fields.get(seen.fields)) is None:
            counters = [self._missing.labels(name) for name in seen.fields]
            self._carried = self._shown() | self._carried  # of a worker that had the slot before
            self._fields[seen.fields] = counters
        for counter, rows in zip(counters, seen.missing, strict=True):
            if rows:
                counter.inc(rows)

    def _shown(self) -> Counts:
        """What the counters of records show, which may have gone on where another worker ended."""
        return {
            (sample.name, *sample.labels.values()): sample.value
            for counter in self._reported
            for metric in counter.collect()
            for sample in metric.samples
        }


def shared(folder: Path, slot: int) -> Metrics:
    """The metrics of a worker among several; called after the fork, once a process.

    Args:
        folder: Where the workers' files lie; `FOLDER_VARIABLE` must name it.
        slot: This worker's number, which no other living one has.
    """
    # Instead of by its process id, a worker is known by its slot.
    values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]

    def render() -> bytes:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    return Metrics(render)


def unshared() -> Metrics:
    """Metrics that nobody scrapes, kept in memory; to be done with before `shared` is called."""
    values.ValueClass = values.MutexValue
    return Metrics()


def forget(folder: Path, slot: int) -> None:
    """Take a dead worker's gauges away; its counts stay."""
    multiprocess.mark_process_dead(slot, str(folder))  # type: ignore[no-untyped-call]


def _named(metric: MetricDoc) -> tuple[str, str, tuple[str, ...]]:
    return metric.name, metric.text, metric.labels


def _gauge(metric: MetricDoc, registry: CollectorRegistry) -> Gauge:
    gauge = Gauge(*_named(metric), registry=registry, multiprocess_mode=metric.over_workers)  # type: ignore[arg-type]
    gauge.set(0)  # whatever a worker before us left in this slot
    return gauge
