"""Contributions of a model whose every figure is known."""

from typing import Any

import numpy as np
import pytest

from model import explain

MISSING = -200.0
NAMES = ("a1", "a2", "a3")
WEIGHTS = np.array([[2.0, -1.0], [0.5, 0.0], [-0.25, 1.0]])  # of a field for each of two labels
sizes: list[int] = []


def probabilities(rows: Any) -> Any:
    sizes.append(len(rows))
    scores = (rows != MISSING) @ WEIGHTS
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return shares.astype(np.float32)


def explained(rows: list[list[float]]) -> list[dict[str, float]]:
    table = np.array(rows, np.float32).reshape(-1, 3)
    before = table.copy()
    answered = probabilities(table).argmax(axis=1)
    found = explain.contributions(probabilities, table, NAMES, MISSING, answered)
    np.testing.assert_array_equal(table, before)
    return found


def test_a_contribution_is_what_the_log_probability_loses() -> None:
    (found,) = explained([[-70, -80, -90]])
    whole, without = probabilities(np.array([[-70, -80, -90], [MISSING, -80, -90]], np.float32))
    assert found["a1"] == pytest.approx(float(np.log(whole[0] / without[0])), abs=1e-4)
    assert list(found) == ["a1", "a2", "a3"]  # the greatest first
    assert found["a1"] > found["a2"] > 0 > found["a3"]


def test_what_is_explained_is_the_label_that_was_answered() -> None:
    rows = np.array([[-70, -80, -90]], np.float32)
    whole, without = probabilities(np.array([[-70, -80, -90], [MISSING, -80, -90]], np.float32))
    (found,) = explain.contributions(probabilities, rows, NAMES, MISSING, np.array([1]))
    assert found["a1"] == pytest.approx(float(np.log(whole[1] / without[1])), abs=1e-4)


def test_only_readings_contribute() -> None:
    rows: list[list[float]] = [[MISSING] * 3, [MISSING, -80, MISSING], [-70, MISSING, -90]]
    assert [set(each) for each in explained(rows)] == [set(), {"a2"}, {"a1", "a3"}]


def test_rows_do_not_disturb_each_other_and_memory_is_bounded() -> None:
    sizes.clear()
    number = 2 * explain.MOST_ROWS + 1
    found = explained([[-70, -80, -90]] * number)
    assert found == explained([[-70, -80, -90]]) * number
    assert max(sizes) == explain.MOST_ROWS * (1 + len(NAMES))


def test_no_row_gives_nothing() -> None:
    assert explained([]) == []


def test_a_probability_of_nothing_gives_a_finite_number() -> None:
    def sure(rows: Any) -> Any:
        return np.where((rows != MISSING).any(axis=1)[:, None], [1, 0], [0, 1]).astype(np.float32)

    (found,) = explain.contributions(
        sure, np.array([[-70, MISSING, MISSING]], np.float32), NAMES, MISSING, np.array([0])
    )
    assert 80 < found["a1"] < 100
