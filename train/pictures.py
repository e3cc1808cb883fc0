"""The pictures of a run's report, each an SVG by the name that its file has."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from model.blerssi import grid, svg
from model.blerssi.floor_map import Floor, Prediction, error_map_svg, floor_map_svg
from model.blerssi.scores import Scores, locate
from train.charts import Axis, Row, Series, bar_chart, line_chart, row_chart
from train.comparison import OURS

if TYPE_CHECKING:
    from train.run import Result

BIN: Final = 0.5  # cells, of the histogram
GROUP: Final = 25  # scans at least behind a dot of the reliability diagram
MOST_GROUPS: Final = 10
MANY: Final = 4  # beacons heard, from which on scans are counted together
GAP: Final = 24.0  # pixels between pictures that lie side by side
# Which answers are shown: those that this share of all errors stays below.
EXAMPLES: Final = {"good": 0.1, "typical": 0.5, "bad": 0.95}

PLACES: Final = "errors-by-place"
BASELINES: Final = "beside-simple-methods"
RELIABILITY: Final = "reliability"
HEARD: Final = "errors-by-beacons-heard"


def draw(result: "Result", compared: Mapping[str, Scores]) -> dict[str, str]:
    """Draw all pictures of a run.

    Args:
        result: The run.
        compared: Scores by method; empty where there was nothing fair to compare on.
    """
    pictures = {PLACES: _places(result), **_examples(result)}
    pictures |= {HEARD: _heard(result), **_distances(result.scores)}
    if compared:
        pictures[BASELINES] = _baselines(compared)
    return pictures | {RELIABILITY: _reliability(result.scores)} | _learning(result)


def overview(pictures: Mapping[str, str]) -> str:
    """Lay the most telling pictures beside the floor map, as one for a slide or a README."""
    shapes = [svg.inside((0, 0), pictures[PLACES])]
    left, height = svg.size(pictures[PLACES])
    width, y = left, 0.0
    for name in (BASELINES, HEARD):
        if name not in pictures:
            continue
        wide, high = svg.size(pictures[name])
        shapes.append(svg.inside((left + GAP, y), pictures[name]))
        width, y = max(width, left + GAP + wide), y + high + GAP
    return svg.document(width, max(height, y - GAP), "What the model's errors are", shapes)


def _floor() -> Floor:
    return Floor(np.asarray(grid.COORDINATES), grid.CELLS, np.asarray(grid.BEACON_POSITIONS))


def _places(result: "Result") -> str:
    scores = result.scores
    radii = _mean_of(locate(result.probabilities, result.signature.output).uncertainty, scores)
    return error_map_svg(_floor(), scores.cell_errors, scores.cell_positions, radii)


def _mean_of(values: npt.NDArray[np.float32], scores: Scores) -> npt.NDArray[np.float64]:
    """(105,) means by cell; NaN for cells without a scan."""
    counts = scores.cell_scans
    sums = np.bincount(scores.cells, values, len(counts))
    return np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def _examples(result: "Result") -> dict[str, str]:
    """The answers of a good, a typical and a bad scan, chosen by rank and not by hand."""
    scores, order = result.scores, np.argsort(result.scores.errors, kind="stable")
    found = locate(result.probabilities, result.signature.output)
    pictures = {}
    for name, share in EXAMPLES.items():
        scan = order[round(share * (len(order) - 1))]
        column, row = found.positions[scan].tolist()
        label = grid.CELLS[scores.cells[scan]]
        prediction = Prediction(
            result.probabilities[scan], (column, row), float(found.uncertainty[scan]), label
        )
        title = f"A {name} answer, {scores.errors[scan]:.1f} cells off"
        pictures[f"answer-{name}"] = floor_map_svg(_floor(), prediction, title=title)
    return pictures


def by_beacons_heard(result: "Result") -> list[tuple[str, npt.NDArray[np.bool_]]]:
    """How many beacons were heard, and which scans heard so many; none without a scan."""
    heard = result.judged.heard.sum(axis=1)
    groups = [(str(number), heard == number) for number in range(MANY)]
    groups.append((f"{MANY} or more", heard >= MANY))
    return [(name, chosen) for name, chosen in groups if chosen.any()]


def _heard(result: "Result") -> str:
    rows = []
    for name, chosen in by_beacons_heard(result):
        mean, number = float(result.scores.errors[chosen].mean()), int(chosen.sum())
        words = f"{mean:.2f} ({number} {'scan' if number == 1 else 'scans'})"
        rows.append(Row(name, mean, words, ours=True))
    return row_chart("Mean error by number of beacons heard", "cells", rows)


def _distances(scores: Scores) -> dict[str, str]:
    errors = scores.errors
    top = max(BIN, float(np.ceil(errors.max(initial=0) / BIN)) * BIN)
    edges = np.linspace(0, top, round(top / BIN) + 1)
    counts, _ = np.histogram(errors, edges)
    ordered = np.sort(errors)
    shares = (np.arange(len(ordered)) + 1) / len(ordered)
    steps = list(zip(ordered.tolist(), shares.tolist(), strict=True))
    cells = Axis("cells")
    return {
        "errors": bar_chart(
            "Errors of single scans", cells, Axis("scans"), edges.tolist(), counts.tolist()
        ),
        "share-within": line_chart(
            "Share of scans within a distance", cells, Axis("share", 1), [Series("", steps)]
        ),
    }


def _baselines(compared: Mapping[str, Scores]) -> str:
    ranked = sorted(compared.items(), key=lambda each: each[1].mean)
    rows = [
        Row(name, scores.mean, f"{scores.mean:.2f}", ours=name == OURS) for name, scores in ranked
    ]
    return row_chart("Mean error of the model and of simple methods", "cells", rows)


def _reliability(scores: Scores) -> str:
    return line_chart(
        "Is a stated probability right?",
        Axis("probability of the cell, as stated"),
        Axis("share that is right"),
        [Series("", _stated_and_right(scores), dots=True)],
        diagonal=True,
    )


def _stated_and_right(scores: Scores) -> list[tuple[float, float]]:
    """Mean probability stated and share that was right, of groups with as many scans each.

    The calibration error of `Scores` has bins of the same width; drawn, a bin of a single scan
    would look as important as one of a hundred.
    """
    order = np.argsort(scores.said, kind="stable")
    groups = np.array_split(order, min(max(len(order) // GROUP, 1), MOST_GROUPS))
    right = scores.ranks == 0
    return [(float(scores.said[g].mean()), float(right[g].mean())) for g in groups]


def _learning(result: "Result") -> dict[str, str]:
    def course(name: str) -> Sequence[tuple[float, float]]:
        history = enumerate(result.loop.history, start=1)
        return [(float(n), figures[name]) for n, figures in history if name in figures]

    epochs, loss = Axis("epoch"), Series("training", course("train_loss"))
    errors = (
        Series("training", course("train_mean_error_cells")),
        Series("validation", course("validation_mean_error_cells")),
    )
    return {
        "loss": line_chart("Loss", epochs, Axis("loss"), [loss]),
        "learning": line_chart("Mean error", epochs, Axis("cells"), errors),
    }
