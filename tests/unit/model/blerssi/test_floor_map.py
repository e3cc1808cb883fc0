from typing import Any

import numpy as np
import pytest

from model.blerssi.floor_map import CELL, Floor, Prediction, error_map_svg, floor_map_svg
from tests.support.pictures import elements, texts

COORDINATES = np.array([[1.0, 1.0], [1.0, 2.0], [3.0, 2.0]])
LABELS = ("A01", "A02", "C02")
FLOOR = Floor(COORDINATES, LABELS)
GUESS = np.array([0.1, 0.4, 0.4])


def opacities(picture: str, kind: str) -> list[float]:
    return [float(each.get("fill-opacity", "")) for each in elements(picture, "rect", kind)]


def test_the_likeliest_cell_is_filled_most_and_every_cell_tells_its_share() -> None:
    picture = floor_map_svg(FLOOR, Prediction(GUESS))
    assert opacities(picture, "fill1") == [0.5, 1, 1]
    hints = texts(picture, "title")
    assert hints == ["Where the device is", "A01: 10.0%", "A02: 40.0%", "C02: 40.0%"]
    assert "stronger: more probable (up to 40%)" in texts(picture)


def test_columns_are_letters_and_rows_are_numbers() -> None:
    shown = texts(floor_map_svg(FLOOR, Prediction(GUESS)))
    assert [each for each in shown if len(each) == 1] == ["A", "B", "C", "1", "2"]


def test_a_column_beyond_the_alphabet_is_a_number() -> None:
    floor = Floor(np.array([[27.0, 1.0]]), ("AA01",))
    assert "27" in texts(floor_map_svg(floor, Prediction(np.ones(1))))


def test_position_and_circle_are_drawn_to_scale() -> None:
    picture = floor_map_svg(FLOOR, Prediction(GUESS, (2.0, 1.5), 1.5))
    circle, point = elements(picture, "circle")[:2]
    assert float(circle.get("r", "")) == pytest.approx(1.5 * CELL, abs=0.05)
    assert (circle.get("cx"), circle.get("cy")) == (point.get("cx"), point.get("cy"))
    assert "predicted position, 68 % within 1.5 cells" in texts(picture)


def test_a_position_without_uncertainty_has_no_circle() -> None:
    picture = floor_map_svg(FLOOR, Prediction(GUESS, (2.0, 1.5)))
    assert not elements(picture, "circle", "line2")
    assert "predicted position" in texts(picture)


def test_the_true_cell_is_framed_where_it_is() -> None:
    picture = floor_map_svg(FLOOR, Prediction(GUESS, true_label="C02"))
    frame, *_ = elements(picture, "rect", "line3")
    cell = elements(picture, "rect", "fill1")[2]
    assert (frame.get("x"), frame.get("y")) == (cell.get("x"), cell.get("y"))
    assert "true cell C02" in texts(picture)


def test_beacons_are_drawn_and_widen_the_plan() -> None:
    beacons = np.array([[1.5, 1.5], [4.6, 1.0]])
    plain, richer = (
        floor_map_svg(floor, Prediction(GUESS))
        for floor in (FLOOR, Floor(COORDINATES, LABELS, beacons))
    )
    assert not elements(plain, "path", "fill3")
    assert len(elements(richer, "path", "fill3")) == 2 + 1  # and one in the legend
    assert "beacon" in texts(richer)
    assert "E" in texts(richer)
    assert "E" not in texts(plain)


def test_no_probability_at_all_is_an_empty_floor() -> None:
    assert opacities(floor_map_svg(FLOOR, Prediction(np.zeros(3))), "fill1") == [0, 0, 0]


def test_a_long_legend_is_wrapped_to_the_width() -> None:
    picture = floor_map_svg(FLOOR, Prediction(GUESS, (1.0, 1.0), 1.0, "A01"))
    below = {each.get("y") for each in elements(picture, "text") if "e" in (each.text or "")}
    assert len(below) == 3


@pytest.mark.parametrize("prediction", [Prediction(GUESS[:2]), Prediction(GUESS, true_label="Z99")])
def test_what_does_not_fit_the_floor_is_refused(prediction: Prediction) -> None:
    with pytest.raises(ValueError, match=r"zip|not in list"):
        floor_map_svg(FLOOR, prediction)


def test_the_worst_cell_is_filled_most_and_arrows_show_the_shift() -> None:
    errors = np.array([1.0, np.nan, 2.0])
    shifted = np.array([[1.0, 2.0], [np.nan, np.nan], [1.0, 2.0]])
    picture = error_map_svg(FLOOR, errors, shifted)
    assert opacities(picture, "fill2") == [0.54, 0, 1]
    hints = texts(picture, "title")[1:]
    assert hints == ["A01: 1.00 cells", "A02: no scan", "C02: 2.00 cells"]
    *arrows, _legend = elements(picture, "line", marker_end="url(#tip)")
    assert len(arrows) == 2
    assert arrows[1].get("x1") != arrows[1].get("x2")
    assert "nan" not in picture
    assert "stronger: larger mean error (up to 2.0 cells)" in texts(picture)


@pytest.mark.parametrize("errors", [[np.nan] * 3, [0.0] * 3])
def test_maps_without_errors_are_drawn_too(errors: list[Any]) -> None:
    picture = error_map_svg(FLOOR, np.array(errors), COORDINATES)
    assert "nan" not in picture
    assert len(opacities(picture, "fill2")) == 3


def test_errors_of_another_floor_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        error_map_svg(FLOOR, np.ones(2), COORDINATES)


def test_circles_show_how_unsure_the_answers_of_each_cell_were() -> None:
    errors, radii = np.array([1.0, np.nan, 2.0]), np.array([1.5, np.nan, 0.5])
    picture = error_map_svg(FLOOR, errors, COORDINATES, radii)
    drawn = [float(each.get("r", "")) for each in elements(picture, "circle", "axis")]
    assert drawn[:2] == pytest.approx([1.5 * CELL, 0.5 * CELL], abs=0.05)
    assert len(drawn) == 3  # and one in the legend
    assert "68 % of the scans are meant to be within" in texts(picture)
