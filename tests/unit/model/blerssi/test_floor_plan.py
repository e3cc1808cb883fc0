from pathlib import Path

import numpy as np
import pytest

from model.blerssi import floor_plan, grid
from model.blerssi.floor_plan import LIBRARY
from model.blerssi.table import DataError

HEADER = "kind,name,column,row\n"
SOUND = "cell,A01,1,1\nbeacon,b1,2,2\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.csv"
    path.write_text(text)
    return path


def test_the_library_is_the_floor_of_the_data_set(tmp_path: Path) -> None:
    assert LIBRARY.cells == grid.CELLS
    assert floor_plan.read(written(tmp_path, LIBRARY.text())) == LIBRARY


def test_cells_and_beacons_may_stand_in_any_order(tmp_path: Path) -> None:
    plan = floor_plan.read(written(tmp_path, HEADER + "beacon,b1,2,2\ncell,A01, 1 ,-1.5\n"))
    assert plan.cells == ("A01",)
    assert plan.coordinates == ((1.0, -1.5),)
    assert plan.beacons == ("b1",)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("wall,A02,1,2", "line 4, kind: 'wall' is none; expected cell or beacon."),
        ("cell,?,1,2", "line 4, name: '?' is not allowed; expected 1 to 40 letters"),
        ("cell,A01,1,2", "line 4, name: there are two cells called A01."),
        ("beacon,date,1,2", "line 4, name: date is a column of the files of scans already."),
        ("cell,A02,1,1", "line 4, A02: another cell is at 1, 1 already."),
        ("cell,A02,x,2", "line 4, column: 'x' is out of range; expected a number from -1000"),
        ("cell,A02,1,nan", "line 4, row: 'nan' is out of range"),
        ("cell,A02,1,1001", "line 4, row: '1001' is out of range"),
        ("cell,A02,1", "line 4 has 3 fields; expected 4."),
        ("cell,A!,1,y", "2 problems: "),
    ],
)
def test_a_wrong_line_is_told_with_its_number(tmp_path: Path, lines: str, fault: str) -> None:
    with pytest.raises(DataError) as raised:
        floor_plan.read(written(tmp_path, f"{HEADER}{SOUND}{lines}\n"))
    assert fault in str(raised.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEADER + "cell,A01,1,1\n", "0 rows of the kind beacon; expected 1 to 500."),
        (HEADER + "beacon,b1,1,1\n", "0 rows of the kind cell; expected 1 to 2,000."),
        ("cell,A01,1,1\n", "expected kind,name,column,row."),
    ],
)
def test_an_incomplete_plan_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(DataError) as raised:
        floor_plan.read(written(tmp_path, text))
    assert fault in str(raised.value)


def test_a_missing_file_ends_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        floor_plan.read(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("columns", "rows", "beacons"), [(30, 20, 24), (20, 30, 7), (1, 1, 1), (50, 1, 3), (3, 2, 40)]
)
def test_a_rectangle_has_what_was_asked_for_and_its_file_is_sound(
    tmp_path: Path, columns: int, rows: int, beacons: int
) -> None:
    plan = floor_plan.rectangle(columns, rows, beacons)
    assert len(plan.cells) == columns * rows
    assert plan.beacons[0] == "b3001"
    assert plan.beacons[-1] == f"b{3000 + beacons}"
    assert len(set(plan.positions)) == beacons
    assert (np.asarray(plan.positions) >= 0.5).all()
    assert (np.asarray(plan.positions) <= (columns + 0.5, rows + 0.5)).all()
    read = floor_plan.read(written(tmp_path, plan.text()))
    assert (read.cells, read.beacons) == (plan.cells, plan.beacons)


def test_columns_are_named_as_spreadsheets_name_them() -> None:
    cells = floor_plan.rectangle(60, 1, 1).cells
    assert (cells[0], cells[25], cells[26], cells[52]) == ("A01", "Z01", "AA01", "BA01")


def test_beacons_lie_evenly_over_a_rectangle() -> None:
    plan = floor_plan.rectangle(30, 20, 24)
    assert plan.distances(np.asarray(plan.coordinates)).min(axis=1).max() < 4
