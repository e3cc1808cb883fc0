"""What answers mean, held to scans that nobody learnt from."""

import numpy as np
import pytest

from model.answers import Decoder
from model.blerssi import grid, split
from model.blerssi.blur import blurred
from model.blerssi.data import Scans
from model.blerssi.evidence import Evidence
from model.blerssi.scores import OUTPUT
from model.blerssi.simulate import simulate
from tests.support.scans import surveyed
from train import calibration


@pytest.fixture(scope="module")
def survey() -> Scans:
    return simulate(3)


@pytest.fixture(scope="module")
def unseen(survey: Scans) -> calibration.Array:
    return calibration.unseen(survey, split.visits(survey) % split.PARTS)


def test_no_part_is_answered_by_what_it_told_itself(
    survey: Scans, unseen: calibration.Array
) -> None:
    visits = split.visits(survey) % split.PARTS
    others = Evidence.of(survey.take(visits != 1))
    expected = blurred(others.probabilities(survey.readings[visits == 1]))
    np.testing.assert_array_equal(unseen[visits == 1], expected)


def test_the_radius_holds_the_true_cell_of_68_percent(
    survey: Scans, unseen: calibration.Array
) -> None:
    output = calibration.output(survey)
    answers = Decoder(output).decode(unseen, np.zeros(len(survey), np.bool_), 1)
    assert answers.positions is not None
    assert answers.uncertainty is not None
    plane = np.asarray(grid.COORDINATES)
    off = np.linalg.norm(answers.positions - plane[survey.cells], axis=1)
    assert (off <= answers.uncertainty + 1e-4).mean() == pytest.approx(0.68, abs=0.03)


def test_sure_answers_that_are_wrong_get_a_wide_radius_and_right_ones_a_narrow_one(
    survey: Scans,
) -> None:
    right = np.eye(len(grid.CELLS), dtype=np.float32)[survey.cells]
    smooth = (0.9 * right + 0.1 / right.shape[1]).astype(np.float32)
    wrong = np.roll(smooth, 50, axis=1)
    assert calibration.mass(smooth, survey) == calibration.LEAST_MASS
    assert calibration.mass(wrong, survey) > 0.9


@pytest.mark.parametrize("scans", [surveyed(3, 2, 2), surveyed(1, 1, 200)])
def test_too_little_gives_the_defaults(scans: Scans) -> None:
    assert calibration.output(scans) == OUTPUT
