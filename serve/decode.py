"""A request's body to the rows of a signed model, in every format that is read."""

from typing import Any

import numpy.typing as npt

from model.errors import InputError, Problem
from model.signature import InputSpec
from serve import delimited, media, parse
from serve.errors import Kind, ServeError
from serve.media import ContentType
from serve.rows import Floats, Rows

INSTANCES = "instances"


def rows(body: bytes, content: ContentType, spec: InputSpec, largest: int) -> Floats:
    """Read the records of a body in their order (C2.10).

    Args:
        body: As it came.
        content: What it claims to be.
        spec: The model's input.
        largest: Bytes that an archive may have when unpacked.

    Returns:
        (N, number of fields) float32, N at least 1.

    Raises:
        InputError: Records that the model cannot take.
        ServeError: The body is empty, or not what it claims to be.
    """
    found = _read(body, content, spec, largest)
    if not len(found):
        raise ServeError(Kind.EMPTY_BODY, "The body holds no record.")
    return found


def records(document: object) -> list[object]:
    """Find the records in a JSON document: many, a bare list of them, or a single one.

    Raises:
        InputError: It is something else.
    """
    match document:
        case {"instances": list() as many, **rest} if not rest:
            return many
        case {"instances": other, **rest}:
            raise _unexpected(other, rest)
        case dict():
            return [document]
        case list() if not document or any(isinstance(each, list | dict) for each in document):
            return document
        case list():
            return [document]
        case _:
            raise _unexpected(document, {})


def _read(body: bytes, content: ContentType, spec: InputSpec, largest: int) -> Floats:
    collected = Rows(spec)
    if content.media_type == media.NPY:
        return collected.from_array(parse.npy(_something(body)))
    if content.media_type == media.NPZ:
        return collected.from_array(_only(parse.npz(_something(body), largest), spec.name))
    document = parse.text(body, content.charset)
    if not document or document.isspace():
        raise ServeError(Kind.EMPTY_BODY, "The body is empty.")
    match content.media_type:
        case media.CSV:
            return delimited.read(document, collected)
        case media.JSON_LINES:
            return collected.from_records(parse.json_lines(document))
        case _:
            return collected.from_records(records(parse.json_value(document)))


def _something(body: bytes) -> bytes:
    if not body:
        raise ServeError(Kind.EMPTY_BODY, "The body is empty.")
    return body


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
    if rest:
        name = next(iter(rest))
        return InputError(
            f'The JSON has {name!r:.60} beside "{INSTANCES}"; only "{INSTANCES}" is read.',
            [Problem(None, name, rest[name], f'nothing but "{INSTANCES}"') for name in rest],
        )
    kind = type(found).__name__
    return InputError(
        f"The JSON holds {kind} {found!r:.60}; expected {allowed}.",
        [Problem(None, None, found, allowed)],
    )
