"""Channels in Pipe mode: named pipes, one an epoch, as the platform feeds them (C5.19, C5.21)."""

import contextlib
import os
import select
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from container import contract
from local_test.conformance.draft import Draft

MAGIC = 0xCED7230A
_LATE_SECONDS = 0.3  # until the next pipe appears
_LOOK_SECONDS = 0.02


class Pipes:
    """Feeds channels until its block ends; call it with a draft to lay the first pipes out.

    Args:
        channels: What to send, file by file, by channel.
        wrapper: `None`, or `RecordIO` for a frame around every file.
    """

    def __init__(self, channels: Mapping[str, Sequence[bytes]], wrapper: str = "None") -> None:
        self._channels = {
            name: b"".join(map(frame, files) if wrapper == contract.RECORDIO else files)
            for name, files in channels.items()
        }
        self._wrapper = wrapper
        self._over = threading.Event()
        self._feeders: list[threading.Thread] = []

    def __call__(self, draft: Draft) -> None:
        """Turn the channels of a job into pipes; no folder keeps a channel's name."""
        given = draft.configuration(contract.INPUT_DATA_CONFIG_FILE)
        mode = {"TrainingInputMode": contract.PIPE_MODE, "RecordWrapperType": self._wrapper}
        draft.configure(
            contract.INPUT_DATA_CONFIG_FILE,
            {name: {**each, **mode} for name, each in given.items()},
        )
        for name, content in self._channels.items():
            stem = draft.places.data_dir / name
            draft.remove(stem)
            os.mkfifo(_pipe(stem, 0))
            feeder = threading.Thread(target=self._feed, args=(stem, content), daemon=True)
            self._feeders.append(feeder)
            feeder.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each in self._feeders:
            each.join()

    def _feed(self, stem: Path, content: bytes) -> None:
        """Send everything once an epoch; whoever stops early gets the next pipe all the same."""
        epoch = 0
        while (descriptor := self._opened(_pipe(stem, epoch))) is not None:
            with contextlib.suppress(BrokenPipeError):
                self._write(descriptor, content)
            os.close(descriptor)
            epoch += 1
            if self._over.wait(_LATE_SECONDS):
                return
            os.mkfifo(_pipe(stem, epoch))

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


def files(channel: Path) -> Iterator[bytes]:
    """The contents of a channel's files, in the order of their names."""
    found = [channel] if channel.is_file() else sorted(channel.rglob("*"))
    return (each.read_bytes() for each in found if each.is_file())


def _kind(number: int, last: int) -> int:
    """0 for a whole record; else 1 for the first part, 2 for one in the middle, 3 for the last."""
    if last == 0:
        return 0
    return 1 if number == 0 else 3 if number == last else 2


def _pipe(stem: Path, epoch: int) -> Path:
    return stem.with_name(f"{stem.name}_{epoch}")
