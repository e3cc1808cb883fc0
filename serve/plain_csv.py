"""CSV of plain numbers, straight from its bytes and without a Python object a field.

A plain field is empty, or at most eight bytes of digits, with a minus before and a point among them
or not. The eight bytes before every comma and line's end are taken as one integer, and arithmetic
on such integers reads all digits of all fields at once. Whatever else there is, even one space, is
left to `serve.delimited`, which reads everything and names every fault.
"""

import re
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from serve.rows import Floats, Rows

Table = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]

CHUNK: Final = 1 << 17  # bytes that are parsed at once; between them other threads get their turn
_LONGEST: Final = 8  # bytes of a field
_MINUS: Final = ord("-")
_AROUND: Final = 64  # bytes at either end that may be empty lines
_HEADER: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_,]*(?=\r?\n)")
_BYTE: Final = np.uint64(8)
_UPPER: Final = np.array(  # the bytes of a word that the last 0, 1 … 8 bytes of a field are in
    [(1 << 64) - (1 << 8 * (_LONGEST - count)) for count in range(_LONGEST + 1)], np.uint64
)
_TENTHS: Final = np.array([10.0**count for count in range(_LONGEST)])


def read(body: bytes, rows: Rows) -> Floats | None:
    """Read a body with or without a header, in a charset that has ASCII in it.

    Args:
        body: As it came.
        rows: Of the model that the fields are for.

    Returns:
        (N, number of fields) float32; None where something is not plain, or cannot be taken.
    """
    start, end = _within(body)
    columns = None
    if header := _HEADER.match(body, start):
        columns = rows.plain_columns(header[0].decode().split(","))
        if columns is None:
            return None
        start = body.find(b"\n", start) + 1
    found = rows.blank(body.count(b"\n", start, end) + 1)
    at = 0
    while start < end:
        chunk, start = _lines(body, start, end)
        table = parse(chunk, rows.width if columns is None else len(columns))
        if table is None or not rows.take(table, columns, found[at : at + len(table)]):
            return None
        at += len(table)
    return found[:at] if at else None


def _within(body: bytes) -> tuple[int, int]:
    """Where the first line starts and the last one ends, a few empty ones around them left out."""
    head, tail = body[:_AROUND], body[-_AROUND:]
    start = len(head) - len(head.lstrip(b"\r\n"))
    end = len(body) - len(tail) + len(tail.rstrip(b"\r\n"))
    return start, end


def _lines(body: bytes, start: int, end: int) -> tuple[bytes, int]:
    """Whole lines from there on, each with its end, and where the next ones start."""
    stop = end
    if end - start > CHUNK:
        stop = body.rfind(b"\n", start, start + CHUNK)
        stop = body.find(b"\n", start, end) if stop < 0 else stop
        stop = end if stop < 0 else stop
    lines = body[start:stop] + b"\n"
    return lines.replace(b"\r\n", b"\n"), stop + 1


def parse(chunk: bytes, width: int) -> Table | None:
    """Read whole lines.

    Args:
        chunk: Lines, each with its end.
        width: Fields of a line.

    Returns:
        (lines, width) with NaN for an empty field, the same numbers as `float` gives; None where
        something is not plain.
    """
    text = np.frombuffer(chunk, np.uint8)
    ends = np.flatnonzero(text < _MINUS)  # commas, line ends, and what may not be there
    lines = len(ends) // width
    if text.take(ends).tobytes() != (b"," * (width - 1) + b"\n") * lines:
        return None
    sizes = np.diff(ends, prepend=-1) - 1
    if sizes.max() > _LONGEST or (width == 1 and not sizes.all()):  # an empty line is no record
        return None
    negative = text.take(ends - sizes) == _MINUS  # of an empty field it is the end itself
    words: Words = np.ndarray((len(chunk) + 1,), "<u8", bytes(_LONGEST) + chunk, 0, (1,)).take(ends)
    digits = sizes - negative
    words &= _UPPER.take(digits)
    powers = None
    if b"." in chunk:
        words, digits, powers = _without_points(words, digits)
    if np.count_nonzero(digits) != np.count_nonzero(sizes):  # a minus or a point alone
        return None
    values = _integers(words, digits)
    if values is None:
        return None
    if powers is not None:
        values /= powers
    np.negative(values, out=values, where=negative)
    values[sizes == 0] = np.nan
    return values.reshape(lines, width)


def _without_points(words: Words, digits: Any) -> tuple[Words, Any, Table]:
    """Take a point out of each word that has one.

    Returns:
        The words, how many digits are left, and the power of ten that they are to be divided by.
    """
    others = words ^ np.uint64(0x2E2E2E2E2E2E2E2E)
    found = (others - np.uint64(0x0101010101010101)) & ~others & np.uint64(0x8080808080808080)
    found &= ~found + np.uint64(1)  # the first point; a second one is no digit
    point = found >> np.uint64(7)
    below = point - np.uint64(1)
    shifted = (words & ~(below | (point * np.uint64(255)))) | ((words & below) << _BYTE)
    has = point > 0
    after = (point * np.uint64(0x0706050403020100)) >> np.uint64(56)
    return np.where(has, shifted, words), digits - has, _TENTHS.take(after.astype(np.intp))


def _integers(words: Words, digits: Any) -> Table | None:
    """Read the last so many bytes of each word as digits, the last one the least; None if not."""
    words = words - (_UPPER.take(digits) & np.uint64(0x3030303030303030))
    beyond = words + np.uint64(0x7676767676767676)  # has a high bit for each byte above 9
    beyond |= words
    if np.bitwise_or.reduce(beyond) & np.uint64(0x8080808080808080):
        return None
    words = words * np.uint64(10) + (words >> _BYTE)  # pairs of digits
    low = words & np.uint64(0x000000FF000000FF)
    words >>= np.uint64(16)
    words &= np.uint64(0x000000FF000000FF)
    low *= np.uint64(100 + (1000000 << 32))
    words *= np.uint64(1 + (10000 << 32))
    low += words
    low >>= np.uint64(32)
    return low.astype(np.float64)
