"""From the answers of every split to figures with intervals, and to differences from ours.

A figure is that of all judged scans of all splits together. Its standard error, and that of its
difference from ours on the same splits, is the jackknife's: each split is left out once. The
splits of a family share scans, so this is how much the choice of the split matters, not what
another building would give. Quantiles have none: the jackknife does not hold for them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model import tracks
from model.blerssi import data, grid, split
from model.blerssi.data import Scans
from model.blerssi.methods import Answered
from model.blerssi.scores import Scores, score

QUANTILES: Final = ("_median", "_p90")  # ends of the names of figures that are quantiles
STANDING: Final = 5  # scans of one visit at most that are answered together

Indices = npt.NDArray[np.intp]


class Figure(NamedTuple):
    """A number and its standard error, NaN where none can be told."""

    value: float
    error: float


@dataclass(frozen=True, eq=False)
class Verdict:
    """How one method did in one family of splits.

    Attributes:
        scores: Of the judged scans of all splits together.
        figures: By name.
        differences: Theirs from those of ours, by name; empty where ours was not judged.
    """

    scores: Scores
    figures: Mapping[str, Figure]
    differences: Mapping[str, Figure]


def figures(scores: Scores) -> dict[str, float]:
    """Every figure of some scores, by name. Distances are in cells."""
    errors = {
        f"{decoder}_{name}": float(of(values))
        for decoder, values in scores.decoders.items()
        for name, of in (("mean", np.mean), ("median", np.median), ("p90", _p90))
    }
    return {
        **errors,
        "within_1_cell": scores.within(1),
        "within_2_cells": scores.within(2),
        "exact": scores.exact,
        "top3": scores.top(3),
        "top5": scores.top(5),
        "nll": scores.nll,
        "ece": scores.ece,
        "coverage": scores.coverage,
    }


def judge(splits: Mapping[str, Sequence[Scores]], ours: str) -> dict[str, Verdict]:
    """Judge methods that answered the same splits.

    Args:
        splits: For each method the scores of every split.
        ours: The method that the others are compared with; it may be absent.
    """
    left_out = {name: _leaving_one_out(scores) for name, scores in splits.items()}
    verdicts = {}
    for name, scores in splits.items():
        whole = pooled(scores)
        differences = {}
        if ours in splits and name != ours:
            differences = _jackknife(
                _minus(figures(whole), figures(pooled(splits[ours]))),
                [_minus(*pair) for pair in zip(left_out[name], left_out[ours], strict=True)],
            )
        verdicts[name] = Verdict(whole, _jackknife(figures(whole), left_out[name]), differences)
    return verdicts


def pooled(parts: Sequence[Scores]) -> Scores:
    """The scores of several splits as those of one."""
    return Scores(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Scores)))


def single(judged: Scans, answered: Answered) -> Scores:
    """Score every scan for itself."""
    return score(answered.probabilities, judged.cells, answered.output)


def standing(judged: Scans, answered: Answered) -> Scores:
    """Score every scan with up to four before it in the same visit, as of a device that stands."""
    order, visits = _by_time(judged), split.visits(judged)
    windows = [order[_window(visits[order], end)] for end in range(len(order))]
    rows = np.concatenate(windows)
    devices = np.repeat(np.arange(len(windows)), [len(window) for window in windows])
    together = tracks.standing(_scans(judged, answered, rows, devices), answered.output.motion)
    return score(together, judged.cells[order], answered.output)


def walk(judged: Scans, answered: Answered) -> Scores:
    """Score every scan with all before it on the same day, as of a device that walks."""
    order = _by_time(judged)
    _, days = np.unique(judged.times[order].astype("datetime64[D]"), return_inverse=True)
    scans = _scans(judged, answered, order, days)
    fused = tracks.filtered(scans, grid.COORDINATES, answered.output.motion)
    return score(fused, judged.cells[order], answered.output)


WAYS: Final[Mapping[str, Callable[[Scans, Answered], Scores]]] = {
    "one scan": single,
    f"{STANDING} standing scans": standing,
    "the day as a walk": walk,
}


def to_dict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON data."""
    return {
        "scans": len(verdict.scores.cells),
        "figures": {name: _pair(figure) for name, figure in verdict.figures.items()},
        "minus_ours": {name: _pair(figure) for name, figure in verdict.differences.items()},
        "reliability": [list(point) for point in verdict.scores.reliability],
    }


def _pair(figure: Figure) -> dict[str, float | None]:
    error = None if np.isnan(figure.error) else figure.error
    return {"value": figure.value, "standard_error": error}


def _p90(values: npt.NDArray[np.float64]) -> float:
    return float(np.percentile(values, 90))


def _leaving_one_out(parts: Sequence[Scores]) -> list[dict[str, float]]:
    if len(parts) < 2:
        return []
    return [figures(pooled([*parts[:n], *parts[n + 1 :]])) for n in range(len(parts))]


def _minus(values: Mapping[str, float], others: Mapping[str, float]) -> dict[str, float]:
    return {name: value - others[name] for name, value in values.items()}


def _jackknife(
    whole: Mapping[str, float], left_out: Sequence[Mapping[str, float]]
) -> dict[str, Figure]:
    found = {}
    for name, value in whole.items():
        values = np.array([each[name] for each in left_out])
        smooth = len(values) and not name.endswith(QUANTILES)
        error = np.sqrt((len(values) - 1) * values.var()) if smooth else np.nan
        found[name] = Figure(value, float(error))
    return found


def _by_time(scans: Scans) -> Indices:
    order: Indices = np.argsort(scans.times, kind="stable")
    return order


def _window(visits: Indices, end: int) -> Indices:
    """The last scans of a visit up to one of them, itself included; scans are in order of time."""
    before = np.arange(max(0, end - STANDING + 1), end + 1)
    window: Indices = before[visits[before] == visits[end]]
    return window


def _scans(judged: Scans, answered: Answered, rows: Indices, devices: Indices) -> tracks.Scans:
    silent = (judged.readings[rows] == data.NOT_HEARD).all(axis=1)
    return tracks.Scans(answered.probabilities[rows], devices, silent)
