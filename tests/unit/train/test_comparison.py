import numpy as np
import pytest

from model.blerssi.scores import Scores, score
from tests.support.scans import surveyed
from train import comparison
from train.comparison import IN_WORDS, OURS, advantage, compare

TRAINING = surveyed(seed=1)
JUDGED = surveyed(visits=1, seed=2, first_day=9)
CERTAIN = np.eye(105, dtype=np.float32)[JUDGED.cells]


def test_all_methods_are_judged_on_the_same_scans_and_the_model_last() -> None:
    found = compare(TRAINING, JUDGED, CERTAIN)
    assert [*found] == [*IN_WORDS]
    assert [*found][-1] == OURS
    assert found[OURS].mean == pytest.approx(0, abs=1e-4)
    for scores in found.values():
        assert list(scores.cells) == list(JUDGED.cells)


def test_many_scans_are_thinned_out_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "MOST_JUDGED", 10)
    found = compare(TRAINING, JUDGED, CERTAIN)
    step = -(-len(JUDGED) // 10)
    assert all(list(each.cells) == list(JUDGED.cells[::step]) for each in found.values())
    assert found[OURS].mean == pytest.approx(0, abs=1e-4)


def at(cells: list[int], errors: list[float]) -> Scores:
    """Scores with given errors."""
    found = score(np.full((len(cells), 105), 1 / 105, np.float32), np.array(cells))
    object.__setattr__(found, "errors", np.array(errors))
    return found


def test_an_advantage_is_the_difference_of_the_means() -> None:
    by, error = advantage(at([0, 1, 2], [1, 1, 1]), at([0, 1, 2], [2, 2, 2]))
    assert (by, error) == (1, 0)


def test_scans_of_one_cell_are_one_draw() -> None:
    theirs = [2.0, 2.0, 0.0, 0.0]
    apart = advantage(at([0, 1, 2, 3], [0] * 4), at([0, 1, 2, 3], theirs))
    together = advantage(at([0, 0, 1, 1], [0] * 4), at([0, 0, 1, 1], theirs))
    assert apart == pytest.approx((1, 0.5))
    assert together == pytest.approx((1, 0.5**0.5))
