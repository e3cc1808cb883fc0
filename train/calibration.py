"""What a model's answers mean, found on scans that it could not know.

Scans that were learnt from look too sure, and the few that are held out judge. So every part of
the training scans is answered by what is known from the others alone, which is much as the network
answers new ones. The radius is that of a scan on a new visit. A walk goes on for a day, and what
disturbs it does too: known neighbours of the same day would make it look too sure.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import grid, split
from model.blerssi.blur import blurred
from model.blerssi.coverage import FEWEST
from model.blerssi.data import Scans
from model.blerssi.evidence import Evidence
from model.blerssi.scores import OUTPUT, ROUNDING, locate
from model.signature import CONFIDENCE, OutputSpec
from train import motion

LEAST_MASS: Final = 0.05  # so that a radius is left

Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]


def output(scans: Scans) -> OutputSpec:
    """Say what answers mean, as far as the scans are enough to tell.

    Args:
        scans: What the model learnt from, copies left out.
    """
    visits = split.visits(scans)
    if len(scans) < FEWEST or visits.max() == 0:
        return OUTPUT
    new_visits = unseen(scans, visits % split.PARTS)
    new_days = unseen(scans, split.parts(scans))
    return replace(OUTPUT, mass=mass(new_visits, scans), motion=motion.fitted(new_days, scans))


def unseen(scans: Scans, parts: Indices) -> Array:
    """Answer every scan by what is known from other parts.

    Args:
        scans: Labelled ones, copies left out.
        parts: (N,) the part of each, two of them at the least.

    Returns:
        (N, 105) probabilities.
    """
    probabilities = np.empty((len(scans), len(grid.CELLS)), np.float32)
    for part in np.unique(parts):
        judged = parts == part
        known = Evidence.of(scans.take(~judged))
        probabilities[judged] = blurred(known.probabilities(scans.readings[judged]))
    return probabilities


def mass(probabilities: Array, scans: Scans) -> float:
    """The share of the posterior within a radius that holds the true cell of 68 % of the scans.

    A radius holds the true cell where it reaches further than all that is nearer, so that the
    share in question is a quantile of how much is nearer.

    Args:
        probabilities: (N, 105) of scans that the model did not know.
        scans: Those scans.
    """
    plane = np.asarray(grid.COORDINATES)
    away = np.linalg.norm(locate(probabilities).positions[:, None] - plane[None], axis=2)
    true = away[np.arange(len(scans)), scans.cells]
    nearer = (probabilities * (away < true[:, None] - ROUNDING)).sum(axis=1)
    return float(np.clip(np.quantile(nearer, CONFIDENCE, method="higher"), LEAST_MASS, 1))
