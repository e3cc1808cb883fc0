import struct
from pathlib import Path
from typing import Any

import pytest
from matplotlib import patches

from container.errors import UserError
from deploy import plot
from deploy.answers import Answer
from deploy.floor_plan import FLOOR, SHARE, TRUTH
from deploy.plot import MOST_LISTED, Shown
from model.blerssi import grid
from tests.support.runtime import prediction


def shown(truth: str | None = None, **more: Any) -> Shown:
    return Shown(Answer.of(prediction(**more)), truth)


def words(figure: Any) -> list[str]:
    """Everything that is written on the figure and in the map."""
    (axes,) = figure.axes
    return [each.get_text() for each in (*figure.texts, *axes.texts)]


def legend(figure: Any) -> list[str]:
    return [each.get_text() for each in figure.legends[0].get_texts()]


def circles(figure: Any) -> list[Any]:
    return [each for each in figure.axes[0].patches if isinstance(each, patches.Circle)]


def filled(figure: Any, color: str) -> list[Any]:
    from matplotlib.colors import same_color, to_hex

    return [
        each
        for each in figure.axes[0].patches
        if isinstance(each, patches.FancyBboxPatch)
        and same_color(to_hex(each.get_facecolor()), color)
    ]


def test_the_floor_has_all_cells_and_beacons_and_rows_grow_downwards() -> None:
    figure = plot.figure([])
    (axes,) = figure.axes
    cells = [each for each in axes.patches if isinstance(each, patches.FancyBboxPatch)]
    assert len(cells) == len(grid.CELLS) == len(FLOOR)
    assert set(grid.BEACONS) <= set(words(figure))
    low, high = axes.get_ylim()
    assert low > high
    for column, row in (*grid.COORDINATES, *grid.BEACON_POSITIONS):
        assert axes.get_xlim()[0] < column < axes.get_xlim()[1]
        assert high < row < low


def test_the_floor_is_drawn_to_scale() -> None:
    figure = plot.figure([shown()] * 2)
    (axes,) = figure.axes
    width, height = figure.get_size_inches()
    box = axes.get_position()
    across = box.width * width / abs(axes.get_xlim()[1] - axes.get_xlim()[0])
    down = box.height * height / abs(axes.get_ylim()[1] - axes.get_ylim()[0])
    assert across == pytest.approx(down)


def test_one_answer_shows_its_posterior_and_its_circle() -> None:
    candidates = [
        {"location": "K04", "probability": 0.64},
        {"location": "K05", "probability": 0.16},
        {"location": "L04", "probability": 0.005},
    ]
    figure = plot.figure([shown(candidates=candidates, probability=0.64)], title="a.csv")
    assert {"Where the device is", "K04", "64%", "16%"} <= set(words(figure))
    assert "a.csv  ·  K04 with 64%  ·  68% within 1.5 cells" in words(figure)
    assert "0%" not in words(figure)
    dark, light, faint = (each.get_alpha() for each in filled(figure, SHARE))
    assert dark == pytest.approx(2 * light)
    assert 0 < faint < light
    assert {(each.center, each.radius) for each in circles(figure)} == {((11.0, 4.0), 1.5)}
    assert "stronger: more probable (up to 64%)" in legend(figure)


def test_the_truth_is_framed_and_measured() -> None:
    figure = plot.figure([shown("K07")])
    (frame,) = [each for each in figure.axes[0].patches if isinstance(each, patches.Rectangle)]
    assert frame.get_center() == pytest.approx((11.0, 7.0))
    assert any("true cell K07, 3.0 cells off" in each for each in words(figure))
    lines = [each for each in figure.axes[0].lines if each.get_color() == TRUTH]
    assert [tuple(each.get_ydata()) for each in lines] == [(7.0, 4.0)]


def test_an_answer_without_signal_has_no_place() -> None:
    figure = plot.figure([shown(status="no_signal")])
    assert "Nothing was heard" in words(figure)
    assert not circles(figure)
    assert not filled(figure, SHARE)
    assert legend(figure) == ["beacon"]


def test_an_answer_out_of_coverage_is_doubted() -> None:
    figure = plot.figure([shown(status="out_of_coverage")])
    assert {"Where the device may be", "K04 ?"} <= set(words(figure))
    assert "position, out of coverage" in legend(figure)


def test_a_few_answers_are_numbered_and_listed() -> None:
    answers = [
        shown(),
        shown(),
        shown("S05", label="S04", position={"column": 19.0, "row": 4.0}),
        shown(status="no_signal"),
        shown(status="out_of_coverage", position={"column": 10.0, "row": 8.0}),
    ]
    found = words(plot.figure(answers))
    assert {"5 answers", "1,2", "3", "5", "no signal", "50% ± 1.5  out of coverage"} <= set(found)
    assert "50%, 1.0 off" in found
    assert found.count("4") == 1  # in the list, not on the map


def test_many_answers_are_counted() -> None:
    answers = [shown()] * MOST_LISTED + [shown(label="S04", position={"column": 19.0, "row": 4.0})]
    figure = plot.figure(answers)
    assert f"{MOST_LISTED + 1} answers" in words(figure)
    assert f"stronger: more answers (up to {MOST_LISTED})" in legend(figure)
    strong, weak = (each.get_alpha() for each in filled(figure, SHARE))
    assert weak == pytest.approx(strong / MOST_LISTED**0.5)


@pytest.mark.parametrize("count", [3, MOST_LISTED + 3])
def test_a_way_is_a_line_that_fades_and_ends_in_a_ring(count: int) -> None:
    places = [{"column": 10.0 + number % 9, "row": 3.0} for number in range(count)]
    figure = plot.figure([shown(position=each) for each in places], one_way=True)
    assert f"{count} steps of a way" in words(figure)
    depths = [each.get_alpha() for each in figure.axes[0].lines if each.get_alpha()]
    assert len(depths) == count - 1
    assert depths == sorted(depths)
    assert "latest" in legend(figure)


def test_a_position_outside_of_all_cells_and_a_radius_of_zero_can_be_drawn() -> None:
    figure = plot.figure([shown(uncertainty=0.0, position={"column": 19.5, "row": 1.0})])
    assert not circles(figure)
    assert "position" in legend(figure)


@pytest.mark.parametrize(
    ("suffix", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_the_suffix_says_the_format(tmp_path: Path, suffix: str, begins: bytes) -> None:
    path = tmp_path / f"map.{suffix}"
    plot.save(path, [shown()])
    assert path.read_bytes().startswith(begins)
    assert list(tmp_path.iterdir()) == [path]


def test_a_picture_is_large_enough_to_be_read(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    plot.save(path, [shown()])
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    assert (width, height) > (1200, 1000)


def test_a_picture_that_cannot_be_drawn_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    path.write_bytes(b"old")
    with pytest.raises(UserError, match="A01"):
        plot.save(path, [shown(label="A01")])
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("name", "said"), [("map.jpg", r"ends in \.png, \.svg, \.pdf"), ("no/map.png", "no folder")]
)
def test_a_place_for_no_picture_is_told_early(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        plot.check(tmp_path / name)


def test_long_titles_are_cut() -> None:
    assert any(
        each.startswith(f"{'x' * 59}…") for each in words(plot.figure([shown()], title="x" * 99))
    )
