import numpy as np
import pytest

from model.blerssi import grid
from model.blerssi.scores import Scores, score
from train import report
from train.comparison import OURS


def scores(*errors: float) -> Scores:
    """Scores of scans in different cells with given errors."""
    cells = np.arange(len(errors))
    found = score(np.full((len(cells), len(grid.CELLS)), 1 / 105, np.float32), cells)
    object.__setattr__(found, "errors", np.array(errors))
    return found


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ((1, 1, 1), (2, 2, 3), "It is 1.33 cells (give or take 0.27) nearer to the truth than"),
        ((3, 3, 4), (2, 2, 2), "It is 1.33 cells (give or take 0.27) further from the truth than"),
        ((1, 1, 1), (1, 1, 2), "cannot be told from the best simple method, the 15-NN ("),
        ((2, 1, 1), (1, 1, 1), ": -0.33 cells, give or take 0.27."),
        ((1, 1, 1), (1, 1, 1), ": +0.00 cells, give or take 0.00."),
    ],
)
def test_a_difference_that_may_be_chance_is_called_so(
    ours: tuple[float, ...], theirs: tuple[float, ...], words: str
) -> None:
    compared = {"prior": scores(*(9.0,) * 3), "15-NN": scores(*theirs), OURS: scores(*ours)}
    assert words in report._plainly(scores(*ours), compared)[-1]


def test_without_a_comparison_nothing_is_said_of_one() -> None:
    assert not any("simple" in each for each in report._plainly(scores(1.0), {}))
