"""What walls, shelves and people add to the path loss, as a Gaussian process over the cells.

    strength = path loss + shadow of the cell + shift of the visit + noise of the scan      [dB]

A shadow stays, and neighbours share most of it. A shift is another one every visit: whoever scans
a cell ten times in a minute has learnt its shadow hardly better than by one scan. That is what the
averages of `model.blerssi.radiomap` do not know; they know better how likely a beacon is heard.

Beacons that were not heard say that they are weak, so the posterior is no Gaussian; it is taken
for the one that has its peak and curvature (Laplace's approximation, found by Newton's method).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import grid, pathloss, split
from model.blerssi.data import Scans
from model.blerssi.pathloss import LIKE_NORMAL, PathLoss

SHADOW: Final = 3.8  # dB, standard deviation over the cells
REACH: Final = 3.0  # cells over which the likeness of shadows falls to 1/e
SHIFT: Final = 3.7  # dB from visit to visit
NOISE: Final = 4.7  # dB from scan to scan
# Scans that heard nothing were taken too, but not recorded: at most so many for each that was.
MOST_UNRECORDED: Final = 4.0
SELDOM: Final = 1e-6  # probability of hearing a beacon, at the least

_STEPS: Final = 12  # of Newton's method; 5 to 8 are enough
_LONGEST: Final = 8.0  # dB of a step
_FLATTEST: Final = 1e-6  # curvature of a likelihood

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Shadows:
    """What is believed of the next visit to each of 105 cells, for each of 13 beacons.

    Attributes:
        hearing: (105, 13) probability that a scan hears the beacon; it may hear nothing at all.
        strength: (105, 13) expected strength with which it arrives, heard or not, dBm.
        spread: (105, 13) how far off that may be: shadow, shift and noise together, dB.
    """

    hearing: Floats
    strength: Floats
    spread: Floats

    @classmethod
    def fit(cls, scans: Scans, model: PathLoss) -> "Shadows":
        """Learn from labelled scans, one of them at the least, that heard something.

        Args:
            scans: The survey.
            model: What `pathloss.fit` made of it.
        """
        visits = _Visits.of(scans)
        expected = model.strengths(np.asarray(grid.COORDINATES))
        strengths = expected[visits.cells]
        for _ in range(_STEPS):
            targets, certainty = visits.targets(strengths, model)
            shadows, variance = _smooth(targets - expected[visits.cells], certainty, visits.cells)
            settled = (expected + shadows)[visits.cells]
            trust = SHIFT**2 / (SHIFT**2 + 1 / certainty)
            step = settled + trust * (targets - settled) - strengths
            strengths = strengths + np.clip(step, -_LONGEST, _LONGEST)
        spread = np.sqrt(variance + SHIFT**2 + NOISE**2)
        hearing = model.most * pathloss.normal(
            (expected + shadows - model.threshold) / np.hypot(spread, LIKE_NORMAL * model.slope)
        )
        return cls(np.maximum(hearing, SELDOM), expected + shadows, spread)


@dataclass(frozen=True)
class _Visits:
    """What each of V visits heard.

    Attributes:
        cells: (V,) where it was.
        scans: (V,) scans that it recorded.
        heard: (V, B) how many of them heard the beacon.
        sums: (V, B) sum of what they heard, dBm.
    """

    cells: Indices
    scans: Floats
    heard: Floats
    sums: Floats

    @classmethod
    def of(cls, scans: Scans) -> "_Visits":
        scans = scans.take(scans.heard.any(axis=1))
        numbers = split.visits(scans)
        _, first, counts = np.unique(numbers, return_index=True, return_counts=True)
        heard = np.zeros((len(first), len(grid.BEACONS)))
        sums = np.zeros_like(heard)
        np.add.at(heard, numbers, scans.heard)
        np.add.at(sums, numbers, np.where(scans.heard, scans.readings, 0))
        return cls(scans.cells[first], counts.astype(np.float64), heard, sums)

    def targets(self, strengths: Floats, model: PathLoss) -> tuple[Floats, Floats]:
        """Where Newton's method goes from (V, B) strengths, and how certain of it the visits are.

        Returns:
            (V, B) dBm, and (V, B) the curvature of the negative log-likelihood there, 1/dB².
        """
        width = np.hypot(NOISE, LIKE_NORMAL * model.slope)
        off = (strengths - model.threshold) / width
        silence = 1 - model.most * pathloss.normal(off)
        slope = model.most * np.exp(-0.5 * off**2) / np.sqrt(2 * np.pi) / silence / width
        nothing = np.prod(silence, axis=1)
        unrecorded = np.minimum(nothing / (1 - nothing), MOST_UNRECORDED)
        unheard = self.scans[:, None] * (1 + unrecorded[:, None]) - self.heard
        gradient = (self.sums - self.heard * strengths) / NOISE**2 - unheard * slope
        curvature = self.heard / NOISE**2 + unheard * slope * (slope - off / width)
        certainty = np.maximum(curvature, _FLATTEST)
        return strengths + gradient / certainty, certainty


def _smooth(targets: Floats, certainty: Floats, cells: Indices) -> tuple[Floats, Floats]:
    """The (105, 13) shadows, and their variances in dB², that (V, B) measurements of them suggest.

    The visits of a cell are first put together, so that the work does not grow with their number.
    """
    cell_count, beacons = len(grid.CELLS), targets.shape[1]
    each = 1 / (SHIFT**2 + 1 / certainty)
    precision, pull = np.zeros((cell_count, beacons)), np.zeros((cell_count, beacons))
    np.add.at(precision, cells, each)
    np.add.at(pull, cells, each * targets)
    alike = SHADOW**2 * np.exp(-pathloss.between() / REACH)
    root = np.sqrt(precision).T  # (B, C)
    system = np.eye(cell_count) + root[:, :, None] * alike * root[:, None, :]
    gain = np.linalg.solve(system, root[:, :, None] * alike)  # (B, C, C)
    weighted = np.divide(pull.T, root, out=np.zeros_like(root), where=root > 0)
    shadows = np.einsum("bcd,bc->db", gain, weighted)
    explained = np.einsum("dc,bc,bcd->db", alike, root, gain)
    return shadows, np.maximum(SHADOW**2 - explained, 0.0)
