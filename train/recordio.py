"""RecordIO as MXNet writes it: the frames in which Pipe mode can wrap its records (C5.21).

    magic 0xCED7230A | length word | data | zeros up to a multiple of four bytes

Both numbers are little-endian. The upper three bits of the length word say whether a frame is a
whole record (0) or the first (1), a middle (2) or the last (3) part of one: a record is cut where
its data hold the magic number, and that number is put back between the parts.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

MAGIC: Final = struct.pack("<I", 0xCED7230A)

_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_KINDS: Final = ("a whole record", "a first part", "a middle part", "a last part")
_LENGTH_BITS: Final = 29


class RecordError(ValueError):
    """A stream that is not made of such frames; the message is the rest of a sentence."""


def records(stream: BinaryIO) -> Iterator[bytes]:
    """Give the records of a stream, one after the other, up to its end.

    Raises:
        RecordError: A frame has another magic number, is cut off, or its parts do not fit together.
    """
    number, parts = 1, list[bytes]()
    while head := stream.read(8):
        kind, data = _frame(stream, head, number)
        if (kind in {_MIDDLE, _LAST}) != bool(parts):
            wanted = "its next part" if parts else "a record's start"
            raise RecordError(f"record {number}: expected {wanted}, found {_KINDS[kind]}")
        parts.append(data)
        if kind in {_WHOLE, _LAST}:
            yield MAGIC.join(parts)
            number, parts = number + 1, []
    if parts:
        raise RecordError(f"record {number} ends after {len(parts)} of its parts")


def _frame(stream: BinaryIO, head: bytes, number: int) -> tuple[int, bytes]:
    if head[:4] != MAGIC[: len(head)]:
        raise RecordError(
            f"record {number} begins with bytes {head[:4].hex(' ')}; "
            f"a RecordIO frame begins with {MAGIC.hex(' ')}"
        )
    if len(head) < 8:
        raise RecordError(f"record {number} is cut off within its header")
    (word,) = struct.unpack("<I", head[4:])
    kind, length = word >> _LENGTH_BITS, word & ((1 << _LENGTH_BITS) - 1)
    if kind > _LAST:
        raise RecordError(f"record {number} has continuation flag {kind}; known are 0 to {_LAST}")
    data = stream.read(length)
    padding = -length % 4
    if len(data) < length or len(stream.read(padding)) < padding:
        raise RecordError(f"record {number} is cut off: {len(data)} of its {length} bytes came")
    return kind, data
