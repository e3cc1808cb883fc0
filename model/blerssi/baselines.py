"""What simple methods say of the same scans: the measure that a network has to beat.

Each of them learns from labelled scans and gives probabilities of the 105 cells, so that one score
judges them all. They are NumPy alone and take a second for the whole data set together.

    prior         the cell that was surveyed most, whatever is heard
    1-NN, 15-NN   the surveyed scans that are most like this one
    path loss     physics: how signals fade with the distance to the beacons' known places
    radio map     the same, corrected by the scans near each cell
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.blerssi import data, grid, pathloss
from model.blerssi.data import Readings, Scans
from model.blerssi.radiomap import RadioMap

SILENT: Final = -105.0  # dBm that a nearest-neighbour method takes for "not heard"
ROWS: Final = 512  # scans whose distances are held in memory at once

Floats = npt.NDArray[np.floating[Any]]
Probabilities = npt.NDArray[np.float32]
Method = Callable[[Readings], Probabilities]  # (N, 13) raw dBm -> (N, 105)


def prior(training: Scans) -> Method:
    """Answer every scan by the shares of the cells among the training scans."""
    counts = np.bincount(training.cells, minlength=len(grid.CELLS))
    shares = (counts / counts.sum()).astype(np.float32)
    return lambda readings: np.tile(shares, (len(readings), 1))


def neighbours(training: Scans, number: int) -> Method:
    """Answer by the cells of the scans that are most like one.

    Args:
        training: Labelled scans.
        number: How many of them speak; each with weight 1 / (1 + distance in dB).
    """
    known = _audible(training.readings)
    squares = (known**2).sum(axis=1)
    number = min(number, len(training))

    def of(readings: Readings) -> Probabilities:
        asked = _audible(readings)
        off = squares - 2 * asked @ known.T + (asked**2).sum(axis=1)[:, None]
        nearest = np.argsort(off, axis=1, kind="stable")[:, :number]
        distances = np.sqrt(np.maximum(np.take_along_axis(off, nearest, axis=1), 0))
        votes = np.zeros((len(readings), len(grid.CELLS)))
        rows = np.arange(len(readings))[:, None]
        np.add.at(votes, (rows, training.cells[nearest]), 1 / (1 + distances))
        return _shares(votes)

    return lambda readings: _in_parts(of, readings)


def path_loss(training: Scans) -> Method:
    """Answer by Bayes' rule from a path-loss model fitted to the training scans."""
    model = pathloss.fit(training)
    strengths = model.strengths(np.asarray(grid.COORDINATES))
    missed = np.log(1 - model.hearing(strengths))

    def of(readings: Readings) -> Probabilities:
        heard = readings != data.NOT_HEARD
        levels = np.where(heard, readings, model.threshold).astype(np.float64)[:, None]
        strong = _log_normal(levels, strengths, model.spread) + np.log(model.audibility(levels))
        return _posterior(np.where(heard[:, None], strong, missed))

    return lambda readings: _in_parts(of, readings)


def radio_map(training: Scans) -> Method:
    """Answer by Bayes' rule from a radio map fitted to the training scans."""
    return from_map(RadioMap.fit(training))


def from_map(radio: RadioMap) -> Method:
    """Answer by Bayes' rule from a radio map, all cells being equally likely beforehand."""
    missed, caught = np.log1p(-np.minimum(radio.hearing, 1 - 1e-6)), np.log(radio.hearing)

    def of(readings: Readings) -> Probabilities:
        heard = readings != data.NOT_HEARD
        levels = np.where(heard, readings, 0).astype(np.float64)[:, None]
        strong = caught + _log_normal(levels, radio.strength, radio.spread)
        return _posterior(np.where(heard[:, None], strong, missed))

    return lambda readings: _in_parts(of, readings)


LIGHT: Final[Mapping[str, Callable[[Scans], Method]]] = MappingProxyType(
    {
        "prior": prior,
        "1-NN": lambda training: neighbours(training, 1),
        "15-NN": lambda training: neighbours(training, 15),
        "path loss": path_loss,
        "radio map": radio_map,
    }
)


def _audible(readings: Readings) -> Floats:
    return np.where(readings == data.NOT_HEARD, SILENT, readings).astype(np.float64)


def _log_normal(values: Floats, mean: Floats, spread: float | Floats) -> Floats:
    """Log-density of normal distributions, up to a constant."""
    density: Floats = -0.5 * ((values - mean) / spread) ** 2 - np.log(spread)
    return density


def _posterior(logs: Floats) -> Probabilities:
    """(N, 105) probabilities of (N, 105, 13) log-likelihoods of single beacons."""
    total = logs.sum(axis=2)
    return _shares(np.exp(total - total.max(axis=1, keepdims=True)))


def _shares(weights: Floats) -> Probabilities:
    shares: Probabilities = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _in_parts(method: Method, readings: Readings) -> Probabilities:
    """Answer so many scans at once that memory stays small."""
    starts = range(0, max(len(readings), 1), ROWS)
    return np.concatenate([method(readings[start : start + ROWS]) for start in starts])
