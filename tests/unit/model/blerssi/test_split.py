from pathlib import Path

import numpy as np
import pytest

from model.blerssi import data, grid, split
from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.simulate import simulate

DAY = np.timedelta64(86400, "s")
START = np.datetime64("2016-05-02T10:00:00")
REAL = Path(__file__).parents[5] / "shared" / "data" / "ble-rssi" / "labeled.csv"


def at(*points: tuple[str, int]) -> Scans:
    """Silent scans, each at a cell and a second."""
    readings = np.full((len(points), 13), NOT_HEARD, np.float32)
    cells = [-1 if label == "?" else grid.index(label) for label, _ in points]
    times = START + np.array([second for _, second in points], "timedelta64[s]")
    return Scans(readings, np.asarray(cells, np.intp), times)


def survey(days: int = 3, cells: int = 10, scans: int = 4, seed: int = 0) -> Scans:
    """One visit a day to each of the first cells; scans of different days are not alike."""
    random = np.random.default_rng(seed)
    number = np.arange(days * cells * scans)
    day, cell = number // (cells * scans), number // scans % cells
    readings = np.full((len(number), 13), NOT_HEARD, np.float32)
    readings[:, 1:3] = random.integers(-90, -50, (len(number), 2))
    times = START + day * DAY + (number // scans * 100 + number % scans).astype("timedelta64[s]")
    return Scans(readings, cell.astype(np.intp), times)


def repeated(scans: Scans, *, by: float = 1, days: int = 100, seed: int = 0) -> Scans:
    """Copies of scans: on one later day, in reversed order, heard readings a little off."""
    off = np.random.default_rng(seed).choice((-by, 0, by), scans.readings.shape)
    readings = np.where(scans.heard, scans.readings + off, NOT_HEARD).astype(np.float32)
    second = np.arange(len(scans)) * 2
    return Scans(readings[::-1], scans.cells[::-1], START + days * DAY + second)


def content(scans: Scans) -> set[tuple[object, ...]]:
    return {
        (cell, time, *row)
        for cell, time, row in zip(
            scans.cells.tolist(), scans.times.tolist(), scans.readings.tolist(), strict=True
        )
    }


def shuffled(scans: Scans) -> Scans:
    return scans.take(np.random.default_rng(7).permutation(len(scans)))


def test_a_visit_ends_with_the_cell_or_after_a_minute() -> None:
    points = [("K01", 0), ("K01", 60), ("K01", 121), ("K02", 122), ("K01", 123)]
    assert split.visits(at(*points)).tolist() == [0, 0, 1, 2, 3]


def test_visits_are_numbered_by_time_whatever_the_order() -> None:
    points = [("K02", 300), ("K01", 5), ("?", 400), ("K02", 301), ("K01", 0)]
    assert split.visits(at(*points)).tolist() == [1, 0, 2, 1, 0]


def test_no_scans_have_no_visits() -> None:
    assert split.visits(at()).tolist() == []


def test_parts_keep_days_whole_where_there_are_four_and_visits_where_there_are_fewer() -> None:
    few, enough = survey(days=3), survey(days=6)
    np.testing.assert_array_equal(split.parts(few), split.visits(few) % 4)
    days = np.repeat(np.arange(6), len(enough) // 6)
    np.testing.assert_array_equal(split.parts(enough), days % 4)


def test_a_day_of_repeated_scans_is_found_with_its_sources() -> None:
    genuine = survey()
    scans = Scans.concatenate([repeated(genuine), genuine])
    sources = split.copies(scans)
    found = sources >= 0
    assert found.tolist() == [True] * len(genuine) + [False] * len(genuine)
    assert len(set(sources[found])) == len(genuine)
    assert (scans.cells[sources[found]] == scans.cells[found]).all()
    assert np.abs(scans.readings[sources[found]] - scans.readings[found]).max() <= 1


def test_a_part_of_the_survey_may_be_repeated() -> None:
    genuine = survey()
    chosen = genuine.take(np.arange(0, len(genuine), 3))
    scans = Scans.concatenate([genuine, repeated(chosen)])
    assert (split.copies(scans) >= 0).tolist() == [False] * len(genuine) + [True] * len(chosen)


def test_few_scans_of_a_copied_day_may_be_off_by_2_db() -> None:
    genuine = survey()
    copy = repeated(genuine)
    copy.readings[5] = np.where(copy.heard[5], genuine.readings[::-1][5] + 2, NOT_HEARD)
    copy.readings[9] = np.where(copy.heard[9], genuine.readings[::-1][9] + 9, NOT_HEARD)
    copied = split.copies(Scans.concatenate([genuine, copy]))[len(genuine) :] >= 0
    assert np.flatnonzero(~copied).tolist() == [9]


def test_a_source_is_given_up_for_a_scan_that_has_no_other() -> None:
    genuine = survey(days=1, cells=10, scans=2)
    genuine.readings[:, 1:3] = np.tile([[-70.0, -70.0], [-72.0, -72.0]], (10, 1))
    copy = repeated(genuine, by=0)
    copy.readings[:, 1:3] = np.tile([[-71.0, -71.0], [-70.0, -70.0]], (10, 1))
    found = split.copies(Scans.concatenate([genuine, copy]))[len(genuine) :]
    assert sorted(found) == list(range(len(genuine)))


@pytest.mark.parametrize(
    "scans",
    [
        pytest.param(survey(), id="a survey in which nothing repeats"),
        pytest.param(simulate(0), id="a simulated survey"),
        pytest.param(Scans.concatenate([survey(1, 4), repeated(survey(1, 4))]), id="too few"),
        pytest.param(Scans.concatenate([survey(), repeated(survey(), by=4)]), id="too far off"),
        pytest.param(at(), id="nothing"),
    ],
)
def test_other_scans_are_genuine(scans: Scans) -> None:
    assert (split.copies(scans) == -1).all()


def test_nothing_is_called_a_copy_where_chance_finds_partners() -> None:
    days = survey(days=40, cells=1, scans=30)
    days.readings[:, 2] = NOT_HEARD  # one beacon and 40 strengths: everything is like something
    assert (split.copies(days) == -1).all()


def test_scans_without_a_cell_are_no_copies() -> None:
    genuine = survey()
    scans = Scans.concatenate([genuine, repeated(genuine)])
    unknown = Scans(scans.readings, np.full_like(scans.cells, -1), scans.times)
    assert (split.copies(unknown) == -1).all()
    training, validation = split.holdout(unknown, 0.2, 0)
    assert len(training) == len(validation) == 0


@pytest.mark.parametrize("seed", range(5))
def test_new_visits_at_surveyed_cells_are_held_out(seed: int) -> None:
    scans = simulate(1)
    training, validation = split.holdout(scans, 0.2, seed)
    assert sorted([*training, *validation]) == list(range(len(scans)))
    visits = split.visits(scans)
    assert not set(visits[training]) & set(visits[validation])
    assert set(scans.cells[validation]) <= set(scans.cells[training])
    assert 0.2 <= len(validation) / len(scans) < 0.2 + 12 / len(scans)


def test_another_seed_holds_out_other_visits() -> None:
    chosen = [tuple(split.holdout(simulate(1), 0.2, seed)[1]) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]


def test_the_order_of_the_scans_changes_nothing() -> None:
    scans = Scans.concatenate([survey(), repeated(survey())])
    other = shuffled(scans)
    for one, two in zip(split.holdout(scans, 0.3, 0), split.holdout(other, 0.3, 0), strict=True):
        assert content(scans.take(one)) == content(other.take(two))


@pytest.mark.parametrize("seed", range(3))
def test_copies_of_held_out_scans_are_in_neither_part(seed: int) -> None:
    genuine = survey()
    scans = Scans.concatenate([genuine, repeated(genuine)])
    training, validation = split.holdout(scans, 0.2, seed)
    assert validation.max() < len(genuine)
    assert len(validation) == 0.2 * len(genuine)
    learnt = training[training < len(genuine)]
    assert sorted([*learnt, *validation]) == list(range(len(genuine)))
    copied = training[training >= len(genuine)]
    assert 0 < len(copied) <= len(learnt)
    for copy in copied:
        away = np.abs(scans.readings[validation] - scans.readings[copy]).max(axis=1)
        assert not ((scans.cells[validation] == scans.cells[copy]) & (away <= 1)).any()


def test_a_cell_visited_once_stays_in_training() -> None:
    scans = at(("K01", 0), ("K01", 1), ("K02", 100), ("K02", 500))
    training, validation = split.holdout(scans, 0.9, 0)
    assert {0, 1} <= set(training)
    assert len(validation) == 1


@pytest.mark.parametrize(
    ("scans", "fraction"),
    [
        pytest.param(at(), 0.2, id="nothing"),
        pytest.param(at(("K01", 0)), 0.2, id="one scan"),
        pytest.param(survey(days=1), 0.2, id="every cell visited once"),
        pytest.param(survey(), 0.0, id="no fraction"),
    ],
)
def test_nothing_is_held_out_where_nothing_can_be(scans: Scans, fraction: float) -> None:
    training, validation = split.holdout(scans, fraction, 0)
    assert training.tolist() == list(range(len(scans)))
    assert len(validation) == 0


def test_the_fraction_is_reached_as_far_as_visits_allow() -> None:
    scans = survey(days=2)
    training, validation = split.holdout(scans, 1, 0)
    assert len(validation) == len(training) == len(scans) / 2


@pytest.mark.skipif(not REAL.exists(), reason="the real survey is not beside the project")
def test_the_real_survey_has_its_copies_on_one_day() -> None:
    scans = data.read(REAL)
    sources = split.copies(scans)
    copied = scans.times.astype("datetime64[D]") == np.datetime64("2016-10-18")
    assert ((sources >= 0) == copied).all()
    assert len(set(sources[copied])) == copied.sum() > 400
    assert not copied[sources[copied]].any()
    assert split.visits(scans.take(~copied)).max() + 1 == 114
