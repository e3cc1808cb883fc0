"""Typed values out of JSON data that somebody else wrote; an error names the place."""

import math
from collections.abc import Sequence
from typing import Any

from model.errors import SignatureError

_GREATEST = 3.4e38  # of a float32


class Reader:
    """Takes typed values out of an object.

    What is missing, null or of another type raises a `SignatureError`, unless it is optional.

    Args:
        data: JSON data.
        place: Where the object lies, for messages.
    """

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, dict):
            raise SignatureError(f"{place} is {type(data).__name__}; an object was expected.")
        self._data = data
        self._place = place

    def _get(self, key: str) -> object:
        if key not in self._data:
            raise SignatureError(f"{self._place} lacks {key!r}.")
        value: object = self._data[key]
        return value

    def child(self, key: str) -> "Reader":
        """Read an object."""
        return Reader(self._get(key), f"{self._place}.{key}")

    def optional_child(self, key: str) -> "Reader | None":
        """Read an object; None where it is null or missing."""
        return None if self._data.get(key) is None else self.child(key)

    def children(self, key: str) -> list["Reader"]:
        """Read a list of objects."""
        place = f"{self._place}.{key}"
        return [Reader(each, f"{place}[{i}]") for i, each in enumerate(self.list(key))]

    def list(self, key: str) -> Sequence[object]:
        """Read a list of anything."""
        value = self._get(key)
        if not isinstance(value, list):
            raise SignatureError(f"{self._place}.{key} is {value!r:.80}; a list was expected.")
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """Read an object as it is."""
        return dict(self.child(key)._data)

    def text(self, key: str) -> str:
        """Read a text."""
        return _text(self._get(key), f"{self._place}.{key}")

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts."""
        return tuple(_text(each, f"{self._place}.{key}") for each in self.list(key))

    def number(self, key: str) -> float:
        """Read a number that a float32 holds."""
        return _number(self._get(key), f"{self._place}.{key}")

    def optional_number(self, key: str) -> float | None:
        """Read a number; None where it is null or missing."""
        return None if self._data.get(key) is None else self.number(key)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Read a list of numbers."""
        return numbers(self._get(key), f"{self._place}.{key}")


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise SignatureError(f"{place} is {value!r:.80}; a text was expected.")
    return value


def _number(value: object, place: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if abs(number) <= _GREATEST:  # false for NaN too
            return number
    raise SignatureError(f"{place} is {value!r:.80}; a number that a float32 holds was expected.")


def numbers(value: object, place: str) -> tuple[float, ...]:
    """Take a list of numbers that lies in a place.

    Raises:
        SignatureError: It is something else.
    """
    if not isinstance(value, list):
        raise SignatureError(f"{place} is {value!r:.80}; a list of numbers was expected.")
    return tuple(_number(each, place) for each in value)
