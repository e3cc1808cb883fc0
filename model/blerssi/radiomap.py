"""What a phone would hear in every cell, surveyed or not, and scans drawn from that.

The path loss of `model.blerssi.pathloss` is what is expected of a cell. The visits that were made
there and to the cells nearby correct it: for each cell and beacon how likely it is heard, how
strong it is then, and by how much that varies. Where nobody was, the expectation stands.

A network that also learns from scans drawn from this map has seen every cell, and knows how signals
fade with the distance to beacons whose places it is never told.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import data, grid, pathloss
from model.blerssi.data import Scans
from model.blerssi.pathloss import Counts, PathLoss

REACH: Final = 0.9  # cells: how far a visit speaks for its neighbourhood, sigma of a Gaussian

# How many visits nearby weigh as much as the expectation.
OF_HEARING: Final = 1.0
OF_STRENGTH: Final = 2.0
OF_SPREAD: Final = 3.0

SPREAD: Final = 4.0  # dB expected among readings of one beacon in one cell
# Scans that heard nothing were taken too, but not recorded. No cell is thought so silent that fewer
# than this share of its scans were.
LEAST_RECORDED: Final = 0.2

SELDOM: Final = 1e-6  # probability of hearing a beacon, at the least
LEVELS: Final = np.arange(data.WEAKEST, data.STRONGEST + 1)  # dBm that a phone reports

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RadioMap:
    """Each of 105 cells and 13 beacons.

    Attributes:
        hearing: (105, 13) probability that a scan hears the beacon; it may hear nothing at all.
        strength: (105, 13) mean of the readings of those that do, dBm.
        spread: (105, 13) their standard deviation, dB.
    """

    hearing: Floats
    strength: Floats
    spread: Floats

    @classmethod
    def fit(cls, scans: Scans) -> "RadioMap":
        """Make the map that labelled scans suggest, one of them at the least."""
        model, counts = pathloss.fit(scans), Counts.of(scans)
        hearing, strength = _expected(model)
        near = np.exp(-0.5 * (pathloss.between() / REACH) ** 2)
        taken = near @ (counts.visits / np.maximum(_something(hearing), LEAST_RECORDED))
        heard = near @ counts.heard
        hearing = (heard + OF_HEARING * hearing) / (taken[:, None] + OF_HEARING)
        off = near @ (counts.sums - counts.heard * strength)
        strength = strength + off / (heard + OF_STRENGTH)
        squares = near @ (counts.squares + strength * (counts.heard * strength - 2 * counts.sums))
        variance = (squares + OF_SPREAD * SPREAD**2) / (heard + OF_SPREAD)
        return cls(np.maximum(hearing, SELDOM), strength, np.sqrt(variance))

    def draw(self, number: int, random: np.random.Generator) -> tuple[data.Readings, Indices]:
        """Take scans anywhere on the floor.

        Every cell is as likely as any other, and a scan that hears nothing is none: so cells that
        hear little are drawn more seldom, as they are among the scans that phones send.

        Args:
            number: N, how many scans.
            random: Where chance comes from.

        Returns:
            (N, 13) whole dBm, -200 being "not heard", and (N,) places in `grid.CELLS`.
        """
        something = _something(self.hearing)
        cells = random.choice(len(something), number, p=something / something.sum())
        heard = _some(self.hearing[cells], random)
        noise = random.standard_normal(heard.shape)
        strength = np.round(self.strength[cells] + self.spread[cells] * noise)
        readings = np.clip(strength, data.WEAKEST, data.STRONGEST)
        return np.where(heard, readings, data.NOT_HEARD).astype(np.float32), cells


def _expected(model: PathLoss) -> tuple[Floats, Floats]:
    """How likely every beacon is heard in every cell, and how strong it is then."""
    strengths = model.strengths(np.asarray(grid.COORDINATES))
    off = (LEVELS - strengths[..., None]) / model.spread
    heard = np.exp(-0.5 * off**2) * model.audibility(LEVELS)
    heard /= heard.sum(axis=-1, keepdims=True)
    return model.hearing(strengths), heard @ LEVELS


def _something(hearing: Floats) -> Floats:
    """How likely a scan hears something in each cell."""
    likely: Floats = 1 - np.prod(1 - hearing, axis=1)
    return likely


def _some(hearing: Floats, random: np.random.Generator) -> Mask:
    """Draw which beacons are heard, given that at least one is.

    The first one that is heard is drawn first, from its exact distribution; those behind it are
    free. So no scan has to be drawn twice, however silent a cell is.
    """
    so_far = 1 - np.cumprod(1 - hearing, axis=1)  # that one was heard, this one or one before it
    chance = random.random((len(hearing), 1)) * so_far[:, -1:]
    first = (chance >= so_far).sum(axis=1)[:, None]
    number = np.arange(hearing.shape[1])
    further = (number > first) & (random.random(hearing.shape) < hearing)
    heard: Mask = further | (number == first)
    return heard
