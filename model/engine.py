"""MXNet's C predict API: arrays in, arrays out, without importing mxnet.

A predict handle that two threads use at once crashes the process, so one lock guards each engine;
the lock is held in C code that releases the interpreter.
"""

import ctypes
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model import library
from model.errors import ArtifactError, EngineError
from model.export import Graph, Probe, Shape
from model.handle import MOST_ELEMENTS, Handle

Floats = npt.NDArray[np.float32]

_CPU = 1
# Bound shapes kept. Each holds the graph's intermediate arrays, and weights of its own in the order
# in which oneDNN's fused layers read them: fewer of a large model, but one beside single rows.
_HANDLES = 12
_FEWEST_HANDLES = 2
_WEIGHTS = 64 << 20  # bytes of those weights


class Engine:
    """One model, bound to the shapes that are asked of it; safe to call from several threads.

    Args:
        symbol: The graph.
        params: Its parameters, in the format of `mx.nd.save`.
        inputs: Names of the graph's inputs.
        shapes: The parameters' shapes by name, which MXNet cannot always infer.

    Raises:
        ArtifactError: The symbol file is not a graph, or uses an output that does not exist.
        EngineError: MXNet is not installed, or does not know an operator.
    """

    def __init__(
        self,
        symbol: bytes,
        params: bytes,
        inputs: Sequence[str],
        shapes: Mapping[str, Shape],
    ) -> None:
        graph = Graph.parse(symbol)
        for probe in graph.probes:
            if probe.output >= (count := _count_outputs(probe)):
                raise ArtifactError(
                    f"The symbol file refers to output {probe.output} of {probe.name!r}, "
                    f"which has {count}."
                )
        self._outputs = graph.outputs
        self._symbol = symbol
        self._params = params
        self._inputs = tuple(inputs)
        self._names = frozenset(inputs)
        self._fixed = dict(shapes)
        self._most = min(_HANDLES, max(_FEWEST_HANDLES, _WEIGHTS // max(len(params), 1)))
        self._closed = False
        self._lock = threading.Lock()
        self._handles: OrderedDict[tuple[Shape, ...], Handle] = OrderedDict()

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
        if arrays.keys() != self._names:
            raise EngineError(
                f"The model takes the inputs {', '.join(self._inputs)}; "
                f"got {', '.join(arrays) or 'none'}."
            )
        feeds = [_feed(name, arrays[name]) for name in self._inputs]
        with self._lock:
            if self._closed:
                raise EngineError("The model was closed; load it again.")
            return self._bound(tuple(feed.shape for feed in feeds)).run(feeds)

    def close(self) -> None:
        """Free every handle; the engine cannot be used afterwards."""
        with self._lock:
            self._closed = True
            while self._handles:
                library.call("MXPredFree", self._handles.popitem()[1].pointer)

    def _bound(self, shapes: tuple[Shape, ...]) -> Handle:
        """The handle for these shapes; the least recently used one makes room."""
        if shapes in self._handles:
            self._handles.move_to_end(shapes)
            return self._handles[shapes]
        inputs = list(zip(self._inputs, shapes, strict=True))
        handle = Handle(self._create(shapes), inputs, self._outputs)
        self._handles[shapes] = handle
        if len(self._handles) > self._most:
            library.call("MXPredFree", self._handles.popitem(last=False)[1].pointer)
        return handle

    def _create(self, shapes: tuple[Shape, ...]) -> ctypes.c_void_p:
        """Bind the graph to new shapes; parameters are shared with a handle that exists."""
        known = {**self._fixed, **dict(zip(self._inputs, shapes, strict=True))}
        sizes = [size for shape in known.values() for size in shape]
        ends = np.cumsum([0, *(len(shape) for shape in known.values())]).tolist()
        description = (
            len(known),
            (ctypes.c_char_p * len(known))(*(name.encode() for name in known)),
            (ctypes.c_uint32 * len(ends))(*ends),
            (ctypes.c_uint32 * len(sizes))(*sizes),
        )
        handle = ctypes.c_void_p()
        if self._handles:
            sibling = next(reversed(self._handles.values()))
            library.call("MXPredReshape", *description, sibling.pointer, ctypes.byref(handle))
        else:
            model = (self._symbol, self._params, len(self._params), _CPU, 0)
            library.call("MXPredCreate", *model, *description, ctypes.byref(handle))
            self._symbol = self._params = b""  # every further handle shares MXNet's own copies
        return handle


def _feed(name: str, array: npt.NDArray[Any]) -> Floats:
    """Give an input the form that MXNet reads without asking: float32, not empty."""
    if array.dtype.kind not in "biuf":
        raise EngineError(f"Input {name!r} has the type {array.dtype}; numbers were expected.")
    if array.ndim == 0 or not 0 < array.size <= MOST_ELEMENTS:
        raise EngineError(f"Input {name!r} has the impossible shape {array.shape}.")
    if array.dtype == np.float32:
        return array
    with np.errstate(over="ignore"):  # 1e300 becomes infinite
        return array.astype(np.float32)


def _count_outputs(probe: Probe) -> int:
    """How many arrays an operator gives: all that its graph computes, less its variables."""
    symbol, internals, count = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint32()
    names = ctypes.POINTER(ctypes.c_char_p)()
    try:
        # Registers the operators of MXNet 0.x as well, of which SliceChannel is one.
        library.call("MXListAllOpNames", ctypes.byref(count), ctypes.byref(names))
        library.call("MXSymbolCreateFromJSON", probe.symbol, ctypes.byref(symbol))
        library.call("MXSymbolGetInternals", symbol, ctypes.byref(internals))
        library.call("MXSymbolGetNumOutputs", internals, ctypes.byref(count))
    finally:
        for handle in filter(None, (symbol, internals)):
            library.call("MXSymbolFree", handle)
    return count.value - probe.inputs
