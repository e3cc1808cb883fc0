"""CSV to rows: numbers, empty fields and nothing else in one go, anything else field by field."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from model.errors import Problem
from serve.errors import Kind, ServeError
from serve.rows import DEVICE_COLUMN, Floats, Rows

_PIECE = 1 << 18  # characters that are parsed at once; between them other threads get their turn
_EMPTY = re.compile(r"(?m)(?:^(?=[ \t]*,)|,)[ \t]*(?=,|$)")  # what lies before an empty field
_PLAIN = re.compile(r"[-+0-9.eE,\s]*")  # neither quotes nor names, and no nan or inf either


def read(document: str, rows: Rows) -> Floats:
    """Read CSV with or without a header; empty lines are no records (C2.12).

    Args:
        document: The whole text, not blank.
        rows: Of the model that the fields are for.

    Raises:
        InputError: Some fields cannot be taken.
        ServeError: It is not CSV, or has no record.
    """
    first, _, rest = document.lstrip().partition("\n")
    records = _records(first)
    columns = rows.columns(next(iter(records), []))
    if columns is None and len(records) == 1 and not rest.strip():
        single = rows.from_fields(records[0])
        if single is not None:
            return single
    body = document if columns is None else rest
    if not body or body.isspace():
        raise ServeError(Kind.EMPTY_BODY, "The body holds a header and no record.")
    if columns is None or DEVICE_COLUMN not in columns:
        plain = _plain(body, rows, columns)
        if plain is not None:
            return plain
        quick = numbers(body)
        if quick is not None and rows.fits(quick, columns):
            return rows.from_columns(quick, columns)
    return rows.from_text(_records(body), columns)


def numbers(body: str) -> npt.NDArray[np.float64] | None:
    """Read all fields as one array, NaN where one is empty; None where it takes a closer look."""
    try:
        table = np.concatenate(list(_tables(body)))
    except ValueError:
        return None
    return None if np.isinf(table).any() else table


def _plain(body: str, rows: Rows, columns: Sequence[int] | None) -> Floats | None:
    """Read good numbers without an array of all of them beside the rows; None for anything else."""
    found = rows.blank(max(body.count("\n"), body.count("\r")) + 1)
    at = 0
    try:
        for table in _tables(body):
            if not rows.fits(table, columns) or np.isinf(table).any():
                return None
            if not rows.take(table, columns, found[at : at + len(table)]):
                return None
            at += len(table)
    except ValueError:
        return None
    return found[:at] if at else None


def _tables(body: str) -> Iterator[npt.NDArray[np.float64]]:
    """The fields of some lines at a time.

    Raises:
        ValueError: Some are no numbers, or not as many in each line.
    """
    start = 0
    while start < len(body):
        end = body.find("\n", start + _PIECE) + 1 or len(body)
        piece = io.StringIO(body[start:end], newline=None)
        lines = "".join(line for line in piece if not line.isspace())
        if not _PLAIN.fullmatch(lines):
            raise ValueError(lines[:20])
        filled = _EMPTY.sub(lambda before: f"{before[0]}nan", lines).splitlines()
        if filled:
            yield np.loadtxt(filled, delimiter=",", comments=None, ndmin=2)
        start = end


def _records(text: str) -> list[list[str]]:
    """The fields of every line that is not empty.

    Raises:
        ServeError: It is not CSV.
    """
    try:
        return [
            fields
            for fields in csv.reader(io.StringIO(text, newline=""), strict=True)
            if len(fields) > 1 or "".join(fields).strip()
        ]
    except csv.Error as error:
        raise ServeError(
            Kind.MALFORMED_BODY,
            f"The body is not CSV: {error}.",
            problems=[Problem(None, None, str(error), "fields between commas, a record a line")],
        ) from None
