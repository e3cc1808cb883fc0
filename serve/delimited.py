"""CSV to rows: numbers, empty fields and nothing else in one go, anything else field by field."""

import csv
import io
import re
from itertools import islice

import numpy as np
import numpy.typing as npt

from model.errors import Problem
from serve.errors import Kind, ServeError
from serve.rows import DEVICE_COLUMN, Floats, Rows

_CHUNK = 8192  # lines that are parsed at once; between them other threads get their turn
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
        quick = numbers(body)
        if quick is not None and rows.fits(quick, columns):
            return rows.from_columns(quick, columns)
    return rows.from_text(_records(body), columns)


def numbers(body: str) -> npt.NDArray[np.float64] | None:
    """Read all fields as one array, NaN where one is empty; None where it takes a closer look."""
    lines = (line for line in io.StringIO(body, newline=None) if not line.isspace())
    chunks = []
    try:
        while chunk := "".join(islice(lines, _CHUNK)):
            if not _PLAIN.fullmatch(chunk):
                return None
            filled = _EMPTY.sub(lambda before: f"{before[0]}nan", chunk).splitlines()
            chunks.append(np.loadtxt(filled, delimiter=",", comments=None, ndmin=2))
        table = np.concatenate(chunks)
    except ValueError:
        return None
    return None if np.isinf(table).any() else table


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
