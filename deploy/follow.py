"""A file that others write to, read as it grows: whole lines, whatever happens to the file.

    scans.csv   ──▶ what is there   ──▶ what is added   ──▶ …

A line counts when its line break is there. A file that was replaced or cut is read from its
beginning; one that is gone for a moment is waited for.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

PAUSE: Final = 0.25  # seconds between two looks
_AT_ONCE: Final = 1 << 20  # bytes
_FOREVER: Final = float("inf")


class Growing:
    """The lines of a growing file.

    Args:
        path: The file; it may not be there yet.
        sleep: Waits between two looks.
        idle_seconds: Ends when nothing was added for so long; never, unless told.
    """

    def __init__(
        self,
        path: Path,
        *,
        sleep: Callable[[float], None] = time.sleep,
        idle_seconds: float = _FOREVER,
    ) -> None:
        self._path = path
        self._sleep = sleep
        self._idle = idle_seconds
        self._file: BinaryIO | None = None
        self._rest = b""
        self._line = 0

    def batches(self) -> Iterator[list[tuple[int, str]]]:
        """Give the lines that came since the last look, each with its number; no batch is empty.

        Raises:
            OSError: The file is there and cannot be read.
        """
        idle = 0.0
        try:
            while idle < self._idle:
                if found := self._look():
                    idle = 0.0
                    yield found
                else:
                    self._sleep(PAUSE)
                    idle += PAUSE
        finally:
            self._close()

    def _look(self) -> list[tuple[int, str]]:
        if self._file is None and not self._open():
            return []
        assert self._file is not None  # noqa: S101 - just opened; mypy cannot know
        *lines, rest = (self._rest + self._file.read(_AT_ONCE)).split(b"\n")
        self._rest = rest
        if not lines and self._was_replaced():
            self._close()
            return self._look()
        first = self._line + 1
        self._line += len(lines)
        return [(first + place, _text(line)) for place, line in enumerate(lines)]

    def _open(self) -> bool:
        try:
            self._file = self._path.open("rb")
        except FileNotFoundError:
            return False
        self._rest, self._line = b"", 0
        return True

    def _was_replaced(self) -> bool:
        """Whether another file lies there now, or this one is shorter than what was read of it."""
        if self._file is None:
            return False
        ours = os.fstat(self._file.fileno())
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False  # it may come back; what is open may still grow
        same = (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)
        return not same or there.st_size < self._file.tell()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r")
