from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import pytest

from model.blerssi import pathloss
from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.grid import BEACON_POSITIONS, CELLS, COORDINATES
from model.blerssi.pathloss import Counts, PathLoss
from model.blerssi.simulate import simulate
from tests.support.scans import surveyed

PRIOR = PathLoss.from_vector(np.zeros(19))
WORLD = PathLoss(
    power=np.linspace(-74, -66, 13),
    exponent=2.5,
    height=1.2,
    spread=4.0,
    threshold=-79.0,
    slope=1.5,
    most=0.85,
)
FIRST = surveyed(cells=1, visits=1, scans=1)
SILENT = Scans(np.full_like(FIRST.readings, NOT_HEARD), FIRST.cells, FIRST.times)


def places_of(model: PathLoss) -> npt.NDArray[np.float64]:
    """The parameters as `PathLoss.from_vector` takes them."""
    prior, sizes = pathloss.PRIOR.T
    logs = np.log([model.exponent, model.height, model.spread])
    rest = [model.threshold, np.log(model.slope), np.log(model.most / (1 - model.most))]
    places: npt.NDArray[np.float64] = (np.array([*model.power, *logs, *rest]) - prior) / sizes
    return places


def survey(world: PathLoss, scans: int) -> Scans:
    """So many scans of every cell, as the model says; those that hear nothing are not recorded."""
    random = np.random.default_rng(3)
    cells = np.repeat(np.arange(len(CELLS)), scans)
    strengths = world.strengths(np.asarray(COORDINATES))[cells]
    strengths = strengths + world.spread * random.standard_normal(strengths.shape)
    heard = random.random(strengths.shape) < world.audibility(strengths)
    readings = np.where(heard, strengths, NOT_HEARD).astype(np.float32)
    taken = Scans(readings, cells, np.zeros(len(cells), "datetime64[s]"))
    return taken.take(heard.any(axis=1))


def test_the_parameters_of_a_world_are_found_though_silent_scans_are_not_recorded() -> None:
    scans = survey(WORLD, 100)
    assert len(scans) < 0.7 * 100 * len(CELLS)
    found = pathloss.fit(scans)
    strengths, expected = (each.strengths(np.asarray(COORDINATES)) for each in (found, WORLD))
    assert strengths == pytest.approx(expected, abs=1.5)
    assert np.abs(strengths - expected)[WORLD.hearing(expected) > 0.1].mean() < 0.3
    assert found.exponent == pytest.approx(WORLD.exponent, abs=0.2)
    assert found.spread == pytest.approx(WORLD.spread, abs=0.2)
    assert found.threshold == pytest.approx(WORLD.threshold, abs=1.0)
    assert found.slope == pytest.approx(WORLD.slope, abs=0.3)
    assert found.most == pytest.approx(WORLD.most, abs=0.1)
    hearing = found.hearing(strengths), WORLD.hearing(expected)
    assert np.abs(hearing[0] - hearing[1]).mean() < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_the_cost(seed: int) -> None:
    counts = Counts.of(simulate(seed))
    places = np.random.default_rng(seed).normal(0, 0.5, 19)
    _, gradient = pathloss.cost(places, counts)
    for number, step in enumerate(1e-5 * np.eye(19)):
        above, below = (pathloss.cost(places + s, counts)[0] for s in (step, -step))
        assert gradient[number] == pytest.approx((above - below) / 2e-5, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize(
    "scans", [simulate(1), simulate(2, 9), surveyed(), FIRST], ids=["1", "2", "clean", "one scan"]
)
def test_no_parameter_can_be_changed_for_the_better(scans: Scans) -> None:
    counts, found = Counts.of(scans), pathloss.fit(scans)
    ends = places_of(found)
    value, gradient = pathloss.cost(ends, counts)
    assert value < pathloss.cost(np.zeros(19), counts)[0]
    assert np.abs(gradient).max() < 1e-3


def test_a_scan_that_heard_nothing_changes_nothing() -> None:
    assert pathloss.fit(SILENT).exponent == PRIOR.exponent
    with_silence = pathloss.fit(Scans.concatenate([surveyed(), SILENT]))
    assert with_silence.exponent == pathloss.fit(surveyed()).exponent


def test_a_single_scan_moves_the_prior_a_little_towards_what_it_heard() -> None:
    found = pathloss.fit(FIRST)
    heard = FIRST.heard[0]
    assert (found.power[heard] > PRIOR.power[heard]).all()
    assert found.power == pytest.approx(PRIOR.power, abs=12)
    assert found.exponent == pytest.approx(PRIOR.exponent, rel=0.5)


def test_strength_falls_with_distance_and_height_bounds_it() -> None:
    beacon = np.asarray(BEACON_POSITIONS[0])
    points = beacon + np.array([[0, 0], [1, 0], [0, 10], [100, 0]])
    near, one, ten, far = PRIOR.strengths(points)[:, 0]
    assert near > one > ten > far
    assert near == pytest.approx(PRIOR.power[0] - 10 * PRIOR.exponent * np.log10(PRIOR.height))
    assert ten - far == pytest.approx(10 * PRIOR.exponent, abs=0.1)


def test_half_of_the_most_is_heard_at_the_threshold_and_hearing_changes_more_slowly() -> None:
    strengths = PRIOR.threshold + np.array([-1000.0, -3.0, 0.0, 3.0, 1000.0])
    sharp, soft = PRIOR.audibility(strengths), PRIOR.hearing(strengths)
    assert sharp[2] == soft[2] == pytest.approx(PRIOR.most / 2)
    assert sharp[[0, 4]] == pytest.approx([0, PRIOR.most])
    assert soft[[0, 4]] == pytest.approx([0, PRIOR.most])
    assert sharp[1] < soft[1] < soft[3] < sharp[3]


def test_hearing_is_audibility_averaged_over_the_spread() -> None:
    noise = WORLD.spread * np.random.default_rng(0).standard_normal(200_000)
    for strength in (-95.0, -85.0, -80.0, -70.0):
        averaged = WORLD.audibility(strength + noise).mean()
        assert WORLD.hearing(np.array(strength)) == pytest.approx(averaged, abs=0.01)


def test_counts_are_those_of_the_scans_that_heard_something() -> None:
    heard = surveyed(cells=2, visits=1, scans=3)
    counts = Counts.of(Scans.concatenate([heard, SILENT]))
    assert counts.visits[:3] == pytest.approx([1, 1, 0])
    second = heard.readings[3:]
    expected = np.where(second != NOT_HEARD, second, 0)
    assert counts.sums[1] == pytest.approx(expected.mean(axis=0))
    assert counts.squares[1] == pytest.approx((expected**2).mean(axis=0))
    assert counts.heard[1] == pytest.approx((second != NOT_HEARD).mean(axis=0))
    assert counts.often.sum() == pytest.approx(counts.heard.sum())
    assert counts.levels @ counts.often == pytest.approx(counts.sums.sum())


def test_a_long_visit_counts_as_much_as_a_short_one() -> None:
    """Twice as many scans of one visit change nothing; another visit does."""
    once = surveyed(cells=2, visits=1, scans=2)
    later = replace(once, times=once.times + np.timedelta64(1, "D"))
    several = (once, Scans.concatenate([once, once]), Scans.concatenate([once, later]))
    same, long, two = map(Counts.of, several)
    for field in fields(Counts):
        assert getattr(long, field.name) == pytest.approx(getattr(same, field.name))
    assert two.visits == pytest.approx(2 * same.visits)
    assert two.heard == pytest.approx(2 * same.heard)


def test_a_receiver_of_another_kind_is_followed() -> None:
    keen = replace(WORLD, threshold=-95.0, most=0.99)
    assert pathloss.fit(survey(keen, 20)).threshold == pytest.approx(-95, abs=1.0)
