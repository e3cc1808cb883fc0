import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.pipes import MAGIC, frame, framed
from train import recordio

MARK = struct.pack("<I", MAGIC)


def read(content: bytes) -> list[bytes]:
    return list(recordio.records(io.BytesIO(content)))


@given(st.lists(st.binary(max_size=20)))
def test_records_come_back(contents: list[bytes]) -> None:
    assert read(framed(contents)) == contents


def test_the_magic_number_is_put_back_between_the_parts_of_a_record() -> None:
    parts = [frame(b"abcd", 1), frame(b"", 2), frame(b"ef", 3)]
    assert read(frame(b"x") + b"".join(parts) + frame(b"y")) == [
        b"x",
        b"abcd" + MARK + MARK + b"ef",
        b"y",
    ]


def test_the_bytes_are_those_that_the_format_says() -> None:
    content = bytes.fromhex(
        "0a23d7ce 03000000 61626300 0a23d7ce 01000020 7a000000".replace(" ", "")
    )
    content += bytes.fromhex("0a23d7ce 00000060".replace(" ", ""))
    assert read(content) == [b"abc", b"z" + MARK]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (frame(b"a") + b"abcdefgh", "record 2 begins with bytes 61 62 63 64; .* 0a 23 d7 ce"),
        (MARK + b"\1", "record 1 is cut off within its header"),
        (MARK[:2], "record 1 is cut off within its header"),
        (frame(b"a" * 8)[:-1], "record 1 is cut off: 7 of its 8 bytes"),
        (frame(b"a")[:-1], "record 1 is cut off"),
        (frame(b"a", 5), "record 1 has continuation flag 5"),
        (frame(b"a", 2), "record 1: expected a record's start, found a middle part"),
        (frame(b"a", 3), "record 1: expected a record's start, found a last part"),
        (frame(b"a", 1) + frame(b"b"), "record 1: expected its next part, found a whole record"),
        (frame(b"a", 1) + frame(b"b", 1), "record 1: expected its next part, found a first part"),
        (frame(b"a", 1) + frame(b"b", 2), "record 1 ends after 2 of its parts"),
    ],
)
def test_what_is_no_recordio_is_told_by_record(content: bytes, message: str) -> None:
    with pytest.raises(recordio.RecordError, match=message):
        read(content)
