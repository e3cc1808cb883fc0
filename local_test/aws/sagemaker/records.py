"""Files of a transform job: split into records, gathered into requests (C2.8, C2.12, C2.14).

    bytes of an object ──▶ split: None | Line | RecordIO | TFRecord ──▶ records
    records ──▶ batches: SingleRecord | MultiRecord up to MaxPayloadInMB ──▶ bodies of requests

A record keeps what ends or frames it, so that records laid end to end are the file again.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from container.errors import UserError

MAGIC: Final = 0xCED7230A  # of a RecordIO frame (C5.21)
MEGABYTE: Final = 1 << 20
_WHOLE_OR_LAST: Final = (0, 3)  # what a frame's flag says of itself
_AT_ONCE: Final = 1 << 16


@dataclass(frozen=True)
class Batch:
    """The records of one request.

    Attributes:
        first: The number of the first one in its object, counted from 1.
        records: As they stand there.
    """

    first: int
    records: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        """What is sent."""
        return b"".join(self.records)

    @property
    def last(self) -> int:
        """The number of the last one."""
        return self.first + len(self.records) - 1

    def __str__(self) -> str:
        if self.first == self.last:
            return f"record {self.first}"
        return f"records {self.first} to {self.last}"


def split(chunks: Iterable[bytes], kind: str) -> Iterator[bytes]:
    """Cut an object's bytes into records.

    Args:
        chunks: The object, piece by piece.
        kind: The job's SplitType; with `None` all of it is one record, even nothing.

    Raises:
        UserError: The bytes are not of that kind.
    """
    return _SPLITTERS[kind](chunks)


def batches(records: Iterable[bytes], *, limit: int, single: bool) -> Iterator[Batch]:
    """Gather records into requests.

    Args:
        records: In their order.
        limit: The largest body in bytes; 0 for any size (C2.5).
        single: Whether every request holds one record only.

    Raises:
        UserError: A record alone is larger than a request may be (C2.13).
    """
    first, gathered, size = 1, list[bytes](), 0
    for number, record in enumerate(records, start=1):
        check_size(len(record), limit, f"Record {number}")
        if gathered and (single or (limit and size + len(record) > limit)):
            yield Batch(first, tuple(gathered))
            first, gathered, size = number, [], 0
        gathered.append(record)
        size += len(record)
    if gathered:
        yield Batch(first, tuple(gathered))


def check_size(size: int, limit: int, what: str) -> None:
    """Refuse what alone is larger than a request may be; 0 is no limit.

    Raises:
        UserError: It is.
    """
    if limit and size > limit:
        raise UserError(
            f"{what} has {size:,} bytes, more than the {limit:,} of MaxPayloadInMB.",
            hint="Raise MaxPayloadInMB, or split the data into smaller records (SplitType).",
        )


def unzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Undo Gzip piece by piece; several archives in a row are one stream.

    Raises:
        UserError: It is no Gzip, or it ends too early.
    """
    inflate = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                yield inflate.decompress(rest)
                rest = inflate.unused_data
                if inflate.eof:
                    inflate = zlib.decompressobj(wbits=31) if rest else inflate
    except zlib.error as error:
        raise UserError(f"The object is no sound Gzip: {error}.") from error
    if not inflate.eof:
        raise UserError("The object is no sound Gzip: it ends too early.")


def _whole(chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield b"".join(chunks)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest


def _recordio(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Frames of magic, flag with length, data and padding; cut data are one record (C5.21)."""
    stream = io.BufferedReader(_Stream(chunks), _AT_ONCE)
    parts = list[bytes]()
    while head := stream.read(8):
        magic, word = struct.unpack("<II", _full(head, 8))
        if magic != MAGIC:
            raise UserError(
                "The object is no RecordIO: a frame does not begin with its magic number."
            )
        length = word & 0x1FFFFFFF
        length += -length % 4
        parts.append(head + _full(stream.read(length), length))
        if word >> 29 in _WHOLE_OR_LAST:
            yield b"".join(parts)
            parts.clear()
    if parts:
        raise UserError("The object is no sound RecordIO: the last record is not complete.")


def _tfrecord(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Frames of length, its checksum, data and their checksum; the sums are passed on unread."""
    stream = io.BufferedReader(_Stream(chunks), _AT_ONCE)
    while head := stream.read(12):
        (length,) = struct.unpack("<Q", _full(head, 12)[:8])
        yield head + _full(stream.read(length + 4), length + 4)


_SPLITTERS: Final[Mapping[str, Callable[[Iterable[bytes]], Iterator[bytes]]]] = {
    "None": _whole,
    "Line": _lines,
    "RecordIO": _recordio,
    "TFRecord": _tfrecord,
}


def _full(data: bytes, length: int) -> bytes:
    if len(data) < length:
        raise UserError("A record ends too early.")
    return data


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        while not self._rest:
            try:
                self._rest = memoryview(next(self._chunks))
            except StopIteration:
                return 0
        number = min(len(buffer), len(self._rest))
        buffer[:number] = self._rest[:number]
        self._rest = self._rest[number:]
        return number
