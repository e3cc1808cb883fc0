"""A plain MXNet export: raw arrays in and out, in the forms of AWS's toolkit (C6.14 to C6.17).

Nothing is known of such a model but the names of its inputs and, mostly, the shape of their rows.
"""

import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model.errors import InputError, Problem
from model.export import Shape
from serve import delimited, encode, media, parse
from serve.errors import Kind, ServeError
from serve.media import ContentType

Array = npt.NDArray[Any]

_NAMES = 'an object of arrays by input, or {"instances": [rows]}'


class ArrayFormat:
    """Reads and writes the arrays of one plain export.

    Args:
        inputs: Names of the graph's inputs.
        shapes: Their shapes as far as they are known, the first dimension included.
        largest: Bytes that an archive may have when unpacked.
    """

    def __init__(self, inputs: Sequence[str], shapes: Mapping[str, Shape], largest: int) -> None:
        self._inputs = tuple(inputs)
        self._shapes = shapes
        self._largest = largest

    def decode(self, body: bytes, content: ContentType) -> dict[str, Array]:
        """Read one float32 array an input.

        Raises:
            InputError: An input is missing or unknown, or holds something else than numbers.
            ServeError: The body is empty, or not what it claims to be.
        """
        if not body.strip():
            raise ServeError(Kind.EMPTY_BODY, "The body is empty.")
        match content.media_type:
            case media.NPY:
                found: object = parse.npy(body)
            case media.NPZ:
                arrays = parse.npz(body, self._largest)
                single = len(arrays) == 1 == len(self._inputs)
                found = next(iter(arrays.values())) if single else arrays
            case media.JSON:
                found = parse.json_value(parse.text(body, content.charset))
            case media.JSON_LINES:
                found = parse.json_lines(parse.text(body, content.charset))
            case _:
                found = _table(parse.text(body, content.charset))
        return self._named(found)

    def encode(self, outputs: Sequence[Array], media_type: str) -> bytes:
        """Write the outputs: `[[…]]` for one, a list of such for several.

        Raises:
            ServeError: The type holds one array, but the model has several outputs (406).
        """
        if media_type == media.JSON:
            values = [_finite(each) for each in outputs]
            return json.dumps(values if len(values) > 1 else values[0]).encode()
        if len(outputs) > 1:
            raise ServeError(
                Kind.NOT_ACCEPTABLE,
                f"The model has {len(outputs)} outputs, which {media_type} cannot hold; "
                f"available is {media.JSON}.",
            )
        if media_type == media.NPY:
            return encode.npy(outputs[0])
        if media_type == media.JSON_LINES:
            rows = _finite(np.atleast_1d(outputs[0]))
            return "".join(f"{json.dumps(each)}\n" for each in rows).encode()
        file = io.BytesIO()
        table = np.atleast_1d(outputs[0])
        np.savetxt(file, table.reshape(len(table), -1), fmt="%.9g", delimiter=",")
        return file.getvalue()

    def _named(self, found: object) -> dict[str, Array]:
        """Give every input its array."""
        if len(self._inputs) == 1:
            name = self._inputs[0]
            match found:
                case {"instances": values, **rest} if not rest:
                    found = {name: values}
                case dict():
                    pass
                case _:
                    found = {name: found}
        if not isinstance(found, dict):
            raise InputError(
                f"The model has the inputs {', '.join(self._inputs)}; expected {_NAMES}.",
                [Problem(None, None, type(found).__name__, _NAMES)],
            )
        if found.keys() != set(self._inputs):
            problems = [
                Problem(None, name, "nothing", "an array")
                for name in self._inputs
                if name not in found
            ]
            problems += [
                Problem(None, name, "an array", f"one of {', '.join(self._inputs)}")
                for name in found
                if name not in self._inputs
            ]
            raise InputError(
                f"The model takes the inputs {', '.join(self._inputs)}; "
                f"got {', '.join(found) or 'none'}.",
                problems,
            )
        return {name: self._array(name, found[name]) for name in self._inputs}

    def _array(self, name: str, values: object) -> Array:
        """One input as float32 of the shape that the model has, where that is known."""
        array = _numbers(name, values)
        if not array.size:
            raise ServeError(Kind.EMPTY_BODY, f"The array for input {name!r} is empty.")
        row = self._shapes[name][1:] if name in self._shapes else None
        if row and (array.shape == row or array.shape[1:] == (math.prod(row),)):
            array = array.reshape(-1, *row)  # one row alone, or flat rows as in CSV (C6.4)
        return array


def _numbers(name: str, values: object) -> Array:
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, OverflowError):
        array = np.array(None, object)
    if array.dtype.kind not in "fiu":
        expected = "numbers in rows of the same length"
        raise InputError(
            f"Input {name!r} holds something else than {expected}.",
            [Problem(None, name, values, expected)],
        )
    with np.errstate(over="ignore"):  # beyond float32 is infinite, as MXNet itself has it
        return array.astype(np.float32)


def _table(document: str) -> Array:
    """CSV without a header, as numbers."""
    table = delimited.numbers(document)
    if table is None or np.isnan(table).any():
        raise ServeError(
            Kind.MALFORMED_BODY,
            "The body is not CSV of numbers in rows of the same length.",
            problems=[Problem(None, None, document[:60], "numbers between commas, a row a line")],
            hint="The model came without a signature, so a header cannot be read.",
        )
    return table


def _finite(array: Array) -> Any:
    """Nested lists for JSON, which knows neither NaN nor infinities: they become null (C6.17)."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return array.tolist()
    return np.where(np.isfinite(array), array, np.array(None, object)).tolist()
