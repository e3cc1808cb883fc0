"""The model beside simple methods, on the same scans and learnt from the same ones."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.blerssi import baselines
from model.blerssi.data import Scans
from model.blerssi.scores import Scores, score

OURS: Final = "this model"
# More scans than these are thinned out evenly, so that the comparison takes seconds at most.
MOST_LEARNT_FROM: Final = 10_000
MOST_JUDGED: Final = 2_000

# What the methods do, for readers who never heard of them.
IN_WORDS: Final = {
    "prior": "always the cells that were surveyed most, whatever is heard",
    "1-NN": "the surveyed scan that is most like this one",
    "15-NN": "the fifteen surveyed scans that are most like this one",
    "path loss": "physics: how signals fade with the distance to the beacons",
    "radio map": "the same, corrected by the scans taken near each cell",
    OURS: "the network that was trained here",
}


def compare(
    training: Scans, judged: Scans, probabilities: npt.NDArray[np.float32]
) -> dict[str, Scores]:
    """Score the simple methods and the model.

    Args:
        training: Labelled scans that all of them learn from.
        judged: N scans that none of them has seen.
        probabilities: (N, 105) what the model says of them.

    Returns:
        Scores by method, the model's last.
    """
    known, rows = training.take(_spread(training, MOST_LEARNT_FROM)), _spread(judged, MOST_JUDGED)
    asked = judged.take(rows)
    found = {
        name: score(learn(known)(asked.readings), asked.cells)
        for name, learn in baselines.LIGHT.items()
    }
    return found | {OURS: score(probabilities[rows], asked.cells)}


def advantage(ours: Scores, theirs: Scores) -> tuple[float, float]:
    """By how many cells a model errs less than another on the same scans, and how sure that is.

    Returns:
        The difference of the mean errors, and its standard error. Scans of one cell are not
        independent, so they are one draw together.
    """
    differences = theirs.errors - ours.errors
    mean = float(differences.mean())
    by_cell = np.bincount(ours.cells, differences - mean)
    return mean, float(np.sqrt((by_cell**2).sum()) / len(differences))


def _spread(scans: Scans, most: int) -> npt.NDArray[Any]:
    """Places spread evenly over all scans, no more than so many."""
    return np.arange(0, len(scans), -(-len(scans) // most) or 1)
