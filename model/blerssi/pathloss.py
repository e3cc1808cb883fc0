"""How strong each beacon is anywhere on the floor, and which of its packets a phone hears.

    strength = power - 10 n log10(sqrt(distance² + height²)) + spread                        [dBm]
    heard with probability most / (1 + exp(-(strength - threshold) / slope))

A survey only shows what was heard, and only scans that heard something. The likelihood knows both:
a beacon that was not heard says that it is weak there, and the scans that nobody recorded because
they heard nothing are counted among the silent ones.

Beside the scans stand what BLE beacons and phones are like in general, as a prior. It keeps a fit
to a single scan sensible and is outvoted by a survey.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model.blerssi import grid, split
from model.blerssi.data import Scans
from model.blerssi.descent import descend

# What is expected before any scan is seen, and how far off it may well be.
POWER: Final = (-70.0, 6.0)  # dBm one cell away
LOG_EXPONENT: Final = (np.log(2.8), 0.3)
LOG_HEIGHT: Final = (np.log(0.7), 0.5)  # cells
LOG_SPREAD: Final = (np.log(6.0), 0.3)  # dB
THRESHOLD: Final = (-81.0, 4.0)  # dBm
LOG_SLOPE: Final = (np.log(1.0), 0.5)  # dB
LOGIT_MOST: Final = (2.5, 1.0)

_OTHERS: Final = (LOG_EXPONENT, LOG_HEIGHT, LOG_SPREAD, THRESHOLD, LOG_SLOPE, LOGIT_MOST)
PRIOR: Final = np.array([POWER] * len(grid.BEACONS) + list(_OTHERS))
_erfc = np.frompyfunc(math.erfc, 1, 1)
_BEACONS: Final = len(grid.BEACONS)

LIKE_NORMAL: Final = 1.702  # a logistic function is like a normal one so many times as wide
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """What a survey says of C cells and B beacons, every visit counting as much as one scan.

    Whoever scans a cell ten times in a minute has learnt hardly more of it than by one scan: hand,
    body and crowd are the same all the time, and others at the next visit (docs/model.md).

    Attributes:
        visits: (C,) to each cell.
        heard: (C, B) how many of them heard the beacon: the sum of the shares of their scans.
        sums: (C, B) sum of what was heard, dBm.
        squares: (C, B) sum of its squares.
        levels: (L,) the different readings that were heard, dBm.
        often: (L,) how often each of them was.
    """

    visits: Floats
    heard: Floats
    sums: Floats
    squares: Floats
    levels: Floats
    often: Floats

    @classmethod
    def of(cls, scans: Scans) -> "Counts":
        """Count labelled scans by cell; those that heard nothing are left out, as in a survey."""
        scans = scans.take(scans.heard.any(axis=1))
        visits = split.visits(scans)
        share = 1 / np.bincount(visits)[visits]
        heard = share[:, None] * scans.heard
        readings = scans.readings.astype(np.float64)
        levels, places = np.unique(readings[scans.heard], return_inverse=True)
        return cls(
            visits=np.bincount(scans.cells, share, len(grid.CELLS)).astype(np.float64),
            heard=_by_cell(heard, scans.cells),
            sums=_by_cell(heard * readings, scans.cells),
            squares=_by_cell(heard * readings**2, scans.cells),
            levels=levels,
            often=np.bincount(places, heard[scans.heard], len(levels)).astype(np.float64),
        )


@dataclass(frozen=True)
class PathLoss:
    """A fitted model.

    Attributes:
        power: (B,) strength of each beacon one cell away, dBm.
        exponent: Of the path loss, n.
        height: Cells; however near one stands, no beacon is nearer than this.
        spread: dB by which strengths differ from those the distance gives.
        threshold: dBm at which half of what can be heard is heard.
        slope: dB over which that changes.
        most: Probability of hearing a strong beacon.
    """

    power: Floats
    exponent: float
    height: float
    spread: float
    threshold: float
    slope: float
    most: float

    @classmethod
    def from_vector(cls, places: Floats) -> "PathLoss":
        """Read parameters that are counted in standard deviations of the prior."""
        values = PRIOR[:, 0] + PRIOR[:, 1] * places
        exponent, height, spread, threshold, slope, most = values[_BEACONS:].tolist()
        return cls(
            power=values[:_BEACONS],
            exponent=float(np.exp(exponent)),
            height=float(np.exp(height)),
            spread=float(np.exp(spread)),
            threshold=threshold,
            slope=float(np.exp(slope)),
            most=float(_logistic(np.array(most))),
        )

    def strengths(self, points: Floats) -> Floats:
        """Give (N, B) expected strengths in dBm at (N, 2) points, (column, row)."""
        reach = np.hypot(_away(points), self.height)
        strengths: Floats = self.power - 10 * self.exponent * np.log10(reach)
        return strengths

    def audibility(self, strengths: Floats) -> Floats:
        """How likely packets are heard that arrive with just so many dBm."""
        return self.most * _logistic((strengths - self.threshold) / self.slope)

    def hearing(self, strengths: Floats) -> Floats:
        """How likely packets are heard of which so many dBm are expected, give or take `spread`.

        A logistic function averaged over a normal distribution is nearly a normal one.
        """
        return self.most * normal((strengths - self.threshold) / self.width)

    @property
    def width(self) -> float:
        """Over how many dB `hearing` changes."""
        return float(np.hypot(self.spread, LIKE_NORMAL * self.slope))


def fit(scans: Scans) -> PathLoss:
    """Find the most probable parameters for labelled scans; takes well under a second."""
    counts = Counts.of(scans)
    return PathLoss.from_vector(descend(lambda p: cost(p, counts), np.zeros(len(PRIOR))))


def _logistic(values: Floats) -> Floats:
    shares: Floats = np.exp(-np.logaddexp(0, -values))
    return shares


def normal(values: Floats) -> Floats:
    """The normal distribution function."""
    shares: Floats = np.asarray(_erfc(-values / np.sqrt(2)), np.float64) / 2
    return shares


def _by_cell(values: npt.NDArray[Any], cells: npt.NDArray[np.intp]) -> Floats:
    """(C, B) sums of (N, B) values."""
    sums = np.zeros((len(grid.CELLS), _BEACONS))
    np.add.at(sums, cells, values)
    return sums


def _away(points: Floats) -> Floats:
    """(N, B) distances from points to beacons, cells."""
    beacons = np.asarray(grid.BEACON_POSITIONS)
    distances: Floats = np.linalg.norm(points[:, None] - beacons[None], axis=2)
    return distances


def between() -> Floats:
    """(C, C) distances from cell to cell, cells."""
    plane = np.asarray(grid.COORDINATES)
    distances: Floats = np.linalg.norm(plane[:, None] - plane[None], axis=2)
    return distances


class _Cost(NamedTuple):
    """A part of the cost, and its derivatives by what it depends on."""

    value: float
    strengths: Floats  # (C, B)
    others: Floats  # (4,) log spread, threshold, log slope, logit most


def cost(places: Floats, counts: Counts) -> tuple[float, Floats]:
    """The negative log-posterior, up to a constant, and its gradient.

    Args:
        places: (19,) parameters, counted in standard deviations from the mean of the prior.
        counts: What the survey says.
    """
    model = PathLoss.from_vector(places)
    cells = np.asarray(grid.COORDINATES)
    strengths = model.strengths(cells)
    heard, unheard = (part(model, strengths, counts) for part in (_of_heard, _of_unheard))
    value = heard.value + unheard.value + places @ places / 2
    by_strength = heard.strengths + unheard.strengths
    others = heard.others + unheard.others
    by_log_exponent = (by_strength * (strengths - model.power)).sum()
    nearness = (model.height / np.hypot(_away(cells), model.height)) ** 2
    by_log_height = -10 * model.exponent / np.log(10) * (by_strength * nearness).sum()
    gradient = np.array([*by_strength.sum(axis=0), by_log_exponent, by_log_height, *others])
    return float(value), gradient * PRIOR[:, 1] + places


def _of_heard(model: PathLoss, strengths: Floats, counts: Counts) -> _Cost:
    """For each reading: how strong it was, and that it was heard at that strength."""
    number, variance = counts.heard.sum(), model.spread**2
    off = counts.sums - counts.heard * strengths
    squares = (counts.squares - strengths * (counts.sums + off)).sum()
    margin = (counts.levels - model.threshold) / model.slope
    missed = counts.often * _logistic(-margin)
    return _Cost(
        value=number * np.log(model.spread / model.most)
        + squares / (2 * variance)
        + counts.often @ np.logaddexp(0, -margin),
        strengths=-off / variance,
        others=np.array(
            [
                number - squares / variance,
                missed.sum() / model.slope,
                missed @ margin,
                -(1 - model.most) * number,
            ]
        ),
    )


def _of_unheard(model: PathLoss, strengths: Floats, counts: Counts) -> _Cost:
    """For each beacon that a scan did not hear; and for the scans that heard nothing at all."""
    relative = (strengths - model.threshold) / model.width
    silence = 1 - model.hearing(strengths)
    nothing = np.exp(np.log(silence).sum(axis=1))
    unheard = counts.visits[:, None] - counts.heard
    value = counts.visits @ np.log1p(-nothing) - (unheard * np.log(silence)).sum()
    unheard = unheard + (counts.visits * nothing / (1 - nothing))[:, None]  # with the unrecorded
    density = np.exp(-(relative**2) / 2) / np.sqrt(2 * np.pi)
    by_relative = unheard * model.most * density / silence
    by_width = -(by_relative * relative).sum() / model.width
    return _Cost(
        value=value,
        strengths=by_relative / model.width,
        others=np.array(
            [
                by_width * model.spread**2 / model.width,
                -by_relative.sum() / model.width,
                by_width * (LIKE_NORMAL * model.slope) ** 2 / model.width,
                (1 - model.most) * (unheard * (1 / silence - 1)).sum(),
            ]
        ),
    )
