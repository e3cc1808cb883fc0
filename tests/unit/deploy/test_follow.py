from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.follow import PAUSE, Growing

Batch = list[tuple[int, str]]


def follow(path: Path, *steps: Callable[[], object]) -> list[Batch]:
    """Everything that is read when a step happens each time that there is nothing to read."""
    todo = list(steps)

    def sleep(_: float) -> None:
        if todo:
            todo.pop(0)()

    return list(Growing(path, sleep=sleep, idle_seconds=3 * PAUSE).batches())


def adder(path: Path, text: str) -> Callable[[], object]:
    def add() -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    return add


def test_what_is_there_comes_first_and_what_is_added_later(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\n")
    assert follow(path, adder(path, "c\nd\n")) == [[(1, "a"), (2, "b")], [(3, "c"), (4, "d")]]


def test_a_line_counts_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,")
    assert follow(path, adder(path, "b"), adder(path, ",c\nd")) == [[(1, "a,b,c")]]


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert follow(path, lambda: None, adder(path, "a\n")) == [[(1, "a")]]


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text("a\nb\n")
    other.write_text("c\n")
    assert follow(path, lambda: other.replace(path)) == [[(1, "a"), (2, "b")], [(1, "c")]]


def test_a_file_that_was_cut_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\nb\n")
    assert follow(path, lambda: path.write_text("c\n")) == [[(1, "a"), (2, "b")], [(1, "c")]]


def test_a_file_that_is_gone_may_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n")
    assert follow(path, path.unlink, adder(path, "b\n")) == [[(1, "a")], [(1, "b")]]


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        follow(tmp_path)
