import struct
import zlib

import pytest

from model.blerssi import svg
from train import raster

needs_font = pytest.mark.skipif(not raster.has_font(), reason="fonts-dejavu-core is missing")


def pixels(content: bytes) -> tuple[int, int, set[bytes]]:
    """Width, height and the different bytes of a PNG's raw lines."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    data, at = b"", 8
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        if content[at + 4 : at + 8] == b"IDAT":
            data += content[at + 8 : at + 8 + length]
        at += 12 + length
    return width, height, {bytes([each]) for each in zlib.decompress(data)}


@needs_font
def test_a_picture_is_twice_its_size_in_pixels() -> None:
    width, height, _ = pixels(raster.png(svg.document(40, 30, "T", [])))
    assert (width, height) == (80, 60)


@needs_font
@pytest.mark.parametrize(
    "shape", [svg.text((20, 20), "A"), svg.circle((20, 15), 5, "fill1"), "<rect/>"]
)
def test_shapes_and_words_leave_ink(shape: str) -> None:
    blank = raster.png(svg.document(40, 30, "T", []))
    drawn = raster.png(svg.document(40, 30, "T", [shape]))
    assert (drawn != blank) == (shape != "<rect/>")


@needs_font
def test_the_same_picture_is_the_same_file() -> None:
    picture = svg.document(40, 30, "T", [svg.text((20, 20), "A")])
    assert raster.png(picture) == raster.png(picture)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        raster.png("<p>")
