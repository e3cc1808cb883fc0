"""A bar for a person, whole lines for everything else."""

import contextlib
import io
from pathlib import Path

import pytest

from container.environment import Environment
from train.progress import CLEAR, WIDTH, Progress, Streams, wants_bar

VALUES = {"train_loss": 1.5, "validation_mean_error_cells": 2.5, "validation_nll": 3.0}
LINE = "epoch={} train_loss=1.5000 validation_mean_error_cells=2.5000 validation_nll=3.0000\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(lines: io.StringIO, bar: io.StringIO | None, epochs: int = 3) -> None:
    with Progress(epochs, Streams(lines, bar)) as progress:
        for number in range(1, epochs + 1):
            progress.epoch(number, VALUES)


def test_without_a_bar_there_are_whole_lines_only() -> None:
    lines = io.StringIO()
    run(lines, None)
    assert lines.getvalue() == "".join(LINE.format(number) for number in (1, 2, 3))


def test_lines_that_go_to_a_file_are_kept_beside_the_bar() -> None:
    lines, bar = io.StringIO(), Terminal()
    run(lines, bar)
    assert lines.getvalue().count("\n") == 3
    assert "\r" not in lines.getvalue()
    assert "\n" not in bar.getvalue()


def test_on_a_terminal_the_bar_takes_the_lines_place() -> None:
    lines, bar = Terminal(), Terminal()
    run(lines, bar)
    assert lines.getvalue() == ""
    drawn = [part for part in bar.getvalue().split(CLEAR) if part]
    assert [part.count("█") for part in drawn] == [WIDTH // 3, 2 * WIDTH // 3, WIDTH]
    assert all(len(part.split()[0]) == WIDTH for part in drawn)
    assert drawn[0].endswith("epoch=1 train_loss=1.5000 validation_mean_error_cells=2.5000")
    assert bar.getvalue().endswith(CLEAR)


def test_the_bar_is_taken_away_where_training_fails() -> None:
    bar = Terminal()
    with contextlib.suppress(ZeroDivisionError), Progress(3, Streams(Terminal(), bar)) as progress:
        progress.epoch(1, VALUES)
        raise ZeroDivisionError
    assert bar.getvalue().endswith(CLEAR)


@pytest.mark.parametrize(
    ("base", "variables", "terminal", "wanted"),
    [
        ("/home/me/run", {}, True, True),
        ("/home/me/run", {"TERM": "xterm"}, True, True),
        ("/home/me/run", {}, False, False),
        ("/opt/ml", {}, True, False),
        ("/home/me/run", {"TRAINING_JOB_NAME": "job"}, True, False),
        ("/home/me/run", {"CI": "true"}, True, False),
        ("/home/me/run", {"TERM": "dumb"}, True, False),
    ],
)
def test_only_a_persons_terminal_gets_a_bar(
    base: str, variables: dict[str, str], terminal: bool, wanted: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert wants_bar(Environment(Path(base), variables), stream) is wanted
