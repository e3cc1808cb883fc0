import numpy as np

from model.blerssi import pathloss
from model.blerssi.data import Scans
from model.blerssi.grid import BEACON_POSITIONS, CELLS, COORDINATES
from model.blerssi.shadows import NOISE, SHADOW, SHIFT, Shadows
from model.blerssi.simulate import simulate
from tests.support.scans import surveyed

SURVEY = simulate(0)


def fitted(scans: Scans) -> Shadows:
    return Shadows.fit(scans, pathloss.fit(scans))


def test_what_is_believed_of_a_cell_is_sound_after_one_scan_as_after_many() -> None:
    for scans in (surveyed(cells=1, visits=1, scans=1), surveyed(), SURVEY, simulate(1, 40)):
        shadows = fitted(scans)
        assert shadows.strength.shape == (len(CELLS), 13)
        assert np.isfinite(shadows.strength).all()
        assert ((shadows.hearing > 0) & (shadows.hearing < 1)).all()
        assert (shadows.spread >= np.hypot(SHIFT, NOISE) - 1e-9).all()
        assert (shadows.spread <= np.sqrt(SHADOW**2 + SHIFT**2 + NOISE**2) + 1e-9).all()


def test_a_visit_makes_its_cell_surer_and_those_far_away_no_surer() -> None:
    cell = int(SURVEY.cells[0])
    only = SURVEY.take(np.flatnonzero(cell == SURVEY.cells))
    spread = fitted(only).spread
    plane = np.asarray(COORDINATES)
    furthest = int(np.linalg.norm(plane - plane[cell], axis=1).argmax())
    assert (spread[cell] < spread[furthest]).all()


def test_one_visit_says_little_however_many_scans_it_has_and_more_visits_say_more() -> None:
    cell = int(SURVEY.cells[0])
    visit = SURVEY.take(np.full(40, 0))
    visits = Scans(
        visit.readings, visit.cells, visit.times + np.arange(40) * np.timedelta64(10, "m")
    )
    one, many = (fitted(each).spread[cell] for each in (visit, visits))
    heard = SURVEY.heard[0]
    assert (many[heard] < one[heard]).all()
    assert (one[heard] ** 2 > SHIFT**2 + NOISE**2 + 0.2 * SHADOW**2).all()


def test_a_beacon_is_the_stronger_the_nearer_it_is() -> None:
    shadows = fitted(SURVEY)
    away = np.linalg.norm(
        np.asarray(COORDINATES)[:, None] - np.asarray(BEACON_POSITIONS)[None], axis=2
    )
    near, far = away < 2, away > 8
    assert shadows.strength[near].mean() > shadows.strength[far].mean() + 10
    assert shadows.hearing[near].mean() > 0.4
    assert shadows.hearing[far].mean() < 0.1


def test_the_order_of_the_scans_changes_nothing() -> None:
    mixed = SURVEY.take(np.random.default_rng(0).permutation(len(SURVEY)))
    one, other = fitted(SURVEY), fitted(mixed)
    np.testing.assert_allclose(one.strength, other.strength, rtol=1e-6)
