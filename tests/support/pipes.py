"""Pipe mode as the platform does it: FIFOs, and writers that open them when they like."""

import contextlib
import os
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from model.blerssi import data
from model.blerssi.data import Scans

MAGIC = 0xCED7230A


def written(path: Path, scans: Scans) -> bytes:
    """The bytes of a file of scans."""
    data.write(path, scans)
    return path.read_bytes()


def frame(content: bytes, kind: int = 0) -> bytes:
    """One RecordIO frame."""
    padding = bytes(-len(content) % 4)
    return struct.pack("<II", MAGIC, kind << 29 | len(content)) + content + padding


def framed(contents: Iterable[bytes]) -> bytes:
    """RecordIO with a record for each content; none of them holds the magic number."""
    return b"".join(map(frame, contents))


@contextlib.contextmanager
def streaming(contents: Mapping[Path, bytes]) -> Iterator[None]:
    """Write contents into FIFOs, which a thread of their own makes; a reader may close early."""
    threads = [threading.Thread(target=_write, args=each) for each in contents.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join(timeout=30)
            assert not thread.is_alive(), "nobody opened the FIFO"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    with contextlib.suppress(BrokenPipeError), path.open("wb") as pipe:
        pipe.write(content)
