import re

import pytest

from model.blerssi import grid


def test_the_floor_has_105_cells_and_13_beacons() -> None:
    assert len(grid.CELLS) == len(grid.COORDINATES) == 105
    assert list(grid.BEACONS) == [f"b{number}" for number in range(3001, 3014)]
    assert len(grid.BEACON_POSITIONS) == 13


def test_cells_are_sorted_and_spelt_alike() -> None:
    assert list(grid.CELLS) == sorted(set(grid.CELLS))
    assert all(re.fullmatch("[A-W](0[1-9]|1[0-8])", label) for label in grid.CELLS)


@pytest.mark.parametrize(
    ("label", "coordinates"),
    [("D13", (4, 13)), ("K04", (11, 4)), ("T05", (20, 5)), ("W15", (23, 15))],
)
def test_coordinates_are_column_and_row(label: str, coordinates: tuple[float, float]) -> None:
    assert grid.COORDINATES[grid.index(label)] == coordinates


def test_labels_and_their_places_are_inverse() -> None:
    assert [grid.CELLS[grid.index(label)] for label in grid.CELLS] == list(grid.CELLS)


@pytest.mark.parametrize("label", ["K09", "T02", "A01", "k04", "K4", "?", ""])
def test_other_labels_are_no_cells(label: str) -> None:
    with pytest.raises(KeyError):
        grid.index(label)


@pytest.mark.parametrize(
    ("label", "meant"),
    [
        *(("k04", "K04"), ("K4", "K04"), (" K 04 ", "K04"), ("K004", "K04")),
        *(("K09", "K08"), ("A18", "D15"), ("Z01", "U01"), ("K99", "J15")),
        *(("K04x", "K04"), ("xK04", "K04")),
        *(("", None), ("library", None), ("-78", None)),
    ],
)
def test_a_wrong_label_suggests_the_nearest_cell(label: str, meant: str | None) -> None:
    assert grid.nearest(label) == meant


def test_every_beacon_is_nearer_to_some_cell_than_a_room() -> None:
    for column, row in grid.BEACON_POSITIONS:
        assert min((column - x) ** 2 + (row - y) ** 2 for x, y in grid.COORDINATES) < 3**2
