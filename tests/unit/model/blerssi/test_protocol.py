from pathlib import Path

import numpy as np
import pytest

from model.blerssi import data, grid, protocol, split
from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.protocol import FAMILIES, Survey
from model.blerssi.simulate import simulate

REAL = Path(__file__).parents[5] / "shared" / "data" / "ble-rssi" / "labeled.csv"
DAY = np.timedelta64(86400, "s")


@pytest.fixture(scope="module")
def scans() -> Scans:
    return simulate(0)


@pytest.fixture(scope="module")
def survey(scans: Scans) -> Survey:
    return Survey.of(scans)


@pytest.fixture(scope="module")
def copied(scans: Scans) -> Scans:
    """The survey, and all of it once more on a day of its own, a decibel off."""
    off = np.random.default_rng(0).choice((-1, 0, 1), scans.readings.shape)
    readings = np.where(scans.heard, scans.readings + off, NOT_HEARD).astype(np.float32)
    later = scans.times.max() + 100 * DAY + 2 * np.arange(len(scans))
    return Scans.concatenate([scans, Scans(readings, scans.cells, later)])


@pytest.mark.parametrize("family", FAMILIES)
def test_no_visit_is_on_both_sides_and_no_scan_is_lost(survey: Survey, family: str) -> None:
    visits = split.visits(survey.scans)
    for seed in range(5):
        training, judged = survey.split(family, seed)
        assert min(len(training), len(judged)) > 0
        assert sorted([*training, *judged]) == survey.genuine.tolist()
        assert not set(visits[training]) & set(visits[judged])


@pytest.mark.parametrize("family", FAMILIES)
def test_copies_are_on_neither_side(copied: Scans, family: str) -> None:
    survey = Survey.of(copied)
    assert survey.copies == len(copied) // 2
    for part in survey.split(family, 1):
        assert part.max() < len(copied) // 2


@pytest.mark.parametrize("family", ["g3", "g2", "gcell"])
def test_seeds_choose_differently_but_always_the_same(survey: Survey, family: str) -> None:
    first, again, other = (survey.split(family, seed)[1].tolist() for seed in (3, 3, 4))
    assert first == again != other
    assert protocol.splits(survey.scans, family, 3)[1].tolist() == first


@pytest.mark.parametrize("family", FAMILIES)
def test_the_order_of_the_scans_changes_nothing(survey: Survey, family: str) -> None:
    order = np.random.default_rng(1).permutation(len(survey.scans))
    shuffled = Survey.of(survey.scans.take(order))
    found = order[shuffled.split(family, 2)[1]]
    assert sorted(found.tolist()) == survey.split(family, 2)[1].tolist()


def test_half_of_the_cells_with_several_visits_give_one_and_keep_one(survey: Survey) -> None:
    visits = split.visits(survey.scans)
    pairs = np.unique(np.column_stack([survey.scans.cells, visits]), axis=0)
    several = np.bincount(pairs[:, 0]) > 1
    training, judged = survey.split("g3", 0)
    given = np.unique(visits[judged])
    assert len(given) == round(several.sum() / 2)
    cells = np.unique(survey.scans.cells[judged])
    assert len(cells) == len(given)
    assert set(cells) <= set(survey.scans.cells[training])


def test_a_fifth_of_the_visits_or_cells_is_judged(survey: Survey) -> None:
    visits, cells = split.visits(survey.scans), survey.scans.cells
    _, judged = survey.split("g2", 0)
    assert len(np.unique(visits[judged])) == round(0.2 * len(np.unique(visits)))
    training, judged = survey.split("gcell", 0)
    assert len(np.unique(cells[judged])) == round(0.2 * len(np.unique(cells)))
    assert not set(cells[judged]) & set(cells[training])


def test_every_day_is_judged_once(survey: Survey) -> None:
    number = protocol.repeats(survey, "gday", 3)
    judged = np.concatenate([survey.split("gday", seed)[1] for seed in range(number)])
    assert sorted(judged.tolist()) == survey.genuine.tolist()
    assert number == survey.facts()["days"]
    assert protocol.repeats(survey, "g3", 3) == 3


@pytest.mark.parametrize("family", ["g3", "gday"])
def test_one_visit_leaves_nothing_to_judge(family: str) -> None:
    start = np.datetime64("2016-05-02T10:00:00")
    readings = np.full((2, len(grid.BEACONS)), -70, np.float32)
    alone = Scans(readings, np.array([4, 4]), np.array([start, start + 1]))
    training, judged = protocol.splits(alone, family, 0)
    assert (len(training), len(judged)) == (2, 0)


def test_scans_of_unknown_cells_take_no_part(scans: Scans) -> None:
    cells = scans.cells.copy()
    cells[:7] = -1
    unknown = Survey.of(Scans(scans.readings, cells, scans.times))
    assert len(unknown.genuine) == len(scans) - 7
    assert unknown.facts()["cells"] <= len(grid.CELLS)


@pytest.mark.skipif(not REAL.exists(), reason="needs the real data")
def test_the_real_survey_is_what_was_counted_by_hand() -> None:
    survey = Survey.of(data.read(REAL))
    assert survey.facts() == {
        "scans": 1070,
        "genuine": 640,
        "copies": 430,
        "visits": 114,
        "days": 10,
        "cells": 105,
    }
    assert "640 genuine ones in 114 visits" in survey.summary()
