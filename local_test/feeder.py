"""Channels in Pipe mode: named pipes, one an epoch, as the platform feeds them (C5.19, C5.21).

with Feeder(data / "training", content):      training_0, training_1, ... appear as they are read
    ...
"""

import contextlib
import os
import select
import struct
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Self

MAGIC: Final = 0xCED7230A
_LATE_SECONDS = 0.3  # until the next pipe appears
_LOOK_SECONDS = 0.02

Content = Callable[[int], Iterable[bytes]]


class Feeder:
    """Feeds one channel until it is closed; the first pipe is there at once.

    Args:
        stem: The channel's path, which the number of the epoch follows; its folder is there.
        content: Gives what to send in an epoch; called in another thread.

    Attributes:
        fault: Why it has stopped feeding, where `content` raised something.
    """

    def __init__(self, stem: Path, content: Content) -> None:
        self.fault: Exception | None = None
        self._stem = stem
        self._content = content
        self._over = threading.Event()
        os.mkfifo(self._pipe(0))
        self._thread = threading.Thread(target=self._feed, name=f"feeds {stem.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Feed no more; whoever reads finds the end."""
        self._over.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _feed(self) -> None:
        """Send everything once an epoch; whoever stops early gets the next pipe all the same."""
        epoch = 0
        while (descriptor := self._opened(self._pipe(epoch))) is not None:
            try:
                for chunk in self._content(epoch):
                    self._write(descriptor, chunk)
            except BrokenPipeError:
                pass
            except Exception as error:
                self.fault = error
                return
            finally:
                os.close(descriptor)
            epoch += 1
            if self._over.wait(_LATE_SECONDS):
                return
            os.mkfifo(self._pipe(epoch))

    def _opened(self, path: Path) -> int | None:
        """Wait for the reader; None where there will be none."""
        while not self._over.wait(_LOOK_SECONDS):
            with contextlib.suppress(OSError):  # ENXIO: nobody reads
                return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        return None

    def _write(self, descriptor: int, content: bytes) -> None:
        left = memoryview(content)
        while left and not self._over.is_set():
            if select.select([], [descriptor], [], _LOOK_SECONDS)[1]:
                left = left[os.write(descriptor, left) :]

    def _pipe(self, epoch: int) -> Path:
        return self._stem.with_name(f"{self._stem.name}_{epoch}")


def frame(data: bytes) -> bytes:
    """One record: magic, length, data, zeros up to a multiple of four (C5.21).

    Data that hold the magic number are cut there, and the parts say which they are.
    """
    parts = data.split(struct.pack("<I", MAGIC))
    last = len(parts) - 1
    return b"".join(
        struct.pack("<II", MAGIC, _kind(number, last) << 29 | len(part))
        + part
        + bytes(-len(part) % 4)
        for number, part in enumerate(parts)
    )


def _kind(number: int, last: int) -> int:
    """0 for a whole record; else 1 for the first part, 2 for one in the middle, 3 for the last."""
    if last == 0:
        return 0
    return 1 if number == 0 else 3 if number == last else 2
