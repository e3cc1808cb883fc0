"""MXNet's C predict API through ctypes: arrays in, arrays out, without importing mxnet.

The functions are those of MXNet's `c_predict_api.h`. The library is loaded on first use, never at
import, and must be loaded after a fork: MXNet's state does not survive one. `MXNET_ENGINE_TYPE` and
`OMP_NUM_THREADS` are read by the library when it is loaded.

A predict handle that two threads use at once crashes the process, so one lock guards each engine;
the lock is held in C code that releases the interpreter.
"""

import ctypes
import functools
import importlib.util
import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from model.errors import EngineError
from model.export import Graph, Shape

Floats = npt.NDArray[np.float32]

_CPU = 1
_HANDLES = 12  # bound shapes kept; each holds the graph's intermediate arrays
_MOST_ELEMENTS = 1 << 28  # of one input
_TYPES = {0: np.float32, 1: np.float64, 2: np.float16, 3: np.uint8, 4: np.int32, 5: np.int8}
_TYPES |= {6: np.int64, 7: np.bool_}


class Engine:
    """One model, bound to the shapes that are asked of it; safe to call from several threads.

    Args:
        symbol: The graph.
        params: Its parameters, in the format of `mx.nd.save`.
        inputs: Names of the graph's inputs.

    Raises:
        ArtifactError: The symbol file is not a graph.
        EngineError: MXNet is not installed.
    """

    def __init__(self, symbol: bytes, params: bytes, inputs: Sequence[str]) -> None:
        self._library = _library()
        self._outputs = Graph.parse(symbol).outputs
        self._symbol = symbol
        self._params = params
        self._inputs = tuple(inputs)
        self._lock = threading.Lock()
        self._handles: OrderedDict[tuple[Shape, ...], ctypes.c_void_p] = OrderedDict()

    def run(self, arrays: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Compute the graph's outputs.

        Args:
            arrays: One array an input; converted to float32.

        Returns:
            One new array an output.

        Raises:
            EngineError: An input is missing or unknown, its shape is impossible, or MXNet refuses
                it.
        """
        if arrays.keys() != set(self._inputs):
            raise EngineError(
                f"The model takes the inputs {', '.join(self._inputs)}; "
                f"got {', '.join(arrays) or 'none'}."
            )
        feeds = [np.ascontiguousarray(arrays[name], np.float32) for name in self._inputs]
        for name, feed in zip(self._inputs, feeds, strict=True):
            if feed.ndim == 0 or feed.size == 0 or feed.size > _MOST_ELEMENTS:
                raise EngineError(f"Input {name!r} has the impossible shape {feed.shape}.")
        with self._lock:
            handle = self._bound(tuple(feed.shape for feed in feeds))
            for name, feed in zip(self._inputs, feeds, strict=True):
                data = feed.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
                self._call("MXPredSetInput", handle, name.encode(), data, feed.size)
            self._call("MXPredForward", handle)
            return [self._fetch(handle, index) for index in range(self._outputs)]

    def close(self) -> None:
        """Free every handle; the engine cannot be used afterwards."""
        with self._lock:
            while self._handles:
                self._library.MXPredFree(self._handles.popitem()[1])

    def _bound(self, shapes: tuple[Shape, ...]) -> ctypes.c_void_p:
        """The handle for these shapes; the least recently used one makes room."""
        if shapes in self._handles:
            self._handles.move_to_end(shapes)
            return self._handles[shapes]
        handle = self._create(shapes)
        self._handles[shapes] = handle
        if len(self._handles) > _HANDLES:
            self._library.MXPredFree(self._handles.popitem(last=False)[1])
        return handle

    def _create(self, shapes: tuple[Shape, ...]) -> ctypes.c_void_p:
        """Bind the graph to new shapes; parameters are shared with a handle that exists."""
        sizes = [size for shape in shapes for size in shape]
        ends = np.cumsum([0, *(len(shape) for shape in shapes)]).tolist()
        description = (
            len(self._inputs),
            (ctypes.c_char_p * len(self._inputs))(*(name.encode() for name in self._inputs)),
            (ctypes.c_uint32 * len(ends))(*ends),
            (ctypes.c_uint32 * len(sizes))(*sizes),
        )
        handle = ctypes.c_void_p()
        if self._handles:
            sibling = next(reversed(self._handles.values()))
            self._call("MXPredReshape", *description, sibling, ctypes.byref(handle))
        else:
            model = (self._symbol, self._params, len(self._params), _CPU, 0)
            self._call("MXPredCreate", *model, *description, ctypes.byref(handle))
        return handle

    def _fetch(self, handle: ctypes.c_void_p, index: int) -> npt.NDArray[Any]:
        """Copy one output into an array of its own type and size, which MXNet does not check."""
        kind = ctypes.c_int()
        self._call("MXPredGetOutputType", handle, index, ctypes.byref(kind))
        if kind.value not in _TYPES:
            raise EngineError(f"Output {index} has the type flag {kind.value}, which is not read.")
        sizes = ctypes.POINTER(ctypes.c_uint32)()
        dimensions = ctypes.c_uint32()
        self._call(
            "MXPredGetOutputShape",
            *(handle, index, ctypes.byref(sizes), ctypes.byref(dimensions)),
        )
        shape = tuple(sizes[i] for i in range(dimensions.value))
        if math.prod(shape) > _MOST_ELEMENTS:
            raise EngineError(f"Output {index} has the impossible shape {shape}.")
        result = np.empty(shape, _TYPES[kind.value])
        if result.size:
            data = result.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
            self._call("MXPredGetOutput", handle, index, data, result.size)
        return result

    def _call(self, function: str, *arguments: object) -> None:
        if getattr(self._library, function)(*arguments) != 0:
            _refuse(self._library)


def _refuse(library: ctypes.CDLL) -> NoReturn:
    """Turn MXNet's last error into one line: its first sentence, the stack left out."""
    text = (library.MXGetLastError() or b"").decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    facts = [line for line in lines if not line.startswith(("Stack trace", "[bt]", "File "))]
    raise EngineError(f"MXNet refuses: {' '.join(facts)[:500] or 'no reason given'}")


@functools.cache
def _library() -> ctypes.CDLL:
    """Load libmxnet.so once a process, and declare what is called."""
    package = importlib.util.find_spec("mxnet")
    if package is None or not package.submodule_search_locations:
        raise EngineError(
            "The package mxnet is not installed.",
            hint="Install requirements/image.txt into this environment.",
        )
    try:
        library = ctypes.CDLL(str(Path(package.submodule_search_locations[0], "libmxnet.so")))
    except OSError as error:
        raise EngineError(
            f"libmxnet.so cannot be loaded: {error}.",
            hint="It needs the Debian packages libgomp1 and libquadmath0.",
        ) from error
    size, integer, handle = ctypes.c_uint32, ctypes.c_int, ctypes.c_void_p
    texts, sizes = ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(size)
    floats = ctypes.POINTER(ctypes.c_float)
    shapes = (size, texts, sizes, sizes)
    out = ctypes.POINTER(handle)
    declared: dict[str, tuple[Any, ...]] = {
        "MXPredCreate": (
            *(ctypes.c_char_p, ctypes.c_char_p, integer, integer, integer),
            *shapes,
            out,
        ),
        "MXPredReshape": (*shapes, handle, out),
        "MXPredSetInput": (handle, ctypes.c_char_p, floats, size),
        "MXPredForward": (handle,),
        "MXPredGetOutputType": (handle, size, ctypes.POINTER(integer)),
        "MXPredGetOutputShape": (handle, size, ctypes.POINTER(sizes), sizes),
        "MXPredGetOutput": (handle, size, floats, size),
        "MXPredFree": (handle,),
    }
    for name, arguments in declared.items():
        getattr(library, name).argtypes = arguments
    library.MXGetLastError.restype = ctypes.c_char_p
    return library
