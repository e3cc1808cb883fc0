from pathlib import Path
from typing import Any, cast

import pytest

from container.errors import UserError
from deploy import judging
from deploy.answers import Answer, Candidate
from deploy.client import Client
from deploy.errors import DeployError
from deploy.floor_plan import FLOOR


class FakeClient:
    """Answers every scan alike."""

    def __init__(self, label: str, position: tuple[float, float] | None) -> None:
        self._answer = Answer(label, 0.5, "ok", (Candidate(label, 0.5),), position, 1.0)

    def predict(self, rows: Any, **_: Any) -> list[Answer]:
        return [self._answer for _ in rows]


def client(label: str, position: tuple[float, float] | None) -> Client:
    return cast("Client", FakeClient(label, position))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows"  # a pipeline's files have no suffix
    path.write_text("location,b3001\nK04,-70\nK06,-71\n?,-72\n", encoding="utf-8")
    return path


def test_only_scans_of_known_cells_are_judged(rows: Path) -> None:
    assert [each.truth for each in judging.labelled(rows)] == ["K04", "K06"]


def test_scans_without_a_cell_cannot_be_judged(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("b3001\n-70\n", encoding="utf-8")
    with pytest.raises(UserError, match="no scan whose cell is known"):
        judging.labelled(path)


def test_the_mean_error_is_the_distance_to_the_true_cells(rows: Path) -> None:
    found = judging.judge(client("K04", FLOOR["K04"]), judging.labelled(rows))
    assert found.scans == 2
    assert found.mean_error_cells == pytest.approx(1.0)  # 0 and 2 cells
    assert found.exact == 0.5
    assert "1.00 cells off" in str(found)


def test_answers_without_positions_are_refused(rows: Path) -> None:
    with pytest.raises(DeployError, match="without positions"):
        judging.judge(client("K04", None), judging.labelled(rows))
