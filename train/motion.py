"""How the survey's device moved: what serving has to know to fuse scans (`model.tracks`)."""

import numpy as np
import numpy.typing as npt

from model import tracks
from model.blerssi import grid, split
from model.blerssi.data import Scans
from model.signature import Motion

Array = npt.NDArray[np.float32]


def fitted(probabilities: Array, scans: Scans) -> Motion:
    """Fit the motion to a survey, one walk a day.

    Args:
        probabilities: (N, 105) of scans that the model did not know.
        scans: Those scans, copies left out.
    """
    order = np.argsort(scans.times, kind="stable")
    probabilities, scans = probabilities[order], scans.take(order)
    _, days = np.unique(scans.times.astype("datetime64[D]"), return_inverse=True)
    walks = tracks.Scans(probabilities, days, ~scans.heard.any(axis=1))
    return tracks.fit(walks, split.visits(scans), scans.cells, grid.COORDINATES)
