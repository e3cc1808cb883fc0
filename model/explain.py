"""Why an answer is what it is: what every reading contributes, found by leaving it out.

A reading's contribution is the log probability of the answered label with all readings, minus that
without this one (occlusion), in nats: positive where it speaks for the answer, negative where it
speaks against it. Contributions do not add up to anything, for readings say much in common.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

MOST_ROWS: Final = 1024  # whose variants are in memory at once
DIGITS: Final = 4

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]


def contributions(
    probabilities: Callable[[Floats], Floats],
    rows: Floats,
    names: Sequence[str],
    missing: float,
    answered: Indices,
) -> list[dict[str, float]]:
    """Leave every reading of every row out once; rows and variants are computed in one batch.

    Without its only reading a row is one in which nothing was heard, and is computed as such.

    Args:
        probabilities: The model: (N, number of fields) to (N, K).
        rows: (N, number of fields), raw.
        names: Of the fields.
        missing: What stands for no reading.
        answered: (N,) number of the label that each row was answered with.

    Returns:
        For each row its fields that have a reading, the greatest contribution first.
    """
    found: list[dict[str, float]] = []
    for start in range(0, len(rows), MOST_ROWS):
        piece = slice(start, start + MOST_ROWS)
        found += _of_piece(probabilities, rows[piece], names, missing, answered[piece])
    return found


def _of_piece(
    probabilities: Callable[[Floats], Floats],
    rows: Floats,
    names: Sequence[str],
    missing: float,
    answered: Indices,
) -> list[dict[str, float]]:
    owners, fields = np.nonzero(rows != np.float32(missing))
    variants = rows[owners]
    variants[np.arange(len(owners)), fields] = missing
    said = probabilities(np.concatenate([rows, variants]))
    least = np.finfo(np.float32).tiny
    chances = said[: len(rows)][np.arange(len(rows)), answered]
    without = said[len(rows) :][np.arange(len(owners)), answered[owners]]
    gains = np.log(np.maximum(chances[owners], least)) - np.log(np.maximum(without, least))
    rounded = gains.astype(np.float64).round(DIGITS) + 0.0  # no -0.0
    found: list[dict[str, float]] = [{} for _ in rows]
    for place in np.lexsort((-rounded, owners)).tolist():
        found[owners[place]][names[fields[place]]] = float(rounded[place])
    return found
