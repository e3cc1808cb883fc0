import gzip
import struct
from collections.abc import Iterable

import pytest

from container.errors import UserError
from local_test import feeder
from local_test.aws.sagemaker import records

LINES = b"a,1\nbb,2\n\nc,3"
RECORDIO = b"".join(map(feeder.frame, (b"one", b"", b"three" + struct.pack("<I", feeder.MAGIC))))
TFRECORD = b"".join(
    struct.pack("<Q", len(data)) + b"crc1" + data + b"crc2" for data in (b"one", b"", b"three")
)


def pieces(data: bytes, size: int) -> Iterable[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize(
    ("kind", "data", "count"),
    [
        ("None", LINES, 1),
        ("None", b"", 1),
        ("Line", LINES, 4),
        ("Line", LINES + b"\n", 4),
        ("Line", b"", 0),
        ("RecordIO", RECORDIO, 3),
        ("RecordIO", b"", 0),
        ("TFRecord", TFRECORD, 3),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_records_laid_end_to_end_are_the_file_again(
    kind: str, data: bytes, count: int, size: int
) -> None:
    found = list(records.split(pieces(data, size), kind))

    assert len(found) == count
    assert b"".join(found) == data


def test_lines_end_where_their_line_ends() -> None:
    assert list(records.split([LINES], "Line")) == [b"a,1\n", b"bb,2\n", b"\n", b"c,3"]


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("RecordIO", b"12345678", "magic number"),
        ("RecordIO", RECORDIO[:-1], "too early"),
        ("RecordIO", RECORDIO[:4], "too early"),
        ("RecordIO", struct.pack("<II", feeder.MAGIC, 1 << 29), "not complete"),
        ("TFRecord", TFRECORD[:-1], "too early"),
    ],
)
def test_broken_frames_are_told(kind: str, data: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        list(records.split([data], kind))


def test_a_request_holds_as_many_records_as_fit() -> None:
    found = list(records.batches([b"12\n", b"3\n", b"456\n", b"7\n"], limit=5, single=False))

    assert [each.body for each in found] == [b"12\n3\n", b"456\n", b"7\n"]
    assert [str(each) for each in found] == ["records 1 to 2", "record 3", "record 4"]


@pytest.mark.parametrize(
    ("limit", "single", "bodies"),
    [(0, False, [b"123"]), (0, True, [b"1", b"2", b"3"]), (100, True, [b"1", b"2", b"3"])],
)
def test_no_limit_and_single_records(limit: int, single: bool, bodies: list[bytes]) -> None:
    found = records.batches([b"1", b"2", b"3"], limit=limit, single=single)

    assert [each.body for each in found] == bodies


def test_a_record_that_fits_into_no_request_is_named() -> None:
    with pytest.raises(UserError, match="Record 2 has 6 bytes, more than the 5 of MaxPayloadInMB"):
        list(records.batches([b"1", b"123456"], limit=5, single=False))


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_several_gzips_in_a_row_are_one_stream(size: int) -> None:
    packed = gzip.compress(b"one\n" * 100) + gzip.compress(b"two\n")

    assert b"".join(records.unzipped(pieces(packed, size))) == b"one\n" * 100 + b"two\n"


@pytest.mark.parametrize("data", [b"", b"no gzip at all", gzip.compress(b"half of it")[:-3]])
def test_what_is_no_gzip_is_told(data: bytes) -> None:
    with pytest.raises(UserError, match="no sound Gzip"):
        list(records.unzipped([data]))
