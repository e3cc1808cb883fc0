"""Rows of readings on their way into requests."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from container.errors import UserError

Row = Sequence[float | str | None] | Mapping[str, float | str | None]

_LARGEST: Final = 3_500_000  # bytes of an answer: 4 MB is the limit where it is lowest (C4.1)
_MOST_ROWS: Final = 10_000
_ANSWER: Final = (180, 48)  # bytes of one record, and of each candidate in it


def parts(rows: Sequence[Row], top_k: int) -> Iterator[tuple[int, Sequence[Row]]]:
    """Cut rows so that no request and no answer passes the platform's limits (C1.32, C4.1).

    Args:
        rows: All of them.
        top_k: How many candidates each answer lists.

    Yields:
        Where a part begins, and its rows.

    Raises:
        UserError: `top_k` is less than 1.
    """
    if top_k < 1:
        raise UserError(f"top_k is {top_k}; a whole number from 1 is expected.")
    record, candidate = _ANSWER
    most = max(1, min(_MOST_ROWS, _LARGEST // (record + candidate * top_k)))
    for start in range(0, len(rows), most):
        yield start, rows[start : start + most]


def plain(row: Row) -> object:
    """A row as JSON has it: NaN is null, and text stays text, for the model to refuse by name."""
    if isinstance(row, Mapping):
        return {name: _number(value) for name, value in row.items()}
    return [_number(value) for value in row]


def _number(value: float | str | None) -> float | str | None:
    if value is None or isinstance(value, str | int):
        return value
    number = float(value)  # numpy's too
    if math.isnan(number):
        return None
    return number if math.isfinite(number) else str(number)
