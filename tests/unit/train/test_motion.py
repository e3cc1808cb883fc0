"""The motion of a survey's walks."""

import pytest

from model.blerssi import simulate, split
from model.blerssi.data import Scans
from model.signature import Motion
from tests.support.scans import surveyed
from train import calibration, motion


@pytest.fixture(scope="module")
def survey() -> Scans:
    return simulate.simulate(3)


def fitted(scans: Scans) -> Motion:
    return motion.fitted(calibration.unseen(scans, split.parts(scans)), scans)


def test_a_survey_of_several_scans_a_visit_mostly_stays(survey: Scans) -> None:
    found = fitted(survey)
    assert 0.4 <= found.stay <= 0.9
    assert 0.2 < found.standing < 0.9  # neither always the same nor independent
    assert found.reach == Motion().reach
    assert found == fitted(survey.take(slice(None, None, -1)))


def test_a_survey_of_one_visit_to_each_cell_is_enough() -> None:
    found = fitted(surveyed(30, 1, 4))
    assert found.stay >= 0.5
    assert found.standing == 1.0  # what disturbs these scans is independent
