"""Whether one more model fits: measured, not guessed, before it is loaded (C3.5).

MXNet 1.9.1 takes some copies of a model's files while it loads them and fewer afterwards, and a bit
for any graph (docs/performance.md). What the operating system says is free already counts
everything else: requests, handlers, caches, other processes of the container.
"""

import contextlib
import ctypes
import functools
import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from container.resources import MIB
from serve.errors import Kind, ServeError

COPIES = 3  # of a model's files that there are at most while it is loaded
OVERHEAD = MIB // 2  # bytes of a graph, its bound shapes and its table entry, rounded up
_RESERVE_SHARE = 0.1  # of all memory that is kept for requests
_LEAST_RESERVE = 64 * MIB
_FRESH_SECONDS = 0.1  # that a measurement, which costs some, serves every request


class Budget:
    """Hands out the memory that is left to models that are about to be loaded.

    Args:
        free: Measures how many bytes can still be taken.
        total: Bytes that there are in all; a tenth of them is kept for requests.
    """

    def __init__(self, free: Callable[[], int], total: int) -> None:
        self._free = free
        self._reserve = max(_LEAST_RESERVE, int(total * _RESERVE_SHARE))
        self._lock = threading.Lock()
        self._claimed = 0
        self._measured, self._last = -math.inf, 0

    @contextlib.contextmanager
    def claim(self, size: int) -> Iterator[None]:
        """Hold so many bytes for a model while it is loaded; afterwards they are measured.

        Raises:
            ServeError: There are not as many (507): the platform unloads others and tries again.
        """
        with self._lock:
            if (left := self._left()) < size:
                raise ServeError(
                    Kind.OUT_OF_MEMORY,
                    f"The model needs about {size / MIB:,.1f} MiB, "
                    f"but {max(0, left) / MIB:,.1f} MiB are left for models.",
                    hint="Unload other models, or use an instance with more memory.",
                )
            self._claimed += size
        try:
            yield
        finally:
            with self._lock:
                self._claimed -= size

    def require(self) -> None:
        """Refuse a request where even what is kept for requests runs out (C3.12).

        Raises:
            ServeError: Less than half of that is left (507).
        """
        now = time.monotonic()
        if now >= self._measured + _FRESH_SECONDS:
            self._measured, self._last = now, self._free()
        if (free := self._last) < self._reserve // 2:
            raise ServeError(
                Kind.OUT_OF_MEMORY,
                f"{free / MIB:,.1f} MiB of memory are left, too little for a request.",
                hint="Unload other models, or use an instance with more memory.",
            )

    def _left(self) -> int:
        return self._free() - self._claimed - self._reserve


def footprint(folder: Path) -> int:
    """Bytes that loading a model folder takes at most, from the sizes of its files."""
    try:
        sizes = [each.stat().st_size for each in folder.rglob("*") if each.is_file()]
    except OSError:
        sizes = []  # loading it says what is wrong
    return OVERHEAD + COPIES * sum(sizes)


def give_back() -> None:
    """Return freed memory to the operating system, which C's allocator otherwise keeps (C3.11)."""
    _trim()(0)


@functools.cache
def _trim() -> Callable[[int], object]:
    """The function of the GNU C library; another library gives memory back by itself, or never."""
    return getattr(ctypes.CDLL(None), "malloc_trim", lambda _padding: None)
