"""Whether a scan can have been taken on this floor: how much likelier it is there than by chance.

    density = log(sum over the cells of p(scan | cell)) - log p(its readings | any beacon)
              - what is usual for so many beacons                                      [nats]

The first part is what `model.blerssi.evidence` knows of the floor. The second makes strong and
weak readings comparable: it is how likely readings of that strength are when it does not matter
which beacon they are of. Beacons that hang far apart and are heard together have a low density,
and the lower the stronger they are. All of it is linear in the network's features but for the sum
over the cells, so that it is a small layer of the exported graph.

Scans below the threshold are out of coverage. It is set by days of the survey that the density
does not know: so many of their genuine scans are below it as `FALSE_ALARMS` says.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import split
from model.blerssi.data import Scans
from model.blerssi.evidence import Evidence, linear

FALSE_ALARMS: Final = 0.03  # share of the genuine scans of a new day that is below the threshold
FEWEST: Final = 100  # scans from which on a share can be told
NARROWEST: Final = 1.0  # dB by which readings differ at the least

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Coverage:
    """A density of scans, and the least that a scan on this floor is expected to have.

    Attributes:
        weights: (C, 3 B) of the network's features; the density is the logarithm of the sum over
            C cells of the exponentials of what they give.
        bias: (C,).
        threshold: In nats.
    """

    weights: Array
    bias: Array
    threshold: float

    @classmethod
    def fit(cls, scans: Scans) -> "Coverage | None":
        """Learn from labelled scans, copies left out.

        Args:
            scans: What was surveyed. Days are held out where there are four of them, else visits.

        Returns:
            None where the scans are too few to tell what is unusual.
        """
        scans = scans.take(scans.heard.any(axis=1))
        parts = split.parts(scans)
        if len(scans) < FEWEST or len(np.unique(parts)) < 2:
            return None
        unseen = np.empty(len(scans))
        for part in np.unique(parts):
            judged = parts == part
            unseen[judged] = _against_chance(scans.take(~judged)).densities(scans.readings[judged])
        count = scans.heard.sum(axis=1)
        usual = _slope(count, unseen)
        found = _against_chance(scans)
        weights = found.weights.copy()
        weights[:, -scans.readings.shape[1] :] -= usual  # of what says whether beacons were heard
        threshold = float(np.quantile(unseen - usual * count, FALSE_ALARMS))
        return cls(weights, found.bias, threshold)

    def densities(self, readings: Array) -> Floats:
        """Give the (N,) densities of (N, B) dBm in nats, as the exported graph does."""
        return Evidence(self.weights, self.bias).densities(readings)


def _against_chance(scans: Scans) -> Evidence:
    """What is known of the floor, less how likely readings are whichever beacon they are of."""
    known = Evidence.of(scans)
    heard = scans.readings[scans.heard].astype(np.float64)
    strength = np.full((1, scans.readings.shape[1]), heard.mean())
    spread = np.full_like(strength, max(heard.std(), NARROWEST))
    nothing = np.zeros_like(strength)
    chance, _ = linear(nothing, nothing, strength, spread)
    return Evidence((known.weights - chance).astype(np.float32), known.bias)


def _slope(count: npt.NDArray[np.int_], values: Floats) -> float:
    """By how much values grow with each further beacon that is heard; the straight line."""
    off = count - count.mean()
    return float(off @ values / max(off @ off, 1))
