from pathlib import Path

import numpy as np
import pytest

from model.blerssi import data, grid
from model.blerssi.data import DataError, Scans

HEADER = ",".join(data.COLUMNS)
SILENCE = ["-200"] * 13


def line(location: str = "K04", date: str = "10-18-2016 11:15:21", **readings: str | float) -> str:
    values = dict(zip(grid.BEACONS, SILENCE, strict=True)) | {"b3002": "-70"}
    values |= {name: str(value) for name, value in readings.items()}
    return ",".join([location, date, *values.values()])


def written(folder: Path, *lines: str, name: str = "scans.csv") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(DataError) as caught:
        data.read(path)
    assert caught.value.total == len(caught.value.problems)
    assert all(problem in str(caught.value) for problem in caught.value.problems)
    return caught.value.problems


def test_a_row_becomes_a_scan(tmp_path: Path) -> None:
    scans = data.read(written(tmp_path, line(b3013=-81)))
    assert len(scans) == 1
    assert grid.CELLS[scans.cells[0]] == "K04"
    assert scans.times[0] == np.datetime64("2016-10-18T11:15:21")
    assert scans.readings.dtype == np.float32
    assert scans.readings[0].tolist() == [-200, -70, *[-200] * 10, -81]
    assert np.flatnonzero(scans.heard[0]).tolist() == [1, 12]


def test_the_month_comes_first_and_zeros_may_be_missing(tmp_path: Path) -> None:
    dates = ("4-5-2016 9:01:02", "04-05-2016 09:01:02")
    scans = data.read(written(tmp_path, *(line(date=each) for each in dates)))
    assert scans.times.tolist() == [np.datetime64("2016-04-05T09:01:02").item()] * 2


@pytest.mark.parametrize("text", ["-200", "-199", "-198", "-200.0", "", " "])
def test_what_was_not_heard_is_minus_200(tmp_path: Path, text: str) -> None:
    assert data.read(written(tmp_path, line(b3005=text))).readings[0, 4] == data.NOT_HEARD


@pytest.mark.parametrize("reading", [-120, -10, -77.5])
def test_readings_within_the_limits_are_taken(tmp_path: Path, reading: float) -> None:
    assert data.read(written(tmp_path, line(b3005=reading))).readings[0, 4] == reading


def test_a_question_mark_is_an_unknown_cell(tmp_path: Path) -> None:
    scans = data.read(written(tmp_path, line("?"), line("K04"), line("?", b3001=-60)))
    assert scans.cells.tolist() == [-1, grid.index("K04"), -1]
    assert scans.labeled().cells.tolist() == [grid.index("K04")]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (line("K09"), "line 2, location: 'K09' is not a surveyed cell; the nearest one is K08."),
        (line("k4"), "line 2, location: 'k4' is not a surveyed cell; the nearest one is K04."),
        (line(""), "line 2, location: '' is not a surveyed cell; one is D13."),
        (line(date="18-10-2016 11:15:21"), "'18-10-2016 11:15:21' is not a date; expected month-"),
        (line(date="2-30-2016 11:15:21"), "line 2, date: '2-30-2016 11:15:21' is not a date"),
        (line(date="10-18-2016"), "line 2, date: '10-18-2016' is not a date"),
        (line(b3004="abc"), "line 2, b3004: 'abc' is not a number; expected dBm from -120 to -10"),
        (line(b3004=5), "line 2, b3004: 5 is out of range; expected dBm from -120 to -10, or -200"),
        (line(b3004=0), "b3004: 0 is out of range"),
        (line(b3004=-121), "b3004: -121 is out of range"),
        (line(b3004="nan"), "b3004: nan is out of range"),
        (line(b3004="inf"), "b3004: inf is out of range"),
        (line() + ",-70", "line 2 has 16 fields; expected 15."),
        ("K04", "line 2 has 1 field; expected 15."),
        ('"K04', "is not CSV: unexpected end of data."),
    ],
)
def test_a_wrong_row_is_named_with_its_line(tmp_path: Path, row: str, problem: str) -> None:
    (found,) = problems(written(tmp_path, row))
    assert problem in found


def test_all_problems_of_a_row_and_of_all_rows_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, line("X99", "never", b3001="x", b3002=7), "", line(), line(b3003=1))
    starts = [each.split(":")[0] for each in problems(path)]
    assert sorted(starts) == [
        *("line 2, b3001", "line 2, b3002", "line 2, date", "line 2, location"),
        "line 5, b3003",
    ]


def test_many_problems_are_counted_and_the_first_listed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has 1,005 problems: line 2, .* And 985 more\.") as caught:
        data.read(written(tmp_path, *[line("X99")] * 1005))
    assert caught.value.total == 1005
    assert len(caught.value.problems) == 20


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("", "found the end of the file; expected location,date,b3001,"),
        (line(), "found no header, but 'K04,10-18-2016 11:15:21"),
        (HEADER.replace(",b3007", ""), "found a header without b3007; expected"),
        (HEADER.replace("date", "Date,when"), "found a header without date; expected"),
        (HEADER + ",b3014", "found a header with 'b3014' in it; expected"),
        (HEADER.replace("location,date", "date,location"), "found a header in another order"),
        (HEADER + ",b3013", "found a header in another order or with a name twice"),
    ],
)
def test_a_wrong_header_is_described(tmp_path: Path, header: str, problem: str) -> None:
    path = tmp_path / "scans.csv"
    path.write_text(header and f"{header}\n{line()}\n")
    (found,) = problems(path)
    assert found.startswith(f"line 1: {problem}")


def test_what_spreadsheets_add_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "scans.csv"
    path.write_bytes(f"\ufeff{HEADER}\r\n{line()}\r\n\r\n{line()}\r\n\r\n , \r\n".encode())
    assert len(data.read(path)) == 2


def test_a_file_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "scans.csv"
    path.write_bytes(HEADER.encode() + b"\n\xff\xfe\n")
    assert problems(path) == (
        f"the file is not UTF-8 text: invalid start byte at byte {len(HEADER) + 1}.",
    )


def test_a_file_that_cannot_be_read_is_told_with_its_cause() -> None:
    assert problems(Path("/proc/self/mem")) == ("the file cannot be read: Input/output error.",)


def test_a_header_alone_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds a header, but no scan"):
        data.read(written(tmp_path))


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"scans\.csv does not exist"):
        data.read(tmp_path / "scans.csv")


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    written(tmp_path, line("K02"), name="b/part.csv")
    written(tmp_path, line("K01"), name="a.CSV")
    written(tmp_path, line("K03"), name="b/deep/er/part.csv")
    for ignored in (".hidden.csv", ".folder/part.csv", "b/.DS_Store", "readme.txt"):
        written(tmp_path, "not read", name=ignored)
    scans = data.read(tmp_path)
    assert sorted(grid.CELLS[cell] for cell in scans.cells) == ["K01", "K02", "K03"]
    assert grid.CELLS[scans.cells[0]] == "K01"


def test_a_single_file_needs_no_suffix(tmp_path: Path) -> None:
    written(tmp_path, line(), name="deep/part-00000")
    written(tmp_path, "not read", name=".crc")
    assert len(data.read(tmp_path)) == 1


@pytest.mark.parametrize(
    ("names", "found"), [((), "nothing"), ((".x.csv",), "nothing"), (("a", "b/c"), "a, b/c")]
)
def test_a_folder_without_csv_files_is_described(
    tmp_path: Path, names: tuple[str, ...], found: str
) -> None:
    for name in names:
        written(tmp_path, line(), name=name)
    with pytest.raises(DataError, match=rf"holds {found}; expected at least one \.csv file"):
        data.read(tmp_path)


def test_problems_of_a_folder_name_the_file(tmp_path: Path) -> None:
    written(tmp_path, line("X99"), name="a/one.csv")
    written(tmp_path, line(), line("X98"), name="two.csv")
    assert [each.split(",")[0] for each in problems(tmp_path)] == [
        "a/one.csv line 2",
        "two.csv line 3",
    ]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    lines = (line(b3001=-60, b3002=-77.3), line("?", "1-2-2016 0:00:09", b3013=-120))
    scans = data.read(written(tmp_path, *lines))
    path = tmp_path / "new" / "again.csv"
    data.write(path, scans)
    assert path.read_text().splitlines() == [HEADER, *lines]
    again = data.read(path)
    for one, other in zip(vars(scans).values(), vars(again).values(), strict=True):
        assert one.tobytes() == other.tobytes()


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    scans = data.read(written(tmp_path, line()))
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        data.write(tmp_path / "taken", scans)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["scans.csv", "taken"]


def test_scans_are_taken_by_place_mask_and_slice(tmp_path: Path) -> None:
    scans = data.read(written(tmp_path, line("K01"), line("K02"), line("K03")))
    for chosen in (np.array([0, 2]), np.array([True, False, True]), slice(None, None, 2)):
        assert [grid.CELLS[cell] for cell in scans.take(chosen).cells] == ["K01", "K03"]


def test_scans_of_several_sources_follow_each_other(tmp_path: Path) -> None:
    scans = data.read(written(tmp_path, line("K01"), line("K02")))
    both = Scans.concatenate([scans, scans.take(np.array([1]))])
    assert [grid.CELLS[cell] for cell in both.cells] == ["K01", "K02", "K02"]
    assert len(both) == len(both.readings) == len(both.times) == 3
