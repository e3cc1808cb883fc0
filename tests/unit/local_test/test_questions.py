import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from container.errors import PlatformError, UserError
from local_test import client, questions
from local_test.client import Answer
from local_test.questions import Question
from tests.support.models import signature

HEADER = "location,date,b3001,b3002\n"


def _file(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "validation.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return path


def test_questions_are_spread_over_the_file_and_their_cells_known(tmp_path: Path) -> None:
    rows = [f"A0{1 + i % 2},d,{-60 - i},-200" for i in range(8)]
    path = _file(tmp_path, "?,d,-1,-1", "Z99,d,-1,-1", *rows)

    assert questions.pick(path, signature(2), 4) == [
        Question("A01", (-60.0, -200.0)),
        Question("A01", (-62.0, -200.0)),
        Question("A01", (-64.0, -200.0)),
        Question("A01", (-66.0, -200.0)),
    ]


def test_a_short_file_is_asked_whole(tmp_path: Path) -> None:
    assert len(questions.pick(_file(tmp_path, "A01,d,-1,-2"), signature(2), 10)) == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["?,d,-1,-1"], "no scan of a cell"),
        (["A01,d,x,-1"], "not a file of scans"),
        (["A01,d,-1"], "not a file of scans"),
    ],
)
def test_a_file_without_questions_is_refused(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        questions.pick(_file(tmp_path, *rows), signature(2), 10)


QUESTIONS = [Question("A01", (-60.0, -200.0)), Question("B02", (-70.0, -80.0))]
PREDICTIONS = [
    {
        "location": label,
        "probability": 0.7,
        "position": {"column": column, "row": 2.0},
        "uncertainty": 0.5,
        "candidates": [{"location": label, "probability": 0.7}],
        "status": "ok",
    }
    for label, column in (("A02", 1.0), ("B02", 2.0))
]


def _body(media_type: str) -> bytes:
    match media_type:
        case "application/json":
            return json.dumps({"predictions": PREDICTIONS}).encode()
        case "application/jsonlines":
            return "".join(json.dumps(each) + "\n" for each in PREDICTIONS).encode()
        case "text/csv":
            return b"A02,0.7,1,2,0.5,ok\nB02,0.7,2,2,0.5,ok\n"
    buffer = io.BytesIO()
    np.save(buffer, np.array([[0.1, 0.7, 0.1, 0.1], [0.1, 0.1, 0.1, 0.7]], np.float32))
    return buffer.getvalue()


Change = Callable[[str, Answer], Answer]


def _serve(monkeypatch: pytest.MonkeyPatch, change: Change = lambda _, answer: answer) -> None:
    """Put a server in place of HTTP; `change` spoils its answers."""

    def invoke(_url: str, _body_sent: bytes, media_type: str, **_: Any) -> Answer:
        return change(media_type, Answer(200, media_type, _body(media_type)))

    monkeypatch.setattr(client, "invoke", invoke)


def test_replies_are_measured_against_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    _serve(monkeypatch)

    replies = questions.ask("http://server", signature(2), QUESTIONS)

    assert [(each.truth, each.answer["location"], each.distance) for each in replies] == [
        ("A01", "A02", 1.0),
        ("B02", "B02", 0.0),
    ]


def _only(spoilt: str, body: bytes, status: int = 200, answered: str | None = None) -> Change:
    def change(media_type: str, answer: Answer) -> Answer:
        if media_type != spoilt:
            return answer
        return Answer(status, media_type if answered is None else answered, body)

    return change


def _edited(name: str, value: object) -> Change:
    """Every format that carries whole answers says something else."""

    def change(media_type: str, answer: Answer) -> Answer:
        if media_type != "application/json":
            return answer
        spoilt = [{**each, name: value} for each in PREDICTIONS]
        return Answer(200, media_type, json.dumps({"predictions": spoilt}).encode())

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_only("text/csv", b"no", 415), r"CSV was refused\. Error 415: no"),
        (_only("text/csv", b"", answered="text/html"), "CSV was asked for and 'text/html' came"),
        (_only("application/x-npy", b"no"), "answer in NPY cannot be read"),
        (_only("application/json", b"[]"), "answer in JSON cannot be read"),
        (_only("text/csv", b"A02,0.7\nB02,0.8\n"), "do not agree: CSV answers row 1"),
        (_edited("status", "fine"), "not sound"),
        (_edited("position", {"column": float("nan"), "row": 1}), "not sound"),
        (_edited("position", {"column": 1}), "lacks 'row'"),
    ],
)
def test_whatever_is_off_is_said(
    monkeypatch: pytest.MonkeyPatch, change: Change, message: str
) -> None:
    _serve(monkeypatch, change)

    with pytest.raises(PlatformError, match=message):
        questions.ask("http://server", signature(2), QUESTIONS)


def test_as_many_answers_as_scans_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    _serve(monkeypatch)

    with pytest.raises(PlatformError, match="1 scans got 2 answers"):
        questions.ask("http://server", signature(2), QUESTIONS[:1])
