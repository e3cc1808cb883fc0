"""Scans that nobody can take on the library's floor: beacons far apart, heard together."""

from collections.abc import Callable
from typing import Final

import numpy as np

from model.blerssi import grid
from model.blerssi.data import NOT_HEARD, Readings

FAR: Final = 8.0  # cells between two beacons
STRONG: Final = -75  # dBm; a phone half-way between them hears either more weakly, if at all

_plane = np.asarray(grid.BEACON_POSITIONS)
_AWAY: Final = np.linalg.norm(_plane[:, None] - _plane[None], axis=2)


def apart(number: int, seed: int) -> Readings:
    """Two to five beacons, each at least 8 cells from all the others, at -75 to -55 dBm."""
    random = np.random.default_rng(seed)

    def draw() -> Readings:
        chosen: list[int] = []
        for beacon in random.permutation(len(_AWAY)):
            if (_AWAY[beacon, chosen] >= FAR).all():
                chosen.append(beacon)
        chosen = chosen[: random.integers(2, 6)]
        scan = np.full(len(_AWAY), NOT_HEARD, np.float32)
        scan[chosen] = random.integers(STRONG, -54, len(chosen))
        return scan

    return _collect(number, draw, weakest=STRONG)


def at_random(number: int, seed: int) -> Readings:
    """Two to five beacons at -88 to -55 dBm, two of them far apart and strong."""
    random = np.random.default_rng(seed)

    def draw() -> Readings:
        chosen = random.permutation(len(_AWAY))[: random.integers(2, 6)]
        scan = np.full(len(_AWAY), NOT_HEARD, np.float32)
        scan[chosen] = random.integers(-88, -54, len(chosen))
        return scan

    return _collect(number, draw, weakest=STRONG)


def permuted(scans: Readings, number: int, seed: int, *, weakest: float) -> Readings:
    """Genuine scans whose beacons change places; two that are far apart are not too weak."""
    random = np.random.default_rng(seed)
    several = scans[(scans != NOT_HEARD).sum(axis=1) > 1]
    return _collect(
        number, lambda: random.permutation(several[random.integers(len(several))]), weakest=weakest
    )


def _collect(number: int, draw: Callable[[], Readings], *, weakest: float) -> Readings:
    found: list[Readings] = []
    while len(found) < number:
        scan = draw()
        heard = np.flatnonzero((scan != NOT_HEARD) & (scan >= weakest))
        if (_AWAY[np.ix_(heard, heard)] >= FAR).any():
            found.append(scan)
    return np.stack(found)
