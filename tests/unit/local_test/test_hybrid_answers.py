import io
import json
from pathlib import Path
from typing import Any

import pytest

from container.errors import PlatformError
from local_test import hybrid_answers

ANSWER = {
    "location": "K04",
    "probability": 0.5,
    "position": {"column": 11.0, "row": 4.0},
    "uncertainty": 1.0,
    "candidates": [{"location": "K04", "probability": 0.5}],
    "status": "ok",
}


class FakeRuntime:
    """Answers alike, one answer a scan and so many less."""

    def __init__(self, less: int = 0) -> None:
        self._less = less
        self.asked: dict[str, Any] = {}

    def invoke_endpoint(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        count = len(json.loads(asked["Body"])["instances"]) - self._less
        return {"Body": io.BytesIO(json.dumps({"predictions": [ANSWER] * count}).encode())}


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "validation.csv"
    lines = [f"K04,4-18-2016 11:15:21 AM,-{70 + number}" for number in range(25)]
    path.write_text("\n".join(["location,date,b3001", *lines]), encoding="utf-8")
    return path


def test_scans_spread_over_the_file_are_asked_about_without_their_cell(
    rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime = FakeRuntime()
    found = hybrid_answers.ask(runtime, "blerssi", rows)
    assert runtime.asked["EndpointName"] == "blerssi"
    instances = json.loads(runtime.asked["Body"])["instances"]
    assert instances[:2] == [{"b3001": -70.0}, {"b3001": -72.0}]
    assert len(instances) == hybrid_answers.QUESTIONS == len(found)
    assert found[0] == {"truth": "K04", "answer": ANSWER}
    assert "true cell" in capsys.readouterr().out


def test_an_answer_too_few_is_no_end(rows: Path) -> None:
    with pytest.raises(PlatformError, match="10 scans got 9 answers"):
        hybrid_answers.ask(FakeRuntime(less=1), "blerssi", rows)
