import json
from pathlib import Path

import pytest

from deploy.batch import result
from deploy.batch.records import FIELDS, Records, prepare
from deploy.errors import DeployError
from tests.support.runtime import prediction

ROW = ",".join(["-200"] * 12 + ["-70"])
ANSWER = "K04,0.5,11.0,4.0,1.5,ok"
NAMES = ",".join(FIELDS)


def sent(folder: Path, text: str, name: str = "a.csv") -> Records:
    (folder / name).write_text(text)
    return prepare(folder / name, folder / "body")


def check(records: Records, folder: Path, text: str, *, join: bool = True) -> result.Result:
    (folder / "a.out").write_text(text)
    return result.check(records, folder / "a.out", folder / "to", join=join)


def test_joined_records_are_held_to_their_input(tmp_path: Path) -> None:
    records = sent(tmp_path, f"location,{NAMES}\nK07,{ROW}\n\n?,{ROW}\n")
    silent = "K04,0.5,11.0,4.0,1.5,no_signal"
    found = check(records, tmp_path, f"K07,{ROW},{ANSWER}\n?,{ROW},{silent}\n")
    assert found.to_dict() == {
        "records": 2,
        "statuses": {"ok": 1, "no_signal": 1},
        "judged": 1,
        "exact": 0,
        "mean_distance_cells": 3.0,
    }
    assert [each.place for each in found.scans] == ["line 2", "line 4"]
    assert [each.truth for each in found.shown] == ["K07", None]
    header, first, _ = (tmp_path / "to").read_text().splitlines()
    assert header == (
        f"location,{NAMES},predicted_location,probability,column,row,uncertainty,status"
    )
    assert first == f"K07,{ROW},{ANSWER}"


def test_quotes_may_be_written_otherwise(tmp_path: Path) -> None:
    records = sent(tmp_path, f'"a ""note""",{NAMES}\n"x",{ROW}\n')
    assert check(records, tmp_path, f"x,{ROW},{ANSWER}\n").count == 1
    assert (tmp_path / "to").read_text().startswith('"a ""note""",b3001')


def test_answers_without_a_place_are_read(tmp_path: Path) -> None:
    found = check(sent(tmp_path, f"{ROW}\n"), tmp_path, f"{ROW},K04,0.5,ok\n")
    assert found.shown[0].position is None


def test_answers_alone_are_counted(tmp_path: Path) -> None:
    records = sent(tmp_path, f"{NAMES}\n{ROW}\n{ROW}\n")
    assert check(records, tmp_path, f"{ANSWER}\n{ANSWER}\n", join=False).count == 2
    assert (tmp_path / "to").read_text().splitlines()[0].startswith("location,probability")


def test_without_a_header_the_joined_result_has_none(tmp_path: Path) -> None:
    check(sent(tmp_path, f"{ROW}\n"), tmp_path, f"{ROW},{ANSWER}\n")
    assert (tmp_path / "to").read_text() == f"{ROW},{ANSWER}\n"


def test_json_lines_hold_their_answer(tmp_path: Path) -> None:
    records = sent(tmp_path, '{"id": 1, "features": [-70]}\n[-71]\n', "a.jsonl")
    lines = [
        {"features": [-70], "id": 1, "SageMakerOutput": prediction("K04")},
        {"SageMakerInput": [-71], "SageMakerOutput": prediction("K05")},
    ]
    found = check(records, tmp_path, "".join(f"{json.dumps(each)}\n" for each in lines))
    assert [each.answer.label for each in found.shown] == ["K04", "K05"]
    found = check(records, tmp_path, f"{json.dumps(prediction())}\n" * 2, join=False)
    assert found.count == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{ROW},{ANSWER}\n", "2 records were sent and 1 came back"),
        (f"{ROW},{ANSWER}\n" * 3, "2 records were sent and 3 came back"),
        ("", "2 records were sent and 0 came back"),
        (f"{ROW},{ANSWER}\n{ROW[:-1]}1,{ANSWER}\n", "line 2 .* another record"),
        (f"{ROW},{ANSWER}\n{ROW},K04,much\n", "line 2 .* not one that is known"),
        (f"{ROW},{ANSWER}\n{ROW}\n", "line 2 .* not one that is known"),
    ],
)
def test_a_result_that_does_not_fit_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DeployError, match=said):
        check(sent(tmp_path, f"{ROW}\n{ROW}\n"), tmp_path, text)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"features": [-71], "SageMakerOutput": prediction()}, "another record"),
        ({"features": [-70]}, "not one that is known"),
        ({"features": [-70], "SageMakerOutput": [0.5]}, "not one that is known"),
    ],
)
def test_json_that_does_not_fit_is_refused(tmp_path: Path, line: object, said: str) -> None:
    records = sent(tmp_path, '{"features": [-70]}\n', "a.jsonl")
    with pytest.raises(DeployError, match=said):
        check(records, tmp_path, json.dumps(line))


def test_nothing_is_written_where_nobody_asks(tmp_path: Path) -> None:
    records = sent(tmp_path, f"{ROW}\n")
    (tmp_path / "a.out").write_text(f"{ROW},{ANSWER}\n")
    assert result.check(records, tmp_path / "a.out", None, join=True).count == 1
    assert not (tmp_path / "to").exists()
