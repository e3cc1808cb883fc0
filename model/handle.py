"""A graph that is bound to the shapes of its inputs: it computes, again and again.

Two threads that use one at once crash the process; its owner keeps them apart.
"""

import ctypes
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model import library
from model.errors import EngineError
from model.export import Shape
from model.library import check

Floats = npt.NDArray[np.float32]

MOST_ELEMENTS = 1 << 28  # of one input or output
_SMALL = 1 << 12  # elements
_TYPES = {0: np.float32, 1: np.float64, 2: np.float16, 3: np.uint8, 4: np.int32, 5: np.int8}
_TYPES |= {6: np.int64, 7: np.bool_}


class Handle:
    """One bound graph, and the places where it reads its inputs and leaves its outputs.

    Args:
        pointer: What MXNet gave.
        inputs: Names and shapes of the inputs.
        outputs: How many there are.
    """

    def __init__(
        self, pointer: ctypes.c_void_p, inputs: Sequence[tuple[str, Shape]], outputs: int
    ) -> None:
        self.pointer = pointer
        self._library = library.computing()
        self._inputs = [_Place(shape, np.float32, name.encode()) for name, shape in inputs]
        self._numbers = range(outputs)
        self._outputs: list[_Place] = []

    def run(self, feeds: Sequence[Floats]) -> list[npt.NDArray[Any]]:
        """Compute.

        Args:
            feeds: One array an input, of the shape that was bound.

        Returns:
            One new array an output.

        Raises:
            EngineError: MXNet refuses, or an output cannot be read.
        """
        set_input, forward, output = self._library[:3]
        for place, feed in zip(self._inputs, feeds, strict=True):
            array, address = place.filled(feed)
            check(set_input(self.pointer, place.key, address, array.size))
        check(forward(self.pointer))
        if not self._outputs:  # their types are known from now on
            self._outputs = [_Place(*self._form(index), index) for index in self._numbers]
        results = []
        for place in self._outputs:
            array, address = place.empty()
            if array.size:
                check(output(self.pointer, place.key, address, array.size))
            results.append(array.copy() if place.is_kept else array)
        return results

    def _form(self, index: int) -> tuple[Shape, npt.DTypeLike]:
        """Shape and type of one output."""
        kinds = (ctypes.c_int * (index + 1))()  # MXNet 1.9.1 writes to kinds[index], not to kinds
        check(self._library.output_type(self.pointer, index, kinds))
        if (kind := kinds[index]) not in _TYPES:
            raise EngineError(f"Output {index} has the type flag {kind}, which is not read.")
        sizes = ctypes.POINTER(ctypes.c_uint32)()
        dimensions = ctypes.c_uint32()
        check(
            self._library.output_shape(
                self.pointer, index, ctypes.byref(sizes), ctypes.byref(dimensions)
            )
        )
        shape = tuple(sizes[i] for i in range(dimensions.value))
        if math.prod(shape) > MOST_ELEMENTS:
            raise EngineError(f"Output {index} has the impossible shape {shape}.")
        return shape, _TYPES[kind]


class _Place:
    """Memory that MXNet copies from or to, which it does not check: of just the type and size.

    To find out an array's address costs more than to copy a small one, so those are kept.

    Args:
        shape: Of the array.
        dtype: Of its elements.
        key: What MXNet calls the input or output.
    """

    def __init__(self, shape: Shape, dtype: npt.DTypeLike, key: bytes | int) -> None:
        self.key = key
        self.is_kept = math.prod(shape) <= _SMALL
        self._form = (shape, dtype)
        self._kept = _addressed(np.empty(shape, dtype)) if self.is_kept else None

    def filled(self, feed: Floats) -> tuple[npt.NDArray[Any], int]:
        """Give an array with these numbers, one behind the other, and its address."""
        if self._kept is None:
            return _addressed(np.ascontiguousarray(feed))
        self._kept[0][...] = feed
        return self._kept

    def empty(self) -> tuple[npt.NDArray[Any], int]:
        """Give an array to be filled, and its address."""
        return self._kept or _addressed(np.empty(*self._form))


def _addressed(array: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], int]:
    return array, array.ctypes.data
