"""A request's body to the rows of a signed model, in every format that is read, and its wishes."""

from dataclasses import replace
from typing import Any

import numpy.typing as npt

from model.errors import InputError, Problem
from model.signature import InputSpec
from serve import delimited, media, parse, plain_csv
from serve.errors import Kind, ServeError
from serve.media import ContentType
from serve.rows import Floats, Rows
from serve.wishes import SWITCHES, Read, Wishes, of_body

INSTANCES = "instances"
_ARRAYS = frozenset((media.NPY, media.NPZ))
_MANY = 2048  # bytes of CSV; for fewer the arithmetic is not worth its calls
_WIDE = frozenset(("utf-16", "utf-32"))  # all other charsets have ASCII in them


def read(body: bytes, content: ContentType, spec: InputSpec, largest: int) -> Read:
    """Read the records of a body in their order (C2.10), and what else it asks for.

    Args:
        body: As it came.
        content: What it claims to be.
        spec: The model's input.
        largest: Bytes that an archive may have when unpacked.

    Returns:
        (N, number of fields) float32, N at least 1, and the wishes if there are any.

    Raises:
        InputError: Records that the model cannot take.
        ServeError: The body is empty, or not what it claims to be.
    """
    collected = Rows(spec)
    switches = None
    many = content.media_type == media.CSV and len(body) >= _MANY
    if many and content.charset not in _WIDE:
        plain = plain_csv.read(body, collected)
        if plain is not None:
            return Read(plain)
    if content.media_type in _ARRAYS:
        found = collected.from_array(_array(body, content.media_type, spec.name, largest))
    else:
        found, switches = _text(parse.text(body, content.charset), content.media_type, collected)
    if not len(found):
        raise ServeError(Kind.EMPTY_BODY, "The body holds no record.")
    if (devices := collected.devices) is not None:
        switches = replace(switches or Wishes(), devices=devices)
    return Read(found, switches)


def records(document: object) -> tuple[list[object], Wishes | None]:
    """Find the records in a JSON document: many, a bare list of them, or a single one.

    Returns:
        The records, and what is asked for beside them.

    Raises:
        InputError: It is something else.
    """
    match document:
        case {"instances": list() as many, **rest} if not rest:
            return many, None
        case {"instances": list() as many, **rest} if rest.keys() <= set(SWITCHES):
            return many, of_body(rest)
        case {"instances": other, **rest}:
            raise _unexpected(other, rest)
        case dict():
            return [document], None
        case list() if not document or any(isinstance(each, list | dict) for each in document):
            return document, None
        case list():
            return [document], None
        case _:
            raise _unexpected(document, {})


def _array(body: bytes, media_type: str, name: str, largest: int) -> npt.NDArray[Any]:
    if not body:
        raise ServeError(Kind.EMPTY_BODY, "The body is empty.")
    return parse.npy(body) if media_type == media.NPY else _only(parse.npz(body, largest), name)


def _text(document: str, media_type: str, collected: Rows) -> tuple[Floats, Wishes | None]:
    if not document or document.isspace():
        raise ServeError(Kind.EMPTY_BODY, "The body is empty.")
    match media_type:
        case media.CSV:
            return delimited.read(document, collected), None
        case media.JSON_LINES:
            return collected.from_records(parse.json_lines(document)), None
        case _:
            many, switches = records(parse.json_value(document))
            return collected.from_records(many), switches


def _only(arrays: dict[str, npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    """The array of an archive that is meant for the model's only input."""
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    if name in arrays:
        return arrays[name]
    raise InputError(
        f"The NPZ archive holds the arrays {', '.join(arrays) or 'none'}; "
        f"one, or one that is called {name!r}, is expected.",
        [Problem(None, name, ", ".join(arrays), "one array of shape (rows, fields)")],
    )


def _unexpected(found: object, rest: dict[Any, object]) -> InputError:
    """What to say of a document that is neither rows nor a record."""
    allowed = 'a list of rows, one row, or {"instances": [rows]}'
    if unknown := [name for name in rest if name not in SWITCHES]:
        known = ", ".join(f'"{name}"' for name in (INSTANCES, *SWITCHES))
        return InputError(
            f'The JSON has {unknown[0]!r:.60} beside "{INSTANCES}"; only {known} are read.',
            [Problem(None, name, rest[name], f"one of {known}") for name in unknown],
        )
    kind = type(found).__name__
    return InputError(
        f"The JSON holds {kind} {found!r:.60}; expected {allowed}.",
        [Problem(None, None, found, allowed)],
    )
