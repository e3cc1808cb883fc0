import json

import pytest

from benchmarks import guard
from benchmarks.errors import BenchmarkError, MissingError


def committed() -> dict[str, object]:
    found: dict[str, object] = json.loads(guard.BASELINE.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    ("found", "good", "words"),
    [
        (1_030_000, True, "+3.0% of the baseline's 1,000,000."),
        (1_031_000, False, "more than 3%. UPDATE=1 accepts it."),
        (960_000, True, "-4.0% of the baseline's 1,000,000. UPDATE=1 keeps what was won."),
    ],
)
def test_more_than_the_tolerance_fails(found: int, good: bool, words: str) -> None:
    verdict, is_good = guard.judge(found, guard.record(1_000_000))
    assert is_good is good
    assert verdict.endswith(words)


@pytest.mark.parametrize("name", ["python", "mix"])
def test_counts_that_cannot_be_compared_are_refused(name: str) -> None:
    with pytest.raises(BenchmarkError, match=f"with another {name}: other"):
        guard.judge(1, {**guard.record(1), name: "other"})


def test_the_baseline_is_of_the_mix_of_today() -> None:
    assert committed()["mix"] == guard.record(1)["mix"]
    assert committed()["instructions"]


def test_without_valgrind_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingError, match="apt-get install valgrind"):
        guard.count()
    assert guard.main([]) == 1
    assert "valgrind, which is not installed here" in capsys.readouterr().err
