import json

import pytest

from local_test import table

ANSWER = {
    "location": "K04",
    "probability": 0.31,
    "position": {"column": 11.25, "row": 4.0},
    "uncertainty": 1.8,
    "candidates": [
        {"location": "K04", "probability": 0.31},
        {"location": "J04", "probability": 0.2},
        {"location": "K05", "probability": 0.1},
    ],
    "status": "ok",
}
PROBLEM = {"row": 0, "field": "b3004", "got": "x", "expected": "-120 to -10 dBm"}
ERROR = {
    "code": "invalid_input",
    "message": "It does not fit.",
    "hint": "Mend it.",
    "request_id": "r-1",
    "problems": [PROBLEM],
    "problems_total": 3,
}


def test_numbers_stand_to_the_right_and_text_to_the_left() -> None:
    text = table.render(("cell", "off by"), [("K04", 0.5), ("J1", 12.0), ("-", None)])

    assert text.splitlines() == [
        "cell  off by",
        "----  ------",
        "K04     0.50",
        "J1     12.00",
        "-          -",
    ]


def test_a_table_may_be_empty() -> None:
    assert table.render(("cell",), []).splitlines() == ["cell", "----"]


def test_predictions_become_a_table() -> None:
    text = table.predictions(json.dumps({"predictions": [ANSWER, ANSWER]}).encode())

    assert text is not None
    header, _, row, again = text.splitlines()
    assert header.split() == [
        *("location", "probability", "column", "row", "uncertainty", "next", "best", "status")
    ]
    assert row.split() == ["K04", "0.31", "11.25", "4.00", "1.80", "J04", "K05", "ok"]
    assert row == again


@pytest.mark.parametrize("body", [b"[[0.1, 0.9]]", b"{}", b"nonsense", b'{"predictions": [[1]]}'])
def test_what_is_no_list_of_predictions_is_left_as_it_is(body: bytes) -> None:
    assert table.predictions(body) is None


def test_an_error_is_unfolded() -> None:
    assert table.error(400, json.dumps({"error": ERROR}).encode()).splitlines() == [
        "Error 400, invalid_input: It does not fit.",
        "Mend it.",
        '  row 0, field b3004: got "x", expected -120 to -10 dBm',
        "  ... and 2 more",
        "Request id: r-1",
    ]


@pytest.mark.parametrize(
    ("row", "field", "place"),
    [(None, "b9", "field b9"), (2, None, "row 2"), (None, None, "request")],
)
def test_a_problem_names_its_place(row: int | None, field: str | None, place: str) -> None:
    error = {**ERROR, "problems": [{**PROBLEM, "row": row, "field": field}]}
    assert f"  {place}: got" in table.error(400, json.dumps({"error": error}).encode())


@pytest.mark.parametrize("body", [b"<html>no</html>", b'{"error": "text"}', b"[]"])
def test_a_foreign_error_is_shown_as_it_is(body: bytes) -> None:
    assert table.error(502, body) == f"Error 502: {body.decode()}"
