from collections.abc import Callable

import numpy as np
import pytest

from model.blerssi import baselines, grid
from model.blerssi.baselines import LIGHT, Method
from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.scores import score
from tests.support.scans import surveyed

TRAINING = surveyed(20, 3, 4, seed=1)
ASKED = surveyed(20, 2, 3, seed=2, first_day=9)


@pytest.mark.parametrize("learn", LIGHT.values(), ids=LIGHT.keys())
def test_every_method_gives_probabilities_of_all_cells(learn: Callable[[Scans], Method]) -> None:
    found = learn(TRAINING)(ASKED.readings)
    assert found.shape == (len(ASKED), len(grid.CELLS))
    assert found.dtype == np.float32
    assert np.all(found >= 0)
    assert found.sum(axis=1) == pytest.approx(np.ones(len(ASKED)), abs=1e-5)


@pytest.mark.parametrize("name", [name for name in LIGHT if name != "prior"])
def test_whoever_looks_at_the_readings_beats_the_prior(name: str) -> None:
    blind, seeing = (
        score(LIGHT[each](TRAINING)(ASKED.readings), ASKED.cells) for each in ("prior", name)
    )
    assert seeing.mean < 0.7 * blind.mean


def test_the_prior_is_the_share_of_the_cells() -> None:
    training = TRAINING.take(np.flatnonzero(np.isin(TRAINING.cells, [0, 3]))[:13])
    counts = np.bincount(training.cells, minlength=105)
    found = baselines.prior(training)(ASKED.readings[:2])
    assert found == pytest.approx(np.tile(counts / 13, (2, 1)))


def test_one_neighbour_remembers_what_it_has_seen() -> None:
    readings, first = np.unique(TRAINING.readings, axis=0, return_index=True)
    found = baselines.neighbours(TRAINING, 1)(readings)
    assert list(found.argmax(axis=1)) == list(TRAINING.cells[first])
    assert np.all(found.max(axis=1) == 1)


def test_the_nearer_of_two_neighbours_speaks_louder() -> None:
    readings = np.full((2, 13), NOT_HEARD, np.float32)
    readings[:, 0] = (-60, -64)
    training = Scans(readings, np.array([3, 5]), TRAINING.times[:2])
    asked = readings[:1].copy()
    asked[0, 0] = -61
    (found,) = baselines.neighbours(training, 15)(asked)
    assert found[[3, 5]] == pytest.approx([(1 / 2) / (1 / 2 + 1 / 4), (1 / 4) / (1 / 2 + 1 / 4)])


def test_many_scans_are_answered_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [learn(TRAINING)(ASKED.readings) for learn in LIGHT.values()]
    monkeypatch.setattr(baselines, "ROWS", 7)
    parts = [learn(TRAINING)(ASKED.readings) for learn in LIGHT.values()]
    for one, other in zip(whole, parts, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
