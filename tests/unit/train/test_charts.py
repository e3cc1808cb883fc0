from math import inf, nan

import pytest

from tests.support.pictures import elements, texts
from train.charts import Axis, Row, Series, bar_chart, line_chart, row_chart

X, Y = Axis("epoch"), Axis("loss")


def points(picture: str, kind: str) -> list[tuple[float, float]]:
    (line,) = elements(picture, "polyline", kind)
    pairs = (pair.split(",") for pair in line.get("points", "").split())
    return [(float(x), float(y)) for x, y in pairs]


def test_lines_run_from_left_to_right_and_up() -> None:
    (x1, y1), (x2, y2), (x3, y3) = points(
        line_chart("Loss", X, Y, [Series("a", [(0, 0), (1, 1), (2, 4)])]), "line1"
    )
    assert x2 - x1 == pytest.approx(x3 - x2)
    assert y1 > y2 > y3
    assert y1 - y3 == pytest.approx(4 * (y1 - y2), abs=0.5)


def test_title_and_axes_are_named() -> None:
    shown = texts(line_chart("Loss & more", X, Y, [Series("a", [(1, 1)])]))
    assert {"Loss & more", "epoch", "loss"} <= set(shown)


@pytest.mark.parametrize(
    ("maximum", "ticks"),
    [
        (1, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (60, ["0", "20", "40", "60"]),
        (7.3, ["0", "2", "4", "6", "8"]),
        (0.012, ["0", "0.0025", "0.005", "0.0075", "0.01", "0.0125"]),
        (1234, ["0", "250", "500", "750", "1000", "1250"]),
    ],
)
def test_axes_end_at_a_round_number(maximum: float, ticks: list[str]) -> None:
    picture = line_chart("T", X, Axis("y", 1), [Series("a", [(0, 0), (maximum, 1)])])
    below = texts(picture, "text", "small quiet")[6:]
    assert below == ticks


def test_a_given_maximum_wins() -> None:
    shown = texts(line_chart("T", X, Axis("share", 1), [Series("a", [(1, 0.3)])]))
    assert "1" in shown
    assert "0.3" not in shown


def test_series_are_told_apart_by_colour_and_name() -> None:
    three = [Series(name, [(0, 1), (1, 2)]) for name in ("one", "two", "three")]
    picture = line_chart("T", X, Y, three)
    assert all(elements(picture, "polyline", f"line{number}") for number in (1, 2, 3))
    assert {"one", "two", "three"} <= set(texts(picture))


def test_a_single_series_needs_no_legend() -> None:
    assert "only" not in texts(line_chart("T", X, Y, [Series("only", [(0, 1), (1, 2)])]))


def test_what_is_not_finite_is_left_out() -> None:
    series = [
        Series("some", [(0, nan), (1, 1), (2, inf), (3, 2)]),
        Series("none", [(0, nan)]),
        Series("empty", []),
    ]
    picture = line_chart("T", X, Y, series)
    assert len(points(picture, "line1")) == 2
    assert len(elements(picture, "polyline")) == 1
    assert "nan" not in picture
    assert "none" not in texts(picture)


def test_a_chart_of_nothing_is_a_frame() -> None:
    picture = line_chart("T", X, Y, [])
    assert not elements(picture, "polyline")
    assert "epoch" in texts(picture)


@pytest.mark.parametrize(
    ("series", "dots"),
    [
        (Series("a", [(0, 1), (1, 2)]), 0),
        (Series("a", [(0, 1), (1, 2)], dots=True), 2),
        (Series("a", [(1, 2)]), 1),
    ],
)
def test_single_points_and_those_that_ask_are_marked(series: Series, dots: int) -> None:
    assert len(elements(line_chart("T", X, Y, [series]), "circle", "fill1")) == dots


def test_the_diagonal_is_drawn_on_request() -> None:
    series = [Series("a", [(0, 0), (1, 1)])]
    plain, calibrated = (
        line_chart("T", Axis("x", 1), Axis("y", 1), series, diagonal=each) for each in (False, True)
    )
    assert "stroke-dasharray" not in plain
    assert "stroke-dasharray" in calibrated


def test_bars_stand_on_the_axis_side_by_side() -> None:
    bars = elements(bar_chart("T", X, Y, [0, 1, 2, 3], [4, 0, 2]), "rect")
    heights = [float(bar.get("height", "")) for bar in bars]
    assert heights == pytest.approx([heights[0], 0, heights[0] / 2], abs=0.2)
    feet = [float(bar.get("y", "")) + float(bar.get("height", "")) for bar in bars]
    assert feet == pytest.approx([feet[0]] * 3, abs=0.2)
    left = [float(bar.get("x", "")) for bar in bars]
    assert left[1] - left[0] == pytest.approx(left[2] - left[1], abs=0.2)
    assert left[1] - left[0] > float(bars[0].get("width", ""))


def test_a_bar_tells_its_edges_and_height() -> None:
    titles = texts(bar_chart("T", X, Y, [0, 0.5], [7]), "title")
    assert titles == ["T", "0 to 0.5: 7"]


def test_edges_and_heights_must_fit() -> None:
    with pytest.raises(ValueError, match="zip"):
        bar_chart("T", X, Y, [0, 1, 2], [1])


ROWS = [Row("first", 4, "4.0", ours=True), Row("second", 2, "2.0"), Row("none", nan, "unknown")]


def test_rows_are_as_long_as_their_values_and_below_each_other() -> None:
    bars = elements(row_chart("T", "cells", ROWS), "rect")
    lengths = [float(bar.get("width", "")) for bar in bars]
    assert lengths[1] == pytest.approx(lengths[0] / 2, abs=0.2)
    assert lengths[2] == 0
    assert len({bar.get("x") for bar in bars}) == 1
    tops = [float(bar.get("y", "")) for bar in bars]
    assert tops == sorted(tops)
    assert tops[0] < tops[1]


def test_our_row_is_set_apart_and_all_are_named() -> None:
    picture = row_chart("T", "cells", ROWS)
    assert [bar.get("class") for bar in elements(picture, "rect")] == ["fill1", "fill2", "fill2"]
    assert {"T", "cells", "first", "second", "4.0", "2.0", "unknown"} <= set(texts(picture))


@pytest.mark.parametrize("rows", [[], [Row("zero", 0, "0")], [Row("none", nan, "?")]])
def test_rows_without_a_length_are_drawn_too(rows: list[Row]) -> None:
    picture = row_chart("T", "cells", rows)
    assert "nan" not in picture
    assert len(elements(picture, "rect")) == len(rows)
