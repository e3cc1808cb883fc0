from pathlib import Path

import pytest

from container.errors import UserError
from deploy import scans
from deploy.scans import Scan


def test_csv_with_a_header_names_readings_and_knows_the_truth() -> None:
    text = "location, date,b3001,b3002\nK04,10-18-2016,-70,\n?,x,-71.5,abc\n"
    assert scans.parse(text, "a.csv") == [
        Scan({"b3001": -70, "b3002": None}, "line 2 of a.csv", "K04"),
        Scan({"b3001": -71.5, "b3002": "abc"}, "line 3 of a.csv", None),
    ]


def test_csv_without_a_header_is_readings_in_order() -> None:
    text = '-70,-200,\n\n , \n,,\r\n"-71",1_0,nan\n'
    assert [(each.row, each.place) for each in scans.parse(text, "a.csv")] == [
        ([-70, -200, None], "line 1 of a.csv"),
        ([None, None], "line 3 of a.csv"),
        ([None, None, None], "line 4 of a.csv"),
        ([-71, "1_0", "nan"], "line 5 of a.csv"),
    ]


def test_columns_can_be_left_out() -> None:
    (found,) = scans.parse("id,b3001,date\n7,-70,x\n", "a.csv", ignored=["id", "date"])
    assert found.row == {"b3001": -70}


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfb3001\n-70\n")
    assert scans.read(path)[0].row == {"b3001": -70}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("[[-70], [-71]]", [[-70], [-71]]),
        ('{"instances": [[-70], {"b3001": -71}]}', [[-70], {"b3001": -71}]),
        ("[-70, null]", [[-70, None]]),
        ('{"b3001": -70}', [{"b3001": -70}]),
        ('[{"features": [-70]}]', [[-70]]),
    ],
)
def test_json_is_read_in_every_form_that_the_server_takes(text: str, rows: list[object]) -> None:
    found = scans.parse(text, "a.json", ".json")
    assert [each.row for each in found] == rows
    assert found[0].place == "instance 0 of a.json"


def test_json_lines_have_a_place_each() -> None:
    found = scans.parse('{"b3001": -70}\n\n{"features": [-71]}\n', "a.jsonl", ".jsonl")
    assert [(each.row, each.place) for each in found] == [
        ({"b3001": -70}, "line 1 of a.jsonl"),
        ([-71], "line 3 of a.jsonl"),
    ]


@pytest.mark.parametrize(
    ("text", "suffix", "said"),
    [
        ("", ".csv", "a holds no scan"),
        ("b3001\n", ".csv", "a holds no scan"),
        ("[]", ".json", "a holds no scan"),
        ("b3001,b3002\n-70\n", ".csv", "line 2 of a has 1 field, its header 2"),
        ('-70\n"-71\n', ".csv", "Line 2 of a is not CSV"),
        ("[", ".json", "a is not JSON"),
        ("3", ".json", "no list of rows"),
        ("[[1], 3]", ".json", "instance 1 of a is no row"),
        ("[1]\n{\n", ".jsonl", "line 2 of a is not JSON"),
        ("3\n", ".jsonl", "line 1 of a is no row"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, suffix: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        scans.parse(text, "a", suffix)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.csv cannot be read: No such file"):
        scans.read(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="not UTF-8"):
        scans.read(tmp_path / "b.csv")


def test_rows_of_the_command_line() -> None:
    found = scans.arguments(["b3006=-78, b3005=", "-70,,abc"])
    assert [(each.row, each.place) for each in found] == [
        ({"b3006": -78, "b3005": None}, "--row 1"),
        ([-70, None, "abc"], "--row 2"),
    ]


@pytest.mark.parametrize(
    ("text", "said"), [("b3006=-78,-70", "all readings or to none"), ("a=1,a=2", "twice")]
)
def test_a_row_that_is_neither_is_refused(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        scans.arguments([text])
