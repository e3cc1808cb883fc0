"""docs/performance.md and its pictures are those of results.json."""

import re

import pytest

from benchmarks import charts, page, results
from tests.support.pictures import root

FOUND = results.read()
PAGE = (page.DOCS / page.PAGE).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", page.files(FOUND))
def test_a_file_is_what_the_results_give(name: str) -> None:
    written = (page.DOCS / name).read_text(encoding="utf-8")
    assert written == page.files(FOUND)[name], "run python -m benchmarks --render"


def test_the_results_are_those_of_whole_runs() -> None:
    assert {each["plan"] for each in FOUND["taken"].values()} == {"full"}


@pytest.mark.parametrize("name", charts.PICTURES)
def test_a_picture_is_drawn_and_shown(name: str) -> None:
    root(page.files(FOUND)[name])
    assert f"]({name})" in PAGE


def test_hand_written_parts_hold_no_figures_of_time_or_memory() -> None:
    figure = re.compile(r"\b[0-9][0-9,.]* ?(us|µs|ms|s|MB|MiB|rows)\b")
    parts = [path.read_text(encoding="utf-8") for path in page.PROSE.glob("*.md")]
    assert len(parts) > 5
    assert [found.group() for part in parts for found in figure.finditer(part)] == []


def test_every_part_is_used() -> None:
    shown = [path.stem for path in page.PROSE.glob("*.md") if page.prose(path.stem) in PAGE]
    assert sorted([*shown, "misses"]) == sorted(path.stem for path in page.PROSE.glob("*.md"))


def test_a_page_of_nothing_says_what_is_missing() -> None:
    text = page.text(
        {"machine": FOUND["machine"], "missing": {"aws": "there is no Java"}, "taken": {}}
    )
    assert "AWS MXNet toolkit on Multi Model Server is left out: there is no Java." in text
    assert f"Not measured: {', '.join(results.MEASURES)}." in text
    assert ".svg" not in text


def test_a_table_without_rows_is_left_out() -> None:
    assert not page.markdown([("a", "b")])
    assert page.markdown([("a", "b"), ("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
