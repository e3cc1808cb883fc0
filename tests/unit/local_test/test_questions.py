from pathlib import Path

import pytest

from container.errors import UserError
from local_test import questions
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
