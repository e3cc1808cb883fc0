"""What the rows of one request and their answers were like, in a few numbers to be counted.

Whoever watches an endpoint sees from them that beacons fell silent, that people went where nobody
surveyed, or that the model became unsure, long before anybody complains.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from model.answers import NO_SIGNAL, OUT_OF_COVERAGE, Answers


class Observed(NamedTuple):
    """Numbers of one request to a model with a signature.

    Attributes:
        fields: The signature's.
        missing: For each of them, in how many rows it has no reading.
        no_signal: Answers to rows without any reading.
        out_of_coverage: Answers with this status.
        confidence: Mean of the answers' highest probabilities times the number of rows, for an
            answer may be about several of them.
    """

    fields: tuple[str, ...]
    missing: list[int]
    no_signal: int
    out_of_coverage: int
    confidence: float


def together(parts: Sequence[Observed]) -> Observed:
    """Add up what was seen of the parts of a request, of which there is one at least."""
    if len(parts) == 1:
        return parts[0]
    missing = [sum(counts) for counts in zip(*(each.missing for each in parts), strict=True)]
    return Observed(
        parts[0].fields,
        missing,
        sum(each.no_signal for each in parts),
        sum(each.out_of_coverage for each in parts),
        sum(each.confidence for each in parts),
    )


def observe(
    fields: tuple[str, ...], missing: float, rows: npt.NDArray[Any], answers: Answers
) -> Observed:
    """Look at rows and their answers.

    Args:
        fields: Names of the rows' columns.
        missing: What stands for no reading.
        rows: (N, fields) float32.
        answers: To each row, or to several together.
    """
    status = list(answers.status)
    weight = len(rows) / max(len(status), 1)
    nothing = float(np.float32(missing))
    if len(rows) == 1:  # in plain numbers, sooner than by arrays
        silent = [int(value == nothing) for value in rows[0].tolist()]
    else:
        silent = [np.count_nonzero(column) for column in (rows == nothing).T]
    return Observed(
        fields,
        silent,
        status.count(NO_SIGNAL),
        status.count(OUT_OF_COVERAGE),
        float(_highest(answers).sum()) * weight,
    )


def _highest(answers: Answers) -> npt.NDArray[np.float32]:
    """The highest probability of each answer: that of its first candidate."""
    rows, labels = answers.probabilities.shape
    first = answers.candidates[:, 0]
    return answers.probabilities.take(first + np.arange(0, rows * labels, labels))
