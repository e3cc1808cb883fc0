"""Pipe mode: the platform streams a channel through a FIFO instead of laying down its files.

The FIFOs of a channel are called `<channel>_0`, `<channel>_1`, … one an epoch (C5.19). These scans
fit into memory, so epoch 0 is read to its end, every later epoch comes from memory, and no further
FIFO is opened. The stream is what the channel's files would be, one behind the other: text, or
RecordIO whose records hold whole lines or whole files (C5.21); either may be gzipped.
"""

import gzip
import io
import logging
import os
import select
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from container import contract
from container.environment import Channel
from container.errors import PlatformError, UserError
from model.blerssi import data
from model.blerssi.data import Scans
from train import recordio

PATIENCE: Final = 900.0  # seconds without a FIFO, a writer or a byte, before the job is given up
REMINDER: Final = 30.0  # seconds between log lines while nothing comes

_CHUNK: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_LOOK: Final = 0.05  # seconds between looks for a FIFO that is not there yet

_log = logging.getLogger("blerssi.train")


def read(channel: Channel, patience: float = PATIENCE) -> Scans:
    """Read the scans of a channel in Pipe mode.

    Args:
        channel: The channel; its path is the stem of its FIFOs.
        patience: Seconds for which nothing may come.

    Raises:
        UserError: The stream is empty, cut off or not what the channel says.
        PlatformError: There is no FIFO, or nothing comes through it.
        DataError: The scans are wrong; every problem is counted, with its line of the stream.
    """
    path = channel.path.with_name(f"{channel.path.name}_0")
    content = _drain(path, channel.name, patience)
    if not content:
        raise UserError(
            f"Channel {channel.name!r} is empty: {path} ended without a byte.",
            hint="Check the channel's S3 prefix.",
        )
    try:
        text = _unwrap(content, channel).decode("utf-8")
    except (recordio.RecordError, gzip.BadGzipFile, zlib.error, EOFError, UnicodeError) as error:
        raise UserError(
            f"Channel {channel.name!r} cannot be read from {path}: {error}.",
            hint="Check RecordWrapperType, CompressionType and the files of the channel.",
        ) from error
    return data.read_lines(_lines(text), path)


def _drain(path: Path, channel: str, patience: float) -> bytes:
    """Be the one reader of a FIFO: wait for it, its writer and every byte, but not forever.

    Without O_NONBLOCK, opening would wait for a writer without an end.
    """
    wait = _Waiting(channel, path, patience)
    wait.until(lambda: _appears(path), "to appear")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        chunks: list[bytes] = []
        while True:
            wait.until(lambda: bool(poll.poll(min(REMINDER, patience) * 1000)), "to be written to")
            if not (chunk := os.read(descriptor, _CHUNK)):
                return b"".join(chunks)
            chunks.append(chunk)
    finally:
        os.close(descriptor)


def _appears(path: Path) -> bool:
    if path.exists():
        return True
    time.sleep(_LOOK)
    return False


class _Waiting:
    """Waits for something about a FIFO, tells so now and then, and loses patience."""

    def __init__(self, channel: str, path: Path, patience: float) -> None:
        self._channel = channel
        self._path = path
        self._patience = patience

    def until(self, condition: Callable[[], bool], what: str) -> None:
        started = reminded = time.monotonic()
        while not condition():
            now = time.monotonic()
            if now - started >= self._patience:
                raise PlatformError(
                    f"Channel {self._channel!r} is in Pipe mode, but {self._path} was waited for "
                    f"{what} for {self._patience:g} s in vain.",
                    hint="Set TrainingInputMode to File where nothing streams the channel.",
                )
            if now - reminded >= REMINDER:
                reminded = now
                _log.info("Waiting for %s %s since %.0f s", self._path, what, now - started)


def _unwrap(content: bytes, channel: Channel) -> bytes:
    """Undo gzip, which is told by its first bytes as the platform may have undone it, and frames.

    A record holds whole lines; the newline of its last one may be missing.
    """
    if content.startswith(_GZIP):
        content = gzip.decompress(content)
    if channel.record_wrapper != contract.RECORDIO and not content.startswith(recordio.MAGIC):
        return content
    contents = recordio.records(io.BytesIO(content))
    return b"".join(each if each.endswith(b"\n") else each + b"\n" for each in contents)


def _lines(text: str) -> Iterator[str]:
    """Give the lines, and blank out the header of every file but the first.

    Where a file does not end with a newline, the next one's header is glued to its last line.
    """
    lines = io.StringIO(text.replace("\ufeff", ""), newline="")
    first = next(lines, "")
    yield first
    header = first.strip()
    for line in lines:
        yield line.replace(header, "") if header else line
