"""JSON as strictly as its standard has it, long documents value by value."""

import json
import re
from typing import Final, NoReturn

_LONG: Final = 1 << 20  # characters
_BLANK: Final = r"[ \t\n\r]*"
_OPEN: Final = re.compile(rf"{_BLANK}([\[{{]){_BLANK}")
_COLON: Final = re.compile(f"{_BLANK}:{_BLANK}")
_NEXT: Final = re.compile(rf"{_BLANK}([,\]}}]){_BLANK}")


class RefusedError(ValueError):
    """Sound JSON for Python's parser, but not for ours."""


def decode(document: str) -> object:
    """Read one document.

    Raises:
        ValueError: It is no JSON, or has a number with too many digits.
        RefusedError: It repeats a name, holds NaN or Infinity, or is nested too deeply.
    """
    if len(document) > _LONG and (found := _piecewise(document)) is not None:
        return found
    try:
        return _DECODER.decode(document)
    except RecursionError:
        raise RefusedError("it is nested too deeply") from None


def _piecewise(document: str) -> object:
    """Read a list, or an object with lists in it, value by value; None where it is anything else.

    Parsed in one go, a long document would keep every other thread of the worker waiting, and
    /ping with them (C1.23).
    """
    opened = _OPEN.match(document)
    if not opened:
        return None
    try:
        read = _elements if opened[1] == "[" else _members
        value, at = read(document, opened.end())
    except (ValueError, RecursionError):
        return None
    return value if at == len(document) else None


def _elements(document: str, at: int) -> tuple[object, int]:
    """The elements of a list after its bracket, and where it goes on behind it."""
    values = []
    while True:
        value, at = _DECODER.raw_decode(document, at)
        values.append(value)
        more, at = _next(document, at, "]")
        if not more:
            return values, at


def _members(document: str, at: int) -> tuple[object, int]:
    """The members of an object after its brace, and where it goes on behind it."""
    pairs = []
    while True:
        name, at = _DECODER.raw_decode(document, at)
        colon = _COLON.match(document, at)
        if not colon or not isinstance(name, str):
            raise RefusedError("a name and a colon are expected")
        opened = _OPEN.match(document, colon.end())
        if opened and opened[1] == "[":
            value, at = _elements(document, opened.end())
        else:
            value, at = _DECODER.raw_decode(document, colon.end())
        pairs.append((name, value))
        more, at = _next(document, at, "}")
        if not more:
            return _object(pairs), at


def _next(document: str, at: int, end: str) -> tuple[bool, int]:
    """Whether a comma follows, rather than the end, and where it goes on behind either."""
    found = _NEXT.match(document, at)
    if not found or found[1] not in {",", end}:
        raise RefusedError(f"a comma or {end} is expected")
    return found[1] == ",", found.end()


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise RefusedError(f"the name {name!r:.60} comes twice in one object")
            seen.add(name)
    return result


def _constant(name: str) -> NoReturn:
    raise RefusedError(f"{name} is no JSON number; a missing reading is null")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
