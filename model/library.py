"""libmxnet.so through ctypes, its errors as ours.

The functions are those of MXNet's `c_predict_api.h` and, to look into a graph, `c_api.h`. The
library is loaded on first use, never at import, and must be loaded after a fork: MXNet's state does
not survive one. `model.runtime` names the variables that it reads when it is loaded.

Building, reshaping and freeing graphs is the work of one thread: MXNet does not guard the tables of
the process that it reads and fills there, so that two threads which build their first graphs crash
it, and it keeps 5 MB of random number generators for every thread that ever built one.
"""

import ctypes
import functools
import importlib.util
import queue
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from model.errors import EngineError

_SIZE, _INT, _HANDLE, _TEXT = ctypes.c_uint32, ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p
_SIZES, _OUT = ctypes.POINTER(_SIZE), ctypes.POINTER(_HANDLE)
_DATA = ctypes.c_void_p  # of an array: its address is at hand, a typed pointer costs more to make
_SHAPES = (_SIZE, ctypes.POINTER(_TEXT), _SIZES, _SIZES)  # number, names, ends of shapes, sizes

_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "MXPredCreate": (_TEXT, _TEXT, _INT, _INT, _INT, *_SHAPES, _OUT),
    "MXPredReshape": (*_SHAPES, _HANDLE, _OUT),
    "MXPredSetInput": (_HANDLE, _TEXT, _DATA, _SIZE),
    "MXPredForward": (_HANDLE,),
    "MXPredGetOutputType": (_HANDLE, _SIZE, ctypes.POINTER(_INT)),
    "MXPredGetOutputShape": (_HANDLE, _SIZE, ctypes.POINTER(_SIZES), _SIZES),
    "MXPredGetOutput": (_HANDLE, _SIZE, _DATA, _SIZE),
    "MXPredFree": (_HANDLE,),
    "MXListAllOpNames": (_SIZES, ctypes.POINTER(ctypes.POINTER(_TEXT))),
    "MXSymbolCreateFromJSON": (_TEXT, _OUT),
    "MXSymbolGetInternals": (_HANDLE, _OUT),
    "MXSymbolGetNumOutputs": (_HANDLE, _SIZES),
    "MXSymbolFree": (_HANDLE,),
}

# What stands around the reason of a refusal: when and where in MXNet it was noticed.
_ORIGIN = re.compile(r"(MXNetError: )?(\[\d\d:\d\d:\d\d\] )?(\S+\.(cc|h|cu):\d+: )?")
_NOISE = ("Stack trace", "[bt]", "File ")


class Computing(NamedTuple):
    """What computes with one handle, which its owner guards; each gives a status for `check`."""

    set_input: Callable[..., int]
    forward: Callable[..., int]
    output: Callable[..., int]
    output_type: Callable[..., int]
    output_shape: Callable[..., int]


@functools.cache
def computing() -> Computing:
    """Give the functions that compute, ready to be called.

    Raises:
        EngineError: The library cannot be loaded.
    """
    library = _load()
    return Computing(
        library.MXPredSetInput,
        library.MXPredForward,
        library.MXPredGetOutput,
        library.MXPredGetOutputType,
        library.MXPredGetOutputShape,
    )


def check(status: int) -> None:
    """See whether a function of the library did what it was asked.

    Raises:
        EngineError: It failed, and MXNet says why.
    """
    if status:
        text = (_load().MXGetLastError() or b"").decode(errors="replace")
        raise EngineError(f"MXNet refuses: {_reason(text)[:500]}")


def call(function: str, *arguments: object) -> None:
    """Have the builder call a function that builds, reshapes, frees or looks into a graph.

    Raises:
        EngineError: It failed, and MXNet says why; or the library cannot be loaded.
    """
    _BUILDER.run(function, *arguments)


class _Builder:
    """The thread that builds, started when it is first needed, so that it lives after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._orders: queue.SimpleQueue[tuple[Future[None], tuple[Any, ...]]] = queue.SimpleQueue()

    def run(self, *order: Any) -> None:
        """Have a function called, and wait for that."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="builder", daemon=True)
                self._thread.start()
        done: Future[None] = Future()
        self._orders.put((done, order))
        done.result()

    def _work(self) -> None:
        while True:
            done, order = self._orders.get()
            try:
                _call(*order)
            except Exception as error:
                done.set_exception(error)
            else:
                done.set_result(None)
            del done, order  # or a model's parameters would stay here until the next order


_BUILDER = _Builder()


def _call(function: str, *arguments: object) -> None:
    check(getattr(_load(), function)(*arguments))


def _reason(text: str) -> str:
    """Put MXNet's last error into one line, the origin and the stack left out."""
    lines = [line.strip() for line in text.splitlines()]
    facts = " ".join(line for line in lines if line and not line.startswith(_NOISE))
    return _ORIGIN.sub("", facts, count=1) or "it gives no reason."


@functools.cache
def _load() -> ctypes.CDLL:
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
    for name, arguments in _FUNCTIONS.items():
        getattr(library, name).argtypes = arguments
    library.MXGetLastError.restype = ctypes.c_char_p
    return library
