"""Surveys and walks of any floor, and the truth about them."""

from dataclasses import replace

import numpy as np
import pytest

from model.blerssi.data import NOT_HEARD
from model.blerssi.floor_plan import LIBRARY, FloorPlan, rectangle
from model.blerssi.simulate import surveys
from model.blerssi.simulate_survey import SCANS_A_WALK, Survey, walks
from model.blerssi.simulate_world import FITTED, World
from model.blerssi.table import DataError

SMALL = rectangle(12, 5, 6)
LONELY = FloorPlan(("A01",), ((1.0, 1.0),), ("b1",), ((900.0, 900.0),))


@pytest.fixture(scope="module")
def walked() -> Survey:
    return surveys(LIBRARY, 3, tracks=4)[0]


def test_scans_were_taken_in_their_cells_at_one_place_a_visit() -> None:
    found, _ = surveys(LIBRARY, 1)
    centres = np.asarray(LIBRARY.coordinates)[found.scans.cells]
    assert np.abs(found.places - centres).max() <= 0.5
    for visit in np.unique(found.visits):
        assert len(np.unique(found.places[found.visits == visit], axis=0)) == 1


def test_another_floor_has_its_own_cells_and_beacons() -> None:
    found, later = surveys(SMALL, 0)
    assert found.scans.readings.shape == (len(found.scans), 6)
    assert set(found.scans.cells) == set(later.scans.cells) == set(range(60))


def test_the_nearest_beacon_is_the_loudest_where_chance_is_small() -> None:
    still = replace(FITTED, shadow=0.0, visit=0.0, scan=0.1, threshold=-150.0, most=1.0)
    world = World.build(SMALL, np.random.default_rng(0), still)
    world = replace(world, power=np.full(6, -60.0))
    centres = np.asarray(SMALL.coordinates)
    expected = world.visit(np.arange(60), centres, np.random.default_rng(1))
    readings = world.hear(expected, np.random.default_rng(2))
    away = SMALL.distances(centres)
    nearest = np.sort(away, axis=1)
    clear = nearest[:, 1] - nearest[:, 0] > 0.5
    assert (readings != NOT_HEARD).all()
    assert clear.sum() > 20
    assert (readings.argmax(axis=1) == away.argmin(axis=1))[clear].all()


def test_shadows_of_neighbours_are_alike_and_as_large_as_they_should_be() -> None:
    worlds = [World.build(LIBRARY, np.random.default_rng(seed)) for seed in range(40)]
    shadows = np.stack([world.shadows for world in worlds])
    assert shadows.std() == pytest.approx(FITTED.shadow, rel=0.05)
    apart = LIBRARY.apart()
    for distance in (1, 3, 6):
        one, other = np.nonzero(apart == distance)
        alike = np.corrcoef(shadows[:, one].ravel(), shadows[:, other].ravel())[0, 1]
        assert alike == pytest.approx(np.exp(-distance / FITTED.reach), abs=0.06)


def test_worlds_differ_and_follow_one_another() -> None:
    found, later = surveys(SMALL, 0, worlds=3, visits_per_cell=1)
    assert set(found.worlds) == set(later.worlds) == {0, 1, 2}
    assert (np.diff(found.scans.times) > np.timedelta64(0, "s")).all()
    assert found.count_visits() == later.count_visits() == 180
    days = [np.unique(each.scans.times.astype("datetime64[D]")) for each in (found, later)]
    assert not set(days[0]) & set(days[1])
    strongest = [found.scans.readings[found.worlds == world].max() for world in range(3)]
    assert len(set(strongest)) > 1


def test_a_walk_is_one_track_a_day_from_cell_to_neighbouring_cell(walked: Survey) -> None:
    days = walked.scans.times.astype("datetime64[D]")
    assert len(np.unique(days)) == 4
    assert len(walked.scans) <= 4 * SCANS_A_WALK
    steps = LIBRARY.apart()[walked.scans.cells[:-1], walked.scans.cells[1:]][
        (np.diff(walked.visits) == 1) & (np.diff(days).astype(int) == 0)
    ]
    assert np.mean((steps > 0) & (steps < 1.5)) > 0.8
    assert np.mean(np.diff(walked.visits) == 0) == pytest.approx(0.7, abs=0.1)


def test_a_scan_that_hears_nothing_is_lost_on_a_walk_and_tried_again_in_a_survey() -> None:
    standing, _ = surveys(SMALL, 0, visits_per_cell=3)
    assert (standing.scans.readings != NOT_HEARD).any(axis=1).all()
    assert standing.count_visits() == 180
    tracks, _ = surveys(SMALL, 0, tracks=2)
    assert len(tracks.scans) < 2 * SCANS_A_WALK


def test_a_walk_reaches_every_cell_even_over_gaps() -> None:
    plan = FloorPlan(
        ("A01", "B01", "Z01"), ((1.0, 1.0), (2.0, 1.0), (26.0, 1.0)), ("b1",), ((13.0, 1.0),)
    )
    loud = World.build(plan, np.random.default_rng(0), replace(FITTED, louder=60.0))
    found = walks(loud, np.random.default_rng(1), 2)
    assert set(found.scans.cells) == {0, 1, 2}


def test_a_floor_of_one_cell_can_be_walked_on() -> None:
    found, _ = surveys(rectangle(1, 1, 1), 0, tracks=1)
    assert set(found.scans.cells) == {0}


@pytest.mark.parametrize("tracks", [None, 2])
def test_a_floor_where_nothing_is_heard_is_refused(tracks: int | None) -> None:
    with pytest.raises(DataError, match="No beacon is heard in any cell"):
        surveys(LONELY, 0, tracks=tracks)
