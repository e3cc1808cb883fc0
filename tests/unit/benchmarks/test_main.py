import json
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import page, results
from benchmarks.bench import Bench
from benchmarks.errors import BenchmarkError


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What would have been written as the page."""
    written: list[object] = []
    monkeypatch.setattr(page, "write", written.append)
    return written


def measures(monkeypatch: pytest.MonkeyPatch, cpu_us: float) -> None:
    def serving(_bench: Bench) -> dict[str, object]:
        return {"ours": {"8": {"cpu_us": cpu_us}}}

    monkeypatch.setattr(results, "MEASURES", {"serving": serving})


def test_results_go_where_they_are_asked_for_and_the_goals_are_printed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pages: list[object],
) -> None:
    measures(monkeypatch, 900.0)
    target = tmp_path / "results.json"
    assert program.main(["--json", str(target)]) == 0
    assert json.loads(target.read_text())["serving"] == {"ours": {"8": {"cpu_us": 900}}}
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "≤ 0.3 ms" in line]
    assert line.split()[-4:] == ["0.9", "ms", "3.00", "no"]
    assert not pages


@pytest.mark.parametrize(("words", "written"), [(["--quick"], 0), ([], 1)])
def test_only_a_whole_run_writes_the_page(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pages: list[object],
    words: list[str],
    written: int,
) -> None:
    measures(monkeypatch, 1.0)
    monkeypatch.setattr(program, "QUICK_FILE", tmp_path / "quick.json")
    monkeypatch.setattr(results, "FILE", tmp_path / "full.json")
    assert program.main(words) == 0
    assert len(pages) == written
    assert [path.name for path in tmp_path.iterdir()] == ["full.json" if written else "quick.json"]


def test_the_page_is_written_anew_from_what_is_there(pages: list[object]) -> None:
    assert program.main(["--render"]) == 0
    assert pages == [results.read()]


def test_what_goes_wrong_is_told_with_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_bench: Bench) -> None:
        error = BenchmarkError("It ended with 3.")
        error.add_note("It wrote: no port.")
        raise error

    first: dict[str, object] = {"mb": 1}
    monkeypatch.setattr(results, "MEASURES", {"images": lambda _bench: first, "serving": fails})
    assert program.main(["--json", str(tmp_path / "a.json")]) == 1
    assert json.loads((tmp_path / "a.json").read_text())["images"] == first  # is not lost
    assert capsys.readouterr().err.endswith("It ended with 3.\nIt wrote: no port.\n")
    assert program.main(["--data", str(tmp_path / "absent.csv")]) == 1
    assert "absent.csv does not exist." in capsys.readouterr().err
