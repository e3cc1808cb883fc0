"""The params file, byte by byte."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ArtifactError
from model.params import read_params

V1, V2, V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA


def array(
    *shape: int, magic: int = V2, stype: int = 0, kind: int = 0, data: bytes | None = None
) -> bytes:
    """One dense array as NDArray::Save writes it."""
    count = 1
    for size in shape:
        count *= size
    storage = b"" if magic == V1 else struct.pack("<i", stype)
    head = struct.pack(f"<i{len(shape)}q3i", len(shape), *shape, 1, 0, kind)
    return struct.pack("<I", magic) + storage + head + (bytes(count * 4) if data is None else data)


def params(*arrays: bytes, names: tuple[bytes, ...] = (b"arg:w",), magic: int = 0x112) -> bytes:
    texts = b"".join(struct.pack("<Q", len(name)) + name for name in names)
    return b"".join(
        [
            struct.pack("<QQQ", magic, 0, len(arrays)),
            *arrays,
            struct.pack("<Q", len(names)),
            texts,
        ]
    )


SOUND = params(array(4, 13), array(2), names=(b"arg:fc_weight", b"aux:mean"))


def test_shapes_are_read_by_name() -> None:
    assert read_params(SOUND) == {"fc_weight": (4, 13), "mean": (2,)}


@pytest.mark.parametrize("magic", [V1, V2, V3])
def test_every_layout_of_mxnet_1_is_read(magic: int) -> None:
    assert read_params(params(array(3, 2, magic=magic))) == {"w": (3, 2)}


@pytest.mark.parametrize(
    ("kind", "size"),
    [(0, 4), (1, 8), (2, 2), (3, 1), (4, 4), (5, 1), (6, 8), (7, 1), (12, 2)],
)
def test_every_type_has_its_size(kind: int, size: int) -> None:
    assert read_params(params(array(3, kind=kind, data=bytes(3 * size)))) == {"w": (3,)}
    with pytest.raises(ArtifactError):
        read_params(params(array(3, kind=kind, data=bytes(3 * size - 1))))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "ends after 0 bytes; 16 were announced"),
        (params(array(1), magic=0x113), "does not begin as MXNet's do"),
        (SOUND + b"x", "1 bytes behind its end"),
        (params(array(1, magic=5)), "begins with 0x5, which MXNet 1.x never wrote"),
        (params(array(1, stype=1)), "sparse"),
        (params(array()), "has 0 dimensions"),
        (params(array(*[1] * 33)), "has 33 dimensions"),
        (params(array(0)), r"shape \(0,\) and type 0"),
        (params(array(-1, data=b"")), r"shape \(-1,\)"),
        (params(array(1, kind=99)), "type 99"),
        (params(array(1 << 62, data=b"")), "were announced"),
        (params(array(1), array(1)), "2 arrays and 1 names"),
        (params(array(1), names=(b"w",)), "names an array 'w'; expected arg:NAME or aux:NAME"),
        (params(array(1), array(1), names=(b"arg:w", b"aux:w")), "the same name"),
        (struct.pack("<QQQ", 0x112, 0, 1 << 60), "announces 1152921504606846976 entries"),
        (params(names=())[:-8] + struct.pack("<Q", 1 << 50), "entries, more than it holds"),
        (SOUND[:-16] + struct.pack("<Q", 1 << 63) + b"aux:", "were announced"),
    ],
)
def test_a_damaged_file_is_named(data: bytes, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        read_params(data)


def test_no_cut_goes_unnoticed() -> None:
    for end in range(len(SOUND)):
        with pytest.raises(ArtifactError):
            read_params(SOUND[:end])


@given(st.data())
def test_no_flipped_byte_does_more_than_raise_an_artifact_error(data: st.DataObject) -> None:
    damaged = bytearray(SOUND)
    position = data.draw(st.integers(0, len(SOUND) - 1))
    damaged[position] ^= data.draw(st.integers(1, 255))
    try:
        shapes = read_params(bytes(damaged))
    except ArtifactError:
        return
    assert len(shapes) == 2


@given(st.binary(max_size=200))
def test_no_bytes_at_all_do_more(data: bytes) -> None:
    with pytest.raises(ArtifactError):
        read_params(data)
