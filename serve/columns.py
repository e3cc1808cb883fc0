"""Many records written at once: each part of them is a column of bytes, padded to one width.

The padding is NUL, which no part has, and is taken out at the end.
"""

import functools
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.bytes_]

_MOST: Final = 1000  # numbers from here on are not written here
_WIDEST: Final = 4096  # bytes of one record with its padding


class NoColumnError(ValueError):
    """Values that have to be written one by one."""


def joined(parts: Sequence[bytes | Column]) -> bytes:
    """Write records one after the other.

    Args:
        parts: Of a record, in order: (N,) for what differs, bytes for what does not. At least one
            differs.

    Raises:
        NoColumnError: A record is too long for this.
    """
    widths = [len(part) if isinstance(part, bytes) else part.dtype.itemsize for part in parts]
    if sum(widths) > _WIDEST:
        raise NoColumnError
    (rows,) = {len(part) for part in parts if not isinstance(part, bytes)}
    table = np.empty(rows, [(f"f{i}", f"S{max(width, 1)}") for i, width in enumerate(widths)])
    for i, part in enumerate(parts):
        table[f"f{i}"] = part
    return table.tobytes().translate(None, b"\0")


def texts(values: Sequence[str]) -> Column:
    """Make a column to choose from.

    Raises:
        NoColumnError: A text has a NUL itself.
    """
    encoded = [value.encode() for value in values]
    if any(b"\0" in each for each in encoded):
        raise NoColumnError
    return np.array(encoded, np.bytes_)


def decimals(values: npt.NDArray[Any], digits: int) -> list[Column]:
    """Write numbers as Python writes them once they are rounded to 3 or 6 digits.

    Args:
        values: (N,) float32.
        digits: After the point.

    Returns:
        Columns that belong one behind the other.

    Raises:
        NoColumnError: A number is below 0, above 999 or none.
    """
    scaled = np.rint(values.astype(np.float64) * 10**digits)  # as numpy's round does it
    if np.signbit(values).any() or not (scaled < _MOST * 10**digits).all():
        raise NoColumnError
    wholes, full, short, tail, tiny = _tables()
    whole, rest = np.divmod(scaled.astype(np.int64), 10**digits)
    if digits == 3:
        return [wholes[whole], short[rest]]
    high, low = np.divmod(rest, 1000)
    exponents = (scaled < len(tiny)) & (scaled > 0)
    columns = [
        wholes[whole],
        np.where(low > 0, full[high], short[high]),
        tail[low],
    ]
    if exponents.any():
        columns = [np.where(exponents, b"", each) for each in columns]
        written = np.zeros(len(values), tiny.dtype)
        written[exponents] = tiny.take(scaled[exponents].astype(np.int64))
        columns.append(written)
    return columns


@functools.cache
def _tables() -> tuple[Column, Column, Column, Column, Column]:
    """The texts of which numbers are made.

    Returns:
        Whole numbers with a point; three digits; the same without zeros at the end, but for one;
        the same without that one, too; millionths that Python writes with an exponent.
    """
    digits = [f"{number:03}" for number in range(_MOST)]
    return (
        np.array([f"{number}." for number in range(_MOST)], np.bytes_),
        np.array(digits, np.bytes_),
        np.array([each.rstrip("0") or "0" for each in digits], np.bytes_),
        np.array([each.rstrip("0") for each in digits], np.bytes_),
        np.array([str(number / 10**6) for number in range(100)], np.bytes_),
    )
