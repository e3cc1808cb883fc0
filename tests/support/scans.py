"""Small sets of scans for tests."""

import numpy as np

from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.grid import BEACON_POSITIONS, CELLS, COORDINATES

START = np.datetime64("2016-05-02T10:00:00")
VISIT = np.timedelta64(600, "s")


def surveyed(
    cells: int = 12, visits: int = 3, scans: int = 4, *, seed: int = 0, first_day: int = 0
) -> Scans:
    """Labelled scans of the first cells: every beacon nearby is heard, the nearer the louder."""
    random = np.random.default_rng(seed)
    which = np.repeat(np.tile(np.arange(cells), visits), scans)
    away = np.linalg.norm(
        np.asarray(COORDINATES)[which][:, None] - np.asarray(BEACON_POSITIONS)[None], axis=2
    )
    strength = -60 - 2.5 * away + random.normal(0, 1, away.shape)
    readings = np.where(away < 9, np.round(strength), NOT_HEARD).astype(np.float32)
    number = np.arange(len(which))
    seconds = (number // scans) * VISIT.astype(int) + number % scans
    times = START + np.timedelta64(first_day, "D") + seconds.astype("timedelta64[s]")
    assert which.max() < len(CELLS)
    return Scans(readings, which.astype(np.intp), times)
