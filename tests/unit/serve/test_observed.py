"""What is counted of records and answers."""

import numpy as np

from model.answers import NO_SIGNAL, OK, OUT_OF_COVERAGE, Answers
from serve.observed import observe, together


def answers(probabilities: list[list[float]], status: list[str]) -> Answers:
    table = np.asarray(probabilities, np.float32).reshape(-1, 2)
    return Answers(table, table.argmax(axis=1), (-table).argsort(axis=1), None, None, status)


def test_readings_statuses_and_probabilities_are_summed() -> None:
    rows = np.asarray([[-70, -200, -200], [-200, -200, -200], [-60, -61, -200]], np.float32)
    status = [OK, NO_SIGNAL, OUT_OF_COVERAGE]
    seen = observe(
        *(("a", "b", "c"), -200.0, rows),
        answers([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]], status),
    )
    assert seen.fields == ("a", "b", "c")
    assert seen.missing == [1, 2, 3]
    assert (seen.no_signal, seen.out_of_coverage) == (1, 1)
    assert seen.confidence == 2.25


def test_no_rows_are_nothing() -> None:
    seen = observe(("a",), -200.0, np.empty((0, 1), np.float32), answers([], []))
    assert seen == (("a",), [0], 0, 0, 0.0)


def test_an_answer_about_several_rows_weighs_as_much_as_they_do() -> None:
    rows = np.full((4, 1), -70, np.float32)
    seen = observe(("a",), -200.0, rows, answers([[0.5, 0.5], [0.25, 0.75]], [OK, OK]))
    assert seen.confidence == 2.5


def test_what_was_seen_of_parts_adds_up() -> None:
    rows = np.asarray([[-70, -200], [-200, -200], [-60, -61]], np.float32)
    table, status = [[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]], [OK, NO_SIGNAL, OUT_OF_COVERAGE]
    names, missing = ("a", "b"), -200.0
    parts = [
        observe(names, missing, rows[place], answers(table[place], status[place]))
        for place in (slice(0, 1), slice(1, 3))
    ]
    assert together(parts) == observe(names, missing, rows, answers(table, status))
    assert together(parts[:1]) == parts[0]
