from pathlib import Path
from typing import Any

import pytest

from benchmarks import plan, results
from benchmarks.bench import Bench, commit, machine


@pytest.fixture
def run(tmp_path: Path) -> Bench:
    bench = Bench(plan.QUICK, tmp_path, "none", None, lambda _text: None)
    bench.__dict__["_available"] = ([], {"aws": "there is no Java"})
    return bench


def test_sections_that_are_not_measured_stay(run: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    measures = {
        "layers": lambda _bench: {"served_us": 123.456789},
        "training": lambda _bench: None,
        "serving": lambda _bench: pytest.fail("this was not asked for"),
    }
    monkeypatch.setattr(results, "MEASURES", measures)
    before: dict[str, Any] = {
        "serving": {"ours": 1},
        "training": {"ratio": 2},
        "taken": {"serving": {"commit": "a"}, "training": {"commit": "b"}},
    }
    first, found = results.measure(run, ("layers", "training"), before)
    assert first["layers"] == found["layers"]
    assert found["layers"] == {"served_us": 123.46}
    assert (found["serving"], found["training"]) == ({"ours": 1}, {"ratio": 2})
    assert found["missing"] == {"aws": "there is no Java"}
    assert found["taken"].keys() == {"layers", "serving", "training"}
    assert found["taken"]["layers"]["plan"] == "quick"
    assert found["taken"]["training"] == {"commit": "b"}


def test_results_come_back_as_they_were_written_in_the_same_order(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.json"
    results.write({"b": {"y": 1, "x": 2}, "a": [1.5]}, path)
    found = results.read(path)
    assert found == {"b": {"y": 1, "x": 2}, "a": [1.5]}
    assert [*found, *found["b"]] == ["b", "a", "y", "x"]  # tables and plots follow it
    assert results.read(tmp_path / "none.json") == {}


def test_digits_that_mean_nothing_are_dropped() -> None:
    given = {1: [0.123456789, 3], "b": {"c": 123456.789, "d": None, "e": "0.123456789"}}
    expected = {"1": [0.12346, 3], "b": {"c": 123460.0, "d": None, "e": "0.123456789"}}
    assert results.rounded(given) == expected


def test_the_machine_and_the_commit_are_named() -> None:
    assert machine()["processors"] >= 1
    assert machine()["processor"]
    assert commit()
