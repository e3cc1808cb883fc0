"""How the survey's device moved: what serving has to know to fuse scans (`model.tracks`).

Scans that a model learnt from look too sure in a walk, and the few that are held out make no walk.
So every visit is judged by a radio map of other visits, which answers much as the network does.
"""

from typing import Final

import numpy as np

from model import tracks
from model.blerssi import baselines, grid, split
from model.blerssi.data import Scans
from model.signature import Motion

PARTS: Final = 4  # of the visits, each judged by the map of the others
FEWEST: Final = 100  # scans from which on four numbers can be told


def fitted(training: Scans) -> Motion:
    """Fit the motion to a survey, one walk a day.

    Args:
        training: Scans with cells, copies left out.

    Returns:
        The motion; the defaults where there are fewer than 100 scans.
    """
    scans = training.take(np.argsort(training.times, kind="stable"))
    _, days = np.unique(scans.times.astype("datetime64[D]"), return_inverse=True)
    if len(scans) < FEWEST:
        return Motion()
    probabilities = np.empty((len(scans), len(grid.CELLS)), np.float32)
    visits = split.visits(scans)
    for part in range(PARTS):
        judged = visits % PARTS == part
        others = baselines.radio_map(scans.take(~judged))
        probabilities[judged] = others(scans.readings[judged])
    walks = tracks.Scans(probabilities, days, ~scans.heard.any(axis=1))
    return tracks.fit(walks, visits, scans.cells, grid.COORDINATES)
