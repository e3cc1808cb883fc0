"""Simulated surveys against the published statistics of the real one."""

from pathlib import Path

import numpy as np
import pytest

from model.blerssi import data, grid, simulate, split
from model.blerssi.baselines import LIGHT
from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.floor_plan import LIBRARY
from model.blerssi.protocol import splits
from model.blerssi.scores import score
from model.blerssi.simulate_statistics import statistics
from model.blerssi.simulate_survey import DAYS


@pytest.fixture(scope="module")
def worlds() -> list[Scans]:
    return [simulate.simulate(seed) for seed in range(6)]


@pytest.fixture(scope="module")
def scans(worlds: list[Scans]) -> Scans:
    """The scans of six buildings together, for statistics of single scans."""
    return Scans.concatenate(worlds)


def test_the_same_seed_gives_the_same_survey() -> None:
    one, same, other = (simulate.simulate(seed) for seed in (1, 1, 2))
    assert one.readings.tobytes() == same.readings.tobytes()
    assert (one.times == same.times).all()
    assert one.readings.tobytes() != other.readings.tobytes()


def test_every_cell_is_surveyed_and_every_scan_hears_something(worlds: list[Scans]) -> None:
    for world in worlds:
        assert len(np.unique(world.cells)) == len(grid.CELLS)
        assert world.heard.any(axis=1).all()


def test_there_are_as_many_scans_and_visits_as_in_reality(worlds: list[Scans]) -> None:
    assert np.mean([len(world) for world in worlds]) == pytest.approx(820, rel=0.1)
    visits = [split.visits(world).max() + 1 for world in worlds]
    assert np.mean(visits) == pytest.approx(153, rel=0.1)


def test_as_many_beacons_are_heard_as_in_reality(scans: Scans) -> None:
    shares = np.bincount(scans.heard.sum(axis=1), minlength=6)[1:6] / len(scans)
    assert shares == pytest.approx([0.644, 0.287, 0.061, 0.009, 0], abs=0.07)


def test_readings_are_whole_and_as_strong_as_in_reality(scans: Scans) -> None:
    heard = scans.readings[scans.heard]
    assert (heard == np.round(heard)).all()
    percentiles = np.percentile(heard, [1, 5, 25, 50, 75, 95, 99])
    assert percentiles == pytest.approx([-85, -81, -79, -76, -72, -63, -59], abs=2)


def test_beacons_are_heard_as_far_as_in_reality(scans: Scans) -> None:
    cells = np.asarray(grid.COORDINATES)[scans.cells]
    away = np.linalg.norm(cells[:, None] - np.asarray(grid.BEACON_POSITIONS)[None], axis=2)
    rings = [(away >= ring) & (away < ring + 1) for ring in range(6)]
    shares = [scans.heard[ring].mean() for ring in rings]
    assert shares == pytest.approx([0.95, 0.76, 0.47, 0.29, 0.13, 0.08], abs=0.08)
    strengths = [scans.readings[ring & scans.heard].mean() for ring in rings]
    assert strengths == pytest.approx([-68.3, -73.4, -76.3, -78.0, -77.9, -79.0], abs=2)


def test_scans_and_visits_vary_as_in_reality(worlds: list[Scans]) -> None:
    found = [statistics(world, LIBRARY) for world in worlds]
    mean = {name: np.nanmean([each[name] for each in found]) for name in found[0]}
    assert mean["spread within visits"] == pytest.approx(3.4, abs=0.3)
    assert mean["spread between visits"] == pytest.approx(2.7, abs=0.4)
    assert mean["heard again by the next scan"] == pytest.approx(0.78, abs=0.06)


def test_simple_methods_rank_as_in_reality(worlds: list[Scans]) -> None:
    errors = {name: list[float]() for name in LIGHT}
    for number, world in enumerate(worlds):
        known, new = (world.take(part) for part in splits(world, "g2", number))
        for name, method in LIGHT.items():
            errors[name].append(score(method(known)(new.readings), new.cells).mean)
    means = [np.mean(errors[name]) for name in ("prior", "1-NN", "15-NN", "path loss", "radio map")]
    # On the real survey, judged in the same way: 4.8, 2.4, 2.1, 1.7, 1.6 cells.
    assert means == sorted(means, reverse=True)
    assert means == pytest.approx([4.8, 2.4, 2.1, 1.7, 1.6], rel=0.2)


def test_time_goes_on_from_scan_to_scan_on_the_real_days(worlds: list[Scans]) -> None:
    for world in worlds:
        assert (np.diff(world.times) > np.timedelta64(0, "s")).all()
    days = np.unique(worlds[0].times.astype("datetime64[D]"))
    assert np.isin(days, DAYS).all()
    assert len(days) == len(DAYS)


def test_a_visit_is_found_as_one_visit() -> None:
    scans = simulate.simulate(0, visits_per_cell=2)
    assert split.visits(scans).max() + 1 == 210
    assert np.bincount(scans.cells).min() >= 2


def test_a_large_survey_goes_on_after_the_real_days() -> None:
    scans = simulate.simulate(0, visits_per_cell=5)
    assert scans.times[-1] > np.datetime64("2016-10-05")
    assert (np.diff(scans.times) > np.timedelta64(0, "s")).all()


def test_a_second_survey_is_of_the_same_building_on_later_days() -> None:
    first, second = simulate.simulate_pair(0, visits_per_cell=20)
    assert first.readings.tobytes() == simulate.simulate(0, visits_per_cell=20).readings.tobytes()
    assert second.times[0] > first.times[-1]
    assert split.visits(second).max() + 1 == len(np.unique(second.cells)) == 105
    here, elsewhere = (simulate.simulate_pair(seed, 20)[1] for seed in (0, 1))
    assert here.readings.tobytes() == second.readings.tobytes()
    assert agreement(first, here) > agreement(first, elsewhere) + 0.1


def agreement(known: Scans, new: Scans) -> float:
    """How well the mean strength in a cell correlates with a new scan of that cell."""
    heard = np.zeros((len(grid.CELLS), 13))
    total = np.zeros((len(grid.CELLS), 13))
    np.add.at(heard, known.cells, known.heard)
    np.add.at(total, known.cells, np.where(known.heard, known.readings, 0))
    means = np.divide(total, heard, out=np.full_like(total, NOT_HEARD), where=heard >= 5)
    both = new.heard & (means[new.cells] != NOT_HEARD)
    return float(np.corrcoef(new.readings[both], means[new.cells][both])[0, 1])


def test_a_survey_survives_its_file(tmp_path: Path) -> None:
    first, second = simulate.simulate_pair(4)
    words = ["--output", str(tmp_path / "a.csv"), "--validation", str(tmp_path / "b.csv")]
    assert simulate.main([*words, "--seed", "4"]) == 0
    for name, scans in (("a.csv", first), ("b.csv", second)):
        read = data.read(tmp_path / name)
        assert read.readings.tobytes() == scans.readings.tobytes()
        assert (read.times == scans.times).all()
        assert (read.cells == scans.cells).all()
