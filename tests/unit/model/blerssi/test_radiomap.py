import numpy as np
import numpy.typing as npt
import pytest

from model.blerssi import pathloss, radiomap
from model.blerssi.data import NOT_HEARD, STRONGEST, WEAKEST, Readings, Scans
from model.blerssi.grid import CELLS, COORDINATES
from model.blerssi.radiomap import RadioMap
from model.blerssi.simulate import simulate
from tests.support.scans import surveyed

SHAPE = (len(CELLS), 13)
HEARING = np.linspace(0.02, 0.6, 13)


def flat(
    hearing: npt.NDArray[np.float64] | float, strength: float = -75.0, spread: float = 4.0
) -> RadioMap:
    """A map that says the same of every cell."""
    return RadioMap(*(np.broadcast_to(each, SHAPE) for each in (hearing, strength, spread)))


def drawn(chart: RadioMap, scans: int = 40_000) -> Readings:
    return chart.draw(scans, np.random.default_rng(1))[0]


def test_drawn_scans_hear_as_often_as_the_map_says_of_scans_that_hear_something() -> None:
    heard = drawn(flat(HEARING)) != NOT_HEARD
    assert heard.any(axis=1).all()
    expected = HEARING / (1 - np.prod(1 - HEARING))
    assert heard.mean(axis=0) == pytest.approx(expected, abs=0.01)
    both = (heard[:, 3] & heard[:, 11]).mean()
    assert both == pytest.approx(expected[3] * HEARING[11], abs=0.01)


def test_drawn_strengths_are_whole_and_spread_as_the_map_says() -> None:
    readings = drawn(flat(HEARING))
    heard = readings[readings != NOT_HEARD]
    assert (heard == np.round(heard)).all()
    assert heard.mean() == pytest.approx(-75, abs=0.1)
    assert heard.std() == pytest.approx(4, abs=0.1)


def test_drawn_scans_are_those_of_their_cells() -> None:
    strength = np.repeat(np.linspace(-110, -40, len(CELLS))[:, None], 13, axis=1)
    chart = RadioMap(np.full(SHAPE, 0.5), strength, np.full(SHAPE, 1e-3))
    readings, cells = chart.draw(50, np.random.default_rng(0))
    for cell, row in zip(cells, readings, strict=True):
        assert set(row[row != NOT_HEARD]) == {np.round(strength[cell, 0])}


def test_cells_are_drawn_as_often_as_a_scan_there_hears_something() -> None:
    hearing = np.repeat(np.linspace(0.01, 0.2, len(CELLS))[:, None], 13, axis=1)
    chart = RadioMap(hearing, np.full(SHAPE, -75.0), np.full(SHAPE, 4.0))
    _, cells = chart.draw(200_000, np.random.default_rng(0))
    something = 1 - (1 - hearing[:, 0]) ** 13
    shares = np.bincount(cells, minlength=len(CELLS)) / len(cells)
    assert shares == pytest.approx(something / something.sum(), rel=0.15)


def test_even_the_quietest_cell_is_drawn_from_and_no_beacon_is_favoured() -> None:
    heard = drawn(flat(radiomap.SELDOM)) != NOT_HEARD
    assert heard.any(axis=1).all()
    assert heard.sum(axis=1).mean() == pytest.approx(1, abs=1e-3)
    assert heard.mean(axis=0) == pytest.approx(1 / 13, abs=0.01)


def test_no_drawn_reading_is_one_that_a_file_may_not_hold() -> None:
    readings = drawn(flat(0.5, spread=100.0), 5_000)
    heard = readings[readings != NOT_HEARD]
    assert heard.min() == WEAKEST
    assert heard.max() == STRONGEST


def test_far_from_all_scans_the_path_loss_stands() -> None:
    scans = surveyed(cells=4)
    model = pathloss.fit(scans)
    expected = model.hearing(model.strengths(np.asarray(COORDINATES)))
    plane = np.asarray(COORDINATES)
    away = np.linalg.norm(plane[:, None] - plane[None, :4], axis=2).min(axis=1)
    chart = RadioMap.fit(scans)
    assert chart.hearing[away > 6] == pytest.approx(
        np.maximum(expected[away > 6], radiomap.SELDOM), rel=1e-3
    )
    assert chart.spread[away > 6] == pytest.approx(radiomap.SPREAD, rel=1e-3)


def test_scans_correct_their_cell_and_its_neighbours_less() -> None:
    """A cell where everything is 10 dB weaker than its surroundings make one expect."""
    scans = simulate(0, 4)
    cell = CELLS.index("M03")
    there = scans.cells == cell
    weaker = np.where(scans.heard & there[:, None], scans.readings - 10, scans.readings)
    before, after = RadioMap.fit(scans), RadioMap.fit(Scans(weaker, scans.cells, scans.times))
    often = np.argmax((scans.heard & there[:, None]).sum(axis=0))
    shift = (after.strength - before.strength)[:, often]
    next_to_it, far = CELLS.index("M04"), CELLS.index("D13")
    assert -10 < shift[cell] < -3
    assert shift[cell] < shift[next_to_it] < -0.5
    assert abs(shift[far]) < abs(shift[next_to_it])


def test_a_map_of_a_survey_is_near_the_world_it_was_taken_in() -> None:
    scans, later = simulate(3, 20), simulate(3, 60)
    chart = RadioMap.fit(scans)
    cells, heard = later.cells, later.heard.astype(float)
    sums = np.stack([np.bincount(cells, each, len(CELLS)) for each in heard.T], axis=1)
    share = sums / np.bincount(cells)[:, None]
    silent = np.prod(1 - chart.hearing, axis=1, keepdims=True)
    assert np.abs(chart.hearing / (1 - silent) - share).mean() < 0.05


@pytest.mark.parametrize("scans", [surveyed(cells=1, visits=1, scans=1), surveyed(), simulate(0)])
def test_every_map_can_be_drawn_from(scans: Scans) -> None:
    chart = RadioMap.fit(scans)
    assert (chart.hearing > 0).all()
    assert (chart.hearing < 1).all()
    assert (chart.spread > 0).all()
    assert np.isfinite(chart.strength).all()
    assert (drawn(chart, 500) != NOT_HEARD).any(axis=1).all()


def test_the_same_scans_give_the_same_map_and_the_same_draws() -> None:
    first, second = (drawn(RadioMap.fit(surveyed()), 200) for _ in range(2))
    assert first.tobytes() == second.tobytes()
