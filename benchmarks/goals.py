"""What was aimed at, each goal with how it is read from the results."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.bench import Figures
from benchmarks.measures import engine
from benchmarks.measures.starts import DOCKER
from benchmarks.subjects import AWS, FLOOR_OF_OURS, OURS

NOT_MEASURED: Final = "not measured"
HEAD: Final = ("what", "goal", "measured", "measured / goal", "met")


@dataclass(frozen=True)
class Goal:
    """One figure and its bound.

    Attributes:
        name: Under which prose/misses.md gives the reason where it is missed.
        what: Is measured.
        limit: The bound.
        unit: Of the bound and the figure, with its space.
        value: Reads the figure.
        least: Whether the figure has to be at least the bound, rather than at most.
    """

    name: str
    what: str
    limit: float
    unit: str
    value: Callable[[Figures], float]
    least: bool = False

    def measured(self, results: Figures) -> float | None:
        """The figure; None where what it needs was not measured."""
        try:
            return self.value(results)
        except (KeyError, TypeError):
            return None

    def met(self, results: Figures) -> bool | None:
        """Whether it is reached; None where it was not measured."""
        found = self.measured(results)
        if found is None:
            return None
        return found >= self.limit if self.least else found <= self.limit

    @property
    def bound(self) -> str:
        """The bound, for people."""
        return f"{'≥' if self.least else '≤'} {_number(self.limit)}{self.unit}"


def _served(connections: int, figure: str, name: str = OURS) -> Callable[[Figures], float]:
    return lambda results: float(results["serving"][name][str(connections)][figure])


def _ratio(
    above: Callable[[Figures], float], below: Callable[[Figures], float]
) -> Callable[[Figures], float]:
    return lambda results: above(results) / below(results)


def _at(*path: str) -> Callable[[Figures], float]:
    def value(results: Figures) -> float:
        found = results
        for name in path:
            found = found[name]
        return float(found)  # type: ignore[arg-type]

    return value


def _per(path: Callable[[Figures], float], factor: float) -> Callable[[Figures], float]:
    return lambda results: path(results) * factor


_CPU: Final = _served(8, "cpu_us")
_START: Final = _at("starts", OURS, "predicts")
_ROWS: Final = "rows_per_cpu_second"

GOALS: Final = (
    Goal("cpu", "CPU of a one-row JSON prediction, 8 connections", 0.30, " ms", _per(_CPU, 1e-3)),
    Goal(
        "cpu-aws",
        "the AWS toolkit's CPU for it, in relation to ours",
        12,
        "x",
        _ratio(_served(8, "cpu_us", AWS), _CPU),
        least=True,
    ),
    Goal(
        "cpu-floor",
        "ours in relation to a bare handler under the same server",
        1.6,
        "x",
        _ratio(_CPU, _served(8, "cpu_us", FLOOR_OF_OURS)),
    ),
    *(
        Goal(
            f"throughput-{connections}",
            f"throughput in relation to the AWS toolkit's, {connections} connections",
            8,
            "x",
            _ratio(_served(connections, "per_second"), _served(connections, "per_second", AWS)),
            least=True,
        )
        for connections in (8, 64)
    ),
    *(
        Goal(
            f"tail-{connections}",
            f"p99 in relation to p50, {connections} connections",
            5,
            "x",
            _ratio(_served(connections, "p99_ms"), _served(connections, "p50_ms")),
        )
        for connections in (8, 64)
    ),
    Goal("start", "start of the process to the first good prediction", 1.0, " s", _START),
    Goal(
        "start-docker",
        "`docker run` to the first good prediction",
        1.0,
        " s",
        _at("starts", DOCKER, "predicts"),
    ),
    Goal(
        "start-aws",
        "the AWS toolkit's start in relation to ours",
        15,
        "x",
        _ratio(_at("starts", AWS, "predicts"), _START),
        least=True,
    ),
    Goal(
        "memory", "PSS, two workers with a loaded model", 110, " MB", _at("memory", "workers", "2")
    ),
    Goal("memory-worker", "each further worker", 25, " MB", _at("memory", "each_worker_mb")),
    Goal(
        "memory-model",
        "each further model of a multi-model container, in relation to its file: ours",
        2,
        "x",
        _at("memory", "models", "model", "each_to_file"),
    ),
    Goal(
        "memory-large-model",
        "the same with a model of some megabytes",
        2,
        "x",
        _at("memory", "models", "large", "each_to_file"),
    ),
    Goal(
        "batch",
        "CSV batch in one request, rows a second of one core",
        400_000,
        "",
        _at("batches", "one_request", _ROWS),
        least=True,
    ),
    Goal(
        "batch-pieces",
        "CSV batch in pieces of 25 MB, rows a second of one core",
        400_000,
        "",
        _at("batches", "in_pieces", _ROWS),
        least=True,
    ),
    Goal(
        "batch-memory",
        "memory that such a piece takes (peak PSS less the idle server's), in payloads",
        4,
        "x",
        _at("batches", "in_pieces", "peak_growth"),
    ),
    Goal(
        "batch-aws",
        "rows a second of one core in relation to the AWS toolkit's",
        20,
        "x",
        _ratio(_at("batches", "one_request", _ROWS), _at("batches", AWS, _ROWS)),
        least=True,
    ),
    *(
        Goal(
            f"engine-{rows}",
            f"the engine in relation to a C loop, {rows:,} row{'s' if rows > 1 else ''}",
            1.3,
            "x",
            _ratio(_at("engine", str(rows), "ours_us"), _at("engine", str(rows), "c_us")),
        )
        for rows in engine.ROWS
    ),
    Goal(
        "training",
        "CPU of the reference recipe's 100 epochs in relation to ours until it errs as little",
        5,
        "x",
        _at("training", "ratio"),
        least=True,
    ),
    Goal("image", "the image", 450, " MB", _at("images", "mb")),
    Goal(
        "image-serve",
        "the image less what only training needs",
        330,
        " MB",
        _at("images", "serve_mb"),
    ),
)


def table(results: Figures) -> list[tuple[str, str, str, str, str]]:
    """Every goal with its figure, the head first."""
    rows: list[tuple[str, str, str, str, str]] = [HEAD]
    for goal in GOALS:
        found = goal.measured(results)
        if found is None:
            rows.append((goal.what, goal.bound, NOT_MEASURED, "", ""))
            continue
        share = f"{found / goal.limit:.2f}"
        met = "yes" if goal.met(results) else "no"
        rows.append((goal.what, goal.bound, f"{_number(found)}{goal.unit}", share, met))
    return rows


def missed(results: Figures) -> list[Goal]:
    """The goals that are not reached."""
    return [goal for goal in GOALS if goal.met(results) is False]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
