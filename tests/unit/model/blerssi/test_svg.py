import pytest

from model.blerssi import svg
from tests.support.pictures import elements, root, texts

SHAPES = {
    "text": svg.text((1, 2), "a < b & c", "small", "end"),
    "line": svg.line((0, 0), (3, 4), "axis", 'stroke-dasharray="4 4"'),
    "rect": svg.rectangle((1, 1), (2, 2), "fill1", 0.5, "K04: <50 %"),
    "circle": svg.circle((5, 5), 2.5, "fill2"),
    "polyline": svg.polyline([(0, 0), (1, 1.25)], "line1"),
}


def drawn(*shapes: str) -> str:
    return svg.document(100, 50, "A & B", shapes)


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_well_formed_and_of_its_kind(name: str) -> None:
    (shape,) = elements(drawn(SHAPES[name]), name)
    assert shape.get("class")


def test_words_are_escaped() -> None:
    picture = drawn(SHAPES["text"], SHAPES["rect"])
    assert texts(picture, "title") == ["A & B", "K04: <50 %"]
    assert texts(picture) == ["a < b & c"]


def test_no_tooltip_is_no_title() -> None:
    assert texts(drawn(svg.rectangle((0, 0), (1, 1), "fill1")), "title") == ["A & B"]


def test_the_picture_grows_with_the_page_up_to_its_size() -> None:
    picture = root(drawn())
    assert picture.get("viewBox") == "0 0 100 50"
    assert picture.get("width") == "100"
    assert "max-width:100%" in (picture.get("style") or "")


@pytest.mark.parametrize("kind", ["line1", "line2", "line3", "fill1", "fill2", "fill3"])
def test_every_colour_has_a_light_and_a_dark_form(kind: str) -> None:
    light, dark = svg.STYLE.split("@media (prefers-color-scheme:dark)")
    assert f".{kind}{{" in light
    assert f".{kind}{{" in dark


def test_the_picture_brings_its_style() -> None:
    assert texts(drawn(), "style") == [svg.STYLE]


def test_a_picture_knows_its_size() -> None:
    assert svg.size(svg.document(40, 30.5, "T", [])) == (40, 30.5)
    with pytest.raises(ValueError, match="no picture"):
        svg.size("<p>")


def test_a_picture_inside_another_keeps_its_size_and_shares_the_style() -> None:
    inner = svg.document(40, 30, "inner", [svg.circle((1, 1), 1, "fill1")])
    outer = svg.document(90, 60, "outer", [svg.inside((10, 20), inner)])
    (_, found) = elements(outer, "svg")
    place = [found.get(name) for name in ("x", "y", "width", "height", "style")]
    assert place == ["10", "20", "40", "30", None]
    assert outer.count("<style>") == 1
