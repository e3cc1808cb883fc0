"""A posterior smeared over the neighbouring cells: nobody stands in the middle of one.

What is known of a cell is known of its surveyed spot, and a new visit stands a step beside it. So
each cell shares its probability with its neighbours. Figures are in docs/model.md.
"""

import functools
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import pathloss

WIDTH: Final = 0.5  # cells, sigma of a Gaussian
REACH: Final = 2.0  # cells; shares from further off are denormal, which processors are slow at

Array = npt.NDArray[np.float32]


@functools.cache
def shares() -> Array:
    """Give the (105, 105) share that each cell, in a row, gets of the probability of each other."""
    away = pathloss.between()
    near = np.exp(-0.5 * (away / WIDTH) ** 2) * (away <= REACH)
    result: Array = (near / near.sum(axis=0)).astype(np.float32)
    result.flags.writeable = False
    return result


def blurred(probabilities: Array) -> Array:
    """Smear (N, 105) probabilities."""
    result: Array = probabilities @ shares().T
    return result
