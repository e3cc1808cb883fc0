"""How strong each beacon is anywhere on the floor, and which of its packets a phone hears.

    strength = power - 10 n log10(sqrt(distance² + height²)) + spread                        [dBm]
    heard with probability most / (1 + exp(-(strength - threshold) / slope))

A survey only shows what was heard, and only scans that heard something. The likelihood knows both:
a beacon that was not heard says that it is weak there, and the scans that nobody recorded because
they heard nothing are counted among the silent ones.

Beside the scans stand what BLE beacons and phones are like in general, as a prior. It keeps a fit
to a single scan sensible and is outvoted by a survey.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.blerssi import grid
from model.blerssi.data import Scans

# What is expected before any scan is seen, and how far off it may well be.
POWER: Final = (-70.0, 6.0)  # dBm one cell away
LOG_EXPONENT: Final = (np.log(2.8), 0.3)
LOG_HEIGHT: Final = (np.log(0.7), 0.5)  # cells
LOG_SPREAD: Final = (np.log(6.0), 0.3)  # dB
THRESHOLD: Final = (-81.0, 4.0)  # dBm
LOG_SLOPE: Final = (np.log(1.0), 0.5)  # dB
LOGIT_MOST: Final = (2.5, 1.0)

_OTHERS: Final = (LOG_EXPONENT, LOG_HEIGHT, LOG_SPREAD, THRESHOLD, LOG_SLOPE, LOGIT_MOST)
_PRIOR: Final = np.array([POWER] * len(grid.BEACONS) + list(_OTHERS))
_BEACONS: Final = len(grid.BEACONS)

STEPS: Final = 60  # of the optimiser; 10 to 20 are usual
NUDGE: Final = 1e-4  # in standard deviations, for differences of gradients
LEAST_DAMPING: Final = 1e-9
MOST_DAMPING: Final = 1e9  # if even then no step goes down, only rounding is left

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """What a survey says of C cells and B beacons.

    Attributes:
        scans: (C,) scans of each cell.
        heard: (C, B) scans that heard the beacon.
        sums: (C, B) sum of what was heard, dBm.
        squares: (C, B) sum of its squares.
        levels: (L,) the different readings that were heard, dBm.
        often: (L,) how often each of them was.
    """

    scans: Floats
    heard: Floats
    sums: Floats
    squares: Floats
    levels: Floats
    often: Floats

    @classmethod
    def of(cls, scans: Scans) -> "Counts":
        """Count labelled scans by cell; those that heard nothing are left out, as in a survey."""
        scans = scans.take(scans.heard.any(axis=1))
        readings = np.where(scans.heard, scans.readings, 0)
        levels, often = np.unique(scans.readings[scans.heard], return_counts=True)
        return cls(
            scans=np.bincount(scans.cells, minlength=len(grid.CELLS)).astype(np.float64),
            heard=_by_cell(scans.heard, scans.cells),
            sums=_by_cell(readings, scans.cells),
            squares=_by_cell(readings**2, scans.cells),
            levels=levels.astype(np.float64),
            often=often.astype(np.float64),
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
        values = _PRIOR[:, 0] + _PRIOR[:, 1] * places
        exponent, height, spread, threshold, slope, most = values[_BEACONS:].tolist()
        return cls(
            power=values[:_BEACONS],
            exponent=float(np.exp(exponent)),
            height=float(np.exp(height)),
            spread=float(np.exp(spread)),
            threshold=threshold,
            slope=float(np.exp(slope)),
            most=float(sigmoid(np.array(most))),
        )

    def strengths(self, points: Floats) -> Floats:
        """Give (N, B) expected strengths in dBm at (N, 2) points, (column, row)."""
        reach = np.hypot(_away(points), self.height)
        strengths: Floats = self.power - 10 * self.exponent * np.log10(reach)
        return strengths

    def audibility(self, strengths: Floats, spread: Floats | float = 0.0) -> Floats:
        """How likely packets of so many dBm, give or take a spread in dB, are heard."""
        slope = np.sqrt(self.slope**2 + np.pi / 8 * np.square(spread))
        return self.most * sigmoid((strengths - self.threshold) / slope)


def fit(scans: Scans) -> PathLoss:
    """Find the most probable parameters for labelled scans; takes well under a second."""
    with np.errstate(all="ignore"):  # a step too far gives infinity or NaN, and is taken back
        return PathLoss.from_vector(_descend(Counts.of(scans), np.zeros(len(_PRIOR))))


def sigmoid(values: Floats) -> Floats:
    """The logistic function, without overflow."""
    shares: Floats = np.exp(-np.logaddexp(0, -values))
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


def _descend(counts: Counts, places: Floats) -> Floats:
    """Newton's method, damped until every step goes down."""
    damping = 1.0
    value, gradient = cost(places, counts)
    for _ in range(STEPS):
        curvatures, directions = np.linalg.eigh(_hessian(places, counts))
        along = directions.T @ gradient
        while damping < MOST_DAMPING:
            step = directions @ (along / (np.abs(curvatures) + damping))
            new_value, new_gradient = cost(places - step, counts)
            if new_value < value:
                break
            damping *= 10
        else:
            break
        places, value, gradient = places - step, new_value, new_gradient
        damping = max(damping / 10, LEAST_DAMPING)
    return places


def _hessian(places: Floats, counts: Counts) -> Floats:
    """Differences of gradients; exact enough, and shorter than the second derivatives."""
    columns = [
        cost(places + nudge, counts)[1] - cost(places - nudge, counts)[1]
        for nudge in NUDGE * np.eye(len(places))
    ]
    return np.array(columns) / (2 * NUDGE)


def cost(places: Floats, counts: Counts) -> tuple[float, Floats]:
    """The negative log-posterior, up to a constant, and its gradient.

    Args:
        places: (19,) parameters, counted in standard deviations from the mean of the prior.
        counts: What the survey says.
    """
    model = PathLoss.from_vector(places)
    reach = np.hypot(_away(np.asarray(grid.COORDINATES)), model.height)
    strengths = model.power - 10 * model.exponent * np.log10(reach)
    variance = model.spread**2
    width = np.sqrt(model.slope**2 + np.pi / 8 * variance)

    # Heard: the strength, and that it was heard at that strength.
    off = counts.sums - counts.heard * strengths
    square = (counts.squares - strengths * (counts.sums + off)).sum()
    number = counts.heard.sum()
    margin = (counts.levels - model.threshold) / model.slope
    value = number * np.log(model.spread) + square / (2 * variance) - number * np.log(model.most)
    value += counts.often @ np.logaddexp(0, -margin)
    missed = counts.often * sigmoid(-margin)

    # Not heard, and not recorded since nothing was heard.
    relative = (strengths - model.threshold) / width
    rate = sigmoid(relative)
    silence = 1 - model.most * rate
    nothing = np.exp(np.log(silence).sum(axis=1))
    unheard = counts.scans[:, None] - counts.heard
    value -= (unheard * np.log(silence)).sum() - counts.scans @ np.log1p(-nothing)
    unheard = unheard + (counts.scans * nothing / (1 - nothing))[:, None]

    steep = unheard * model.most * rate * (1 - rate) / silence  # d value / d relative
    by_strength = steep / width - off / variance
    by_width = -(steep * relative).sum() / width
    slope = np.array(
        [
            *by_strength.sum(axis=0),
            (by_strength * (strengths - model.power)).sum(),
            -(by_strength * 10 * model.exponent / np.log(10) * (model.height / reach) ** 2).sum(),
            number - square / variance + by_width * np.pi / 8 * variance / width,
            -steep.sum() / width + missed.sum() / model.slope,
            missed @ margin + by_width * model.slope**2 / width,
            (1 - model.most) * ((unheard * model.most * rate / silence).sum() - number),
        ]
    )
    return float(value + places @ places / 2), slope * _PRIOR[:, 1] + places
