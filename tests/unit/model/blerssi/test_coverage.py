"""What is called impossible, on simulated floors whose later scans nobody learnt from."""

import dataclasses

import numpy as np
import pytest

from model.blerssi import grid
from model.blerssi.coverage import FALSE_ALARMS, FEWEST, Coverage
from model.blerssi.data import NOT_HEARD, Readings, Scans
from model.blerssi.simulate import simulate_pair
from tests.support import patterns
from tests.support.scans import surveyed


@pytest.fixture(scope="module")
def surveys() -> tuple[Scans, Scans]:
    return simulate_pair(5)


@pytest.fixture(scope="module")
def coverage(surveys: tuple[Scans, Scans]) -> Coverage:
    found = Coverage.fit(surveys[0])
    assert found is not None
    return found


def flagged(coverage: Coverage, scans: Readings) -> float:
    return float((coverage.densities(scans) < coverage.threshold).mean())


def test_genuine_scans_of_a_later_survey_are_seldom_flagged(
    coverage: Coverage, surveys: tuple[Scans, Scans]
) -> None:
    assert flagged(coverage, surveys[1].readings) <= FALSE_ALARMS + 0.02


def test_beacons_far_apart_that_are_strong_together_are_flagged(
    coverage: Coverage, surveys: tuple[Scans, Scans]
) -> None:
    assert flagged(coverage, patterns.apart(1000, seed=1)) > 0.95
    assert flagged(coverage, patterns.at_random(1000, seed=2)) > 0.95
    mixed = patterns.permuted(surveys[1].readings, 1000, seed=3, weakest=patterns.STRONG)
    assert flagged(coverage, mixed) > 0.9


def test_the_stronger_they_are_the_less_likely() -> None:
    scans = simulate_pair(6)[0]
    coverage = Coverage.fit(scans)
    assert coverage is not None
    pair = np.full((4, len(grid.BEACONS)), NOT_HEARD, np.float32)
    pair[:, [0, 12]] = np.array([[-85], [-75], [-65], [-55]])
    assert (np.diff(coverage.densities(pair)) < 0).all()


@pytest.mark.parametrize("beacons", [1, 2, 3])
def test_however_many_beacons_are_heard_genuine_scans_pass(
    coverage: Coverage, surveys: tuple[Scans, Scans], beacons: int
) -> None:
    scans = surveys[1].readings
    assert flagged(coverage, scans[(scans != NOT_HEARD).sum(axis=1) == beacons]) <= 0.1


@pytest.mark.parametrize(
    "scans",
    [surveyed(1, 1, 1), surveyed(3, 3, 4), surveyed(1, 1, FEWEST + 1)],
    ids=["one scan", "few scans", "one visit"],
)
def test_too_little_tells_nothing(scans: Scans) -> None:
    assert Coverage.fit(scans) is None


def test_scans_that_heard_nothing_do_not_count(surveys: tuple[Scans, Scans]) -> None:
    scans = surveys[0]
    silent = dataclasses.replace(scans, readings=np.full_like(scans.readings, NOT_HEARD))
    assert Coverage.fit(silent) is None
    some, all_of_them = (Coverage.fit(each) for each in (scans, Scans.concatenate([scans, silent])))
    assert some is not None
    assert all_of_them is not None
    assert some.threshold == pytest.approx(all_of_them.threshold)


def test_scans_that_all_hear_as_many_beacons_are_learnt_from() -> None:
    scans = surveyed(30, 5, 2)
    only = np.full_like(scans.readings, NOT_HEARD)
    nearest = scans.readings.argmax(axis=1)[:, None]
    np.put_along_axis(only, nearest, np.take_along_axis(scans.readings, nearest, 1), 1)
    coverage = Coverage.fit(dataclasses.replace(scans, readings=only))
    assert coverage is not None
    assert np.isfinite(coverage.weights).all()
