"""What several scans are worth on the real survey, where that is at hand.

The radio map stands in for the network: it answers much alike, and is made in half a second.
"""

from pathlib import Path

import numpy as np
import pytest

from model import tracks
from model.blerssi import baselines, data, grid, scores, split
from model.blerssi.data import Scans
from model.signature import Motion

FILE = Path(__file__).parents[4] / "shared" / "data" / "ble-rssi" / "labeled.csv"
FOLDS = 4
STANDING = 5  # scans


@pytest.fixture(scope="module")
def survey() -> Scans:
    if not FILE.is_file():
        pytest.skip("The real survey is not at hand.")
    scans = data.read(FILE)
    genuine = scans.take(split.copies(scans) < 0)
    return genuine.take(np.argsort(genuine.times, kind="stable"))


def judged(survey: Scans, parts: np.ndarray[tuple[int], np.dtype[np.intp]]) -> tracks.Floats:
    """Every scan's probabilities by a map of the other folds."""
    found = np.empty((len(survey), len(grid.CELLS)), np.float32)
    for fold in range(FOLDS):
        held = parts % FOLDS == fold
        found[held] = baselines.radio_map(survey.take(~held))(survey.readings[held])
    return found


def test_five_scans_of_a_standing_device_err_less_than_one(survey: Scans) -> None:
    visits = split.visits(survey)
    rank = np.arange(len(survey)) - np.searchsorted(visits, visits)
    chosen = np.isin(visits, visits[rank == STANDING - 1]) & (rank < STANDING)
    probabilities, cells = judged(survey, visits)[chosen], survey.cells[chosen]
    _, devices = np.unique(visits[chosen], return_inverse=True)
    silent = np.zeros(len(cells), np.bool_)
    pooled = tracks.standing(tracks.Scans(probabilities, devices, silent), Motion())
    single, five = scores.score(probabilities, cells), scores.score(pooled, cells[::STANDING])
    assert five.mean < 0.9 * single.mean
    assert five.nll < single.nll - 0.2


def test_a_walk_on_an_unseen_day_errs_less_than_its_scans(survey: Scans) -> None:
    _, days = np.unique(survey.times.astype("datetime64[D]"), return_inverse=True)
    probabilities = judged(survey, days)
    silent = np.zeros(len(survey), np.bool_)
    walks = tracks.filtered(tracks.Scans(probabilities, days, silent), grid.COORDINATES, Motion())
    single, walked = (scores.score(each, survey.cells) for each in (probabilities, walks))
    assert walked.mean < 0.9 * single.mean
    assert walked.within(2) > single.within(2) + 0.05
