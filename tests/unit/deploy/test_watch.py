import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.client import Client
from deploy.errors import DeniedError
from deploy.retrying import ONCE
from deploy.watch import Lines, Watch
from tests.support.runtime import Runtime, aws_error, model_error


class Watched:
    """A watch whose words and documents are kept."""

    def __init__(self, *replies: Any, picture: Path | None = None) -> None:
        self.runtime = Runtime(replies)
        self.documents: list[dict[str, object]] = []
        self.waits: list[float] = []
        self._said = io.StringIO()
        self.task = Watch(
            Client(self.runtime, "blerssi", retry=ONCE),
            "a.csv",
            3,
            lambda text: print(text, file=self._said),
            self.documents.append,
            picture,
            sleep=self.waits.append,
        )

    def run(self, *batches: Lines) -> int:
        return self.task.run(batches)

    @property
    def said(self) -> str:
        return self._said.getvalue()


def test_every_batch_is_a_request_and_every_line_an_answer() -> None:
    watched = Watched()
    assert watched.run([(1, "b3001,location"), (2, "-70,K04")], [(3, "-71,?"), (4, "")]) == 0
    assert watched.runtime.rows == [[{"b3001": -70}], [{"b3001": -71}]]
    assert [each["scan"] for each in watched.documents] == ["line 2 of a.csv", "line 3 of a.csv"]
    assert watched.documents[0]["truth"] == "K04"
    assert watched.said.endswith("2 answered, 0 refused.\n")


def test_a_file_without_a_header_begins_with_a_row() -> None:
    watched = Watched()
    watched.run([(1, "-70,-71")])
    assert watched.runtime.rows == [[[-70, -71]]]


def test_a_file_that_begins_anew_may_have_another_header() -> None:
    watched = Watched()
    watched.run([(1, "b3001"), (2, "-70")], [(1, "b3002"), (2, "-71")], [(1, "-72")])
    assert watched.runtime.rows == [[{"b3001": -70}], [{"b3002": -71}], [[-72]]]


def test_bad_lines_are_told_and_the_others_answered() -> None:
    watched = Watched()
    assert watched.run([(1, "-70"), (2, "7"), (3, '"x'), (4, "-71")]) == 1
    assert [each["scan"] for each in watched.documents] == ["line 1 of a.csv", "line 4 of a.csv"]
    assert "line 2 of a.csv, b3001: got 7" in watched.said
    assert "line 3 of a.csv is not CSV" in watched.said
    assert watched.said.endswith("2 answered, 2 refused.\n")


def test_a_line_that_does_not_fit_the_header_is_told() -> None:
    watched = Watched()
    assert watched.run([(1, "b3001,b3002"), (2, "-70")]) == 1
    assert "line 2 of a.csv has 1 field, its header 2" in watched.said


@pytest.mark.parametrize(
    "error", [model_error(503, "busy"), model_error(0), aws_error("ThrottlingException")], ids=repr
)
def test_what_passes_is_waited_for(error: Exception) -> None:
    watched = Watched(error, error)
    assert watched.run([(1, "-70")]) == 0
    assert len(watched.documents) == 1
    assert watched.waits == [5.0, 5.0]
    assert "It is asked again." in watched.said


def test_what_does_not_pass_ends_the_watch() -> None:
    with pytest.raises(DeniedError):
        Watched(aws_error("AccessDeniedException")).run([(1, "-70")])


def test_ctrl_c_is_the_usual_end() -> None:
    def lines() -> Iterator[Lines]:
        yield [(1, "-70")]
        raise KeyboardInterrupt

    watched = Watched()
    batches: Iterable[Lines] = lines()
    assert watched.task.run(batches) == 0
    assert watched.said.endswith("1 answered, 0 refused.\n")


def test_the_picture_follows(tmp_path: Path) -> None:
    path = tmp_path / "way.svg"
    Watched(picture=path).run([(1, "-70"), (2, "-71")])
    assert b"<svg" in path.read_bytes()
