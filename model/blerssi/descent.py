"""Finding the lowest point of a smooth function of a few parameters."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

STEPS: Final = 60  # at most; 10 to 20 are usual
NUDGE: Final = 1e-5  # for differences of gradients
LEAST_DAMPING: Final = 1e-9
MOST_DAMPING: Final = 1e9  # if even then no step goes down, only rounding is left

Floats = npt.NDArray[np.float64]
Cost = Callable[[Floats], tuple[float, Floats]]


def descend(cost: Cost, start: Floats) -> Floats:
    """Go down by Newton's method, damped until every step does go down.

    Args:
        cost: Gives a value and its gradient. Where it gives infinity or NaN, nobody steps.
        start: (P,) parameters whose scales are alike, say a standard deviation each.

    Returns:
        (P,) parameters from which no step goes down.
    """
    place, damping = start, 1.0
    with np.errstate(all="ignore"):  # of steps that go too far; they are taken back
        value, gradient = cost(place)
        for _ in range(STEPS):
            hessian = _hessian(cost, place, gradient)
            if not np.isfinite(hessian).all():  # at the edge of what the cost can be computed for
                break
            curvatures, directions = np.linalg.eigh(hessian)
            along = directions.T @ gradient
            new_value = np.inf
            while not -np.inf < new_value < value and damping < MOST_DAMPING:
                step = directions @ (along / (np.abs(curvatures) + damping))
                new_value, new_gradient = cost(place - step)
                damping *= 10
            if not -np.inf < new_value < value:
                break
            place, value, gradient = place - step, new_value, new_gradient
            damping = max(damping / 100, LEAST_DAMPING)
    return place


def _hessian(cost: Cost, place: Floats, gradient: Floats) -> Floats:
    """Differences of gradients: exact enough, and no second derivatives to get wrong.

    Only the lower triangle is read of what comes back, so it need not be quite symmetric.
    """
    moved = [cost(place + nudge)[1] for nudge in NUDGE * np.eye(len(place))]
    return (np.array(moved) - gradient) / NUDGE
