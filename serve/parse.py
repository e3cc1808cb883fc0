"""Bytes to values: text, JSON, JSON lines, NPY and NPZ, each read strictly or refused.

Nothing here knows what the values mean. No pickle is ever read (C6.37), no length that a body
claims is believed before it is compared with the bytes that are there.
"""

import io
import json
import math
import zipfile
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from model.errors import Problem
from serve import strict_json
from serve.errors import Kind, ServeError
from serve.strict_json import RefusedError

Array = npt.NDArray[Any]

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_SNIPPET = 20  # characters before and after a fault that are shown


def text(body: bytes, charset: str) -> str:
    """Decode a body; a byte order mark is taken off.

    Raises:
        ServeError: It is not in that charset.
    """
    try:
        return body.decode(charset).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        found = body[error.start : error.start + 4].hex(" ")
        raise _malformed(
            f"The body is not {error.encoding}: byte {error.start} cannot be decoded.",
            [Problem(None, None, f"bytes {found}", f"text in {error.encoding}")],
        ) from None


def json_value(document: str) -> object:
    """Read one JSON document.

    Raises:
        ServeError: It is no JSON, repeats a name, holds NaN or Infinity, or is nested too deeply.
    """
    try:
        return strict_json.decode(document)
    except ValueError as error:
        raise _malformed(
            f"The body is not valid JSON: {_cause(error)}.",
            [Problem(None, None, _found(error, document), "valid JSON")],
        ) from None


def json_lines(document: str) -> list[object]:
    """Read one JSON value a line; empty lines are no records (C2.12).

    Raises:
        ServeError: Some lines are no JSON; each of them is a problem.
    """
    values: list[object] = []
    problems: list[Problem] = []
    for line in document.split("\n"):
        if not line or line.isspace():
            continue
        try:
            values.append(strict_json.decode(line))
        except ValueError as error:
            row = len(values) + len(problems)
            cause = f"valid JSON; {_cause(error)}"
            problems.append(Problem(row, None, _found(error, line), cause))
    if problems:
        raise _malformed(
            f"Row {problems[0].row} is not what JSON lines ask for: {problems[0].expected} "
            f"({len(problems)} such rows).",
            problems,
        )
    return values


def npy(body: bytes) -> Array:
    """Read one NPY array of numbers without copying it.

    Raises:
        ServeError: It is no NPY array of numbers, or its length is not what its header says.
    """
    file = io.BytesIO(body)
    try:
        version = np.lib.format.read_magic(file)  # type: ignore[no-untyped-call]
        shape, fortran, dtype = _HEADERS[version](file)  # type: ignore[no-untyped-call]
    except Exception as error:  # whatever numpy stumbles over in a damaged header
        raise _malformed(
            f"The body is not an NPY array: {type(error).__name__} in its header.",
            [Problem(None, None, f"bytes {body[:8].hex(' ')}", "an NPY header of version 1 or 2")],
        ) from None
    if dtype.kind not in "fiub":
        raise _malformed(
            f"The NPY array has type {dtype}; only numbers are read.",
            [Problem(None, None, str(dtype), "float32, float64 or integers; never objects")],
            hint="Convert it with array.astype('float32') before numpy.save.",
        )
    start = file.tell()
    expected = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or len(body) - start != expected:
        raise _malformed(
            f"The NPY array of shape {shape} and type {dtype} needs {expected} bytes, "
            f"but {len(body) - start} follow its header.",
            [Problem(None, None, f"{len(body) - start} bytes", f"{expected} bytes")],
        )
    flat = np.frombuffer(body, dtype, offset=start)
    return flat.reshape(shape, order="F" if fortran else "C")


def npz(body: bytes, largest: int) -> dict[str, Array]:
    """Read an NPZ archive of number arrays by name.

    Args:
        body: The archive.
        largest: Bytes that all arrays together may have when unpacked.

    Raises:
        ServeError: It is no such archive, or larger than that when unpacked.
    """
    arrays: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as file:
                    data = file.read(largest + 1)
                largest -= len(data)
                if largest < 0:
                    raise ServeError(
                        Kind.TOO_LARGE, "The NPZ archive is larger than the limit when unpacked."
                    )
                arrays[entry.filename.removesuffix(".npy")] = npy(data)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        ValueError,
        RuntimeError,  # encrypted, or a method of compression that is not known
    ) as error:
        raise _malformed(
            f"The body is not an NPZ archive: {type(error).__name__}.",
            [Problem(None, None, f"bytes {body[:4].hex(' ')}", "what numpy.savez writes")],
        ) from None
    return arrays


def _malformed(message: str, problems: list[Problem], hint: str = "") -> ServeError:
    return ServeError(Kind.MALFORMED_BODY, message, problems=problems, hint=hint)


def _cause(error: ValueError) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} at line {error.lineno} column {error.colno}"
        case RefusedError():
            return str(error)
        case _:
            return "a number has more digits than can be read"


def _found(error: ValueError, document: str) -> str:
    at = error.pos if isinstance(error, json.JSONDecodeError) else 0
    return document[max(0, at - _SNIPPET) : at + _SNIPPET]
