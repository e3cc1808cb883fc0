"""Scans fused: against the same sums done one device at a time, and where they must not matter."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model import tracks
from model.blerssi import baselines, grid, scores, simulate, split
from model.signature import Motion
from model.tracks import Scans

PLANE = np.array([[1, 1], [1, 2], [2, 2], [5, 1], [9, 9]])  # the last two far from everything
MOTION = Motion()


def scans(devices: Any, *, silent: Any = (), seed: int = 0) -> Scans:
    random = np.random.default_rng(seed)
    devices = np.asarray(devices, np.intp)
    chances = random.dirichlet(np.full(len(PLANE), 0.5), len(devices)).astype(np.float32)
    return Scans(chances, devices, np.isin(np.arange(len(devices)), list(silent)))


def part(whole: Scans, rows: Any) -> Scans:
    return Scans(*(vars(whole)[name][rows] for name in ("probabilities", "devices", "silent")))


def alone(whole: Scans, device: int) -> Scans:
    found = part(whole, whole.devices == device)
    return replace(found, devices=np.zeros(len(found.devices), np.intp))


def walked(probabilities: np.ndarray[Any, Any], silent: Any, motion: Motion) -> list[Any]:
    """The forward algorithm for one device, as textbooks have it."""
    step = tracks.transitions(PLANE, len(PLANE), motion)
    belief, found = np.full(len(PLANE), 1 / len(PLANE)), []
    for time, chances in enumerate(probabilities):
        if time:
            belief = belief @ step
        if not silent[time]:
            belief = belief * np.maximum(chances.astype(float), tracks.LEAST) ** motion.evidence
        belief = belief / belief.sum()
        found.append(belief)
    return found


def test_devices_stay_or_step_to_a_neighbour_and_rarely_jump() -> None:
    step = tracks.transitions(PLANE, len(PLANE), MOTION)
    rare = tracks.JUMP / len(PLANE)
    np.testing.assert_allclose(step.sum(axis=1), 1)
    assert step[0, 0] == pytest.approx((1 - tracks.JUMP) * 0.7 + rare)
    assert step[0, 1] == step[0, 2] == pytest.approx((1 - tracks.JUMP) * 0.15 + rare)
    assert step[0, 3] == pytest.approx(rare)
    assert step[3, 3] == pytest.approx(1 - tracks.JUMP + rare)  # there is nowhere to step to
    far = tracks.transitions(PLANE, len(PLANE), replace(MOTION, reach=3.0))
    assert far[0, 3] == pytest.approx(rare)
    assert far[2, 3] > 0.05


def test_labels_without_coordinates_are_all_neighbours() -> None:
    step = tracks.transitions((), 3, MOTION)
    np.testing.assert_allclose(step[0, 1:], step[0, 2])
    np.testing.assert_allclose(step.sum(axis=1), 1)


def test_every_device_is_followed_as_if_it_were_alone() -> None:
    mixed = scans([2, 0, 0, 1, 2, 0, 2, 2, 0], silent=(1, 4, 8))
    found = tracks.filtered(mixed, PLANE, MOTION)
    assert found.dtype == np.float32
    for device in range(3):
        single = alone(mixed, device)
        expected = walked(single.probabilities, single.silent, MOTION)
        np.testing.assert_allclose(found[mixed.devices == device], expected, atol=1e-6)


def test_later_scans_change_no_earlier_answer() -> None:
    whole = scans([0, 1] * 6)
    found = tracks.filtered(whole, PLANE, MOTION)
    np.testing.assert_array_equal(tracks.filtered(part(whole, slice(5)), PLANE, MOTION), found[:5])


def test_a_silent_scan_is_nothing_but_time() -> None:
    found = tracks.filtered(scans([0, 0], silent=(1,)), PLANE, MOTION)
    expected = found[0] @ tracks.transitions(PLANE, len(PLANE), MOTION)
    np.testing.assert_allclose(found[1], expected, atol=1e-6)
    silent = tracks.filtered(scans([0], silent=(0,)), PLANE, MOTION)
    np.testing.assert_allclose(silent, 1 / len(PLANE))


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_a_standing_device_is_the_sharpened_mean_of_its_scans(exponent: float) -> None:
    mixed = scans([1, 0, 1, 0, 0, 2], silent=(4,))
    motion = replace(MOTION, standing=exponent)
    found = tracks.standing(mixed, motion)
    assert found.shape == (3, len(PLANE))
    for device, number in enumerate((2, 2, 1)):
        heard = mixed.probabilities[(mixed.devices == device) & ~mixed.silent].astype(float)
        pooled = np.exp(number**exponent * np.log(np.maximum(heard, tracks.LEAST)).mean(axis=0))
        np.testing.assert_allclose(found[device], pooled / pooled.sum(), rtol=1e-4)


def test_one_standing_scan_says_what_it_says_alone() -> None:
    single = scans([0])
    np.testing.assert_allclose(tracks.standing(single, MOTION), single.probabilities, atol=1e-5)


def test_a_device_that_hears_nothing_may_be_anywhere() -> None:
    found = tracks.standing(scans([0, 0, 1], silent=(0, 1)), MOTION)
    np.testing.assert_allclose(found[0], 1 / len(PLANE))


def test_scans_that_contradict_each_other_for_certain_still_give_an_answer() -> None:
    certain = np.eye(len(PLANE), dtype=np.float32)[[0, 4] * 500]
    whole = Scans(certain, np.zeros(1000, np.intp), np.zeros(1000, np.bool_))
    for found in (tracks.filtered(whole, PLANE, MOTION), tracks.standing(whole, MOTION)):
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_no_scan_gives_no_answer() -> None:
    nothing = scans([])
    assert tracks.filtered(nothing, PLANE, MOTION).shape == (0, len(PLANE))
    assert tracks.standing(nothing, MOTION).shape == (0, len(PLANE))


@pytest.mark.parametrize(("stay", "near"), [(0.9, {0.8, 0.9}), (0.4, {0.4, 0.5})])
def test_the_fit_finds_how_often_devices_stay(stay: float, near: set[float]) -> None:
    random = np.random.default_rng(3)
    step = tracks.transitions(grid.COORDINATES, 105, replace(MOTION, stay=stay))
    truth = [50]
    for _ in range(800):
        truth.append(int(random.choice(105, p=step[truth[-1]])))
    places = np.array(truth)
    plane = np.array(grid.COORDINATES)
    seen = plane[places] + random.normal(0, 0.7, (len(places), 2))
    logs = -0.5 * ((seen[:, None] - plane[None]) ** 2).sum(axis=2) / 0.7**2
    chances = np.exp(logs - logs.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    zeros = np.zeros(len(places), np.intp)
    walk = Scans(chances.astype(np.float32), zeros, zeros.astype(np.bool_))
    found = tracks.fit(walk, np.arange(len(places)), places, grid.COORDINATES)
    assert found.stay in near
    assert found.evidence >= 0.85  # these scans' errors are independent
    assert found.standing == MOTION.standing  # no visit has two scans


def test_the_fit_tells_independent_scans_from_repeated_ones() -> None:
    random = np.random.default_rng(5)
    truth = np.repeat(np.arange(5), 40)
    visits = np.arange(200) // 4
    logs = 1.5 * np.eye(5)[truth] + random.normal(0, 1, (200, 5))
    same = logs[visits * 4]
    found = []
    for each in (logs, same):
        chances = np.exp(each) / np.exp(each).sum(axis=1, keepdims=True)
        walk = Scans(chances.astype(np.float32), visits, np.zeros(200, np.bool_))
        found.append(tracks.fit(walk, visits, truth, ()).standing)
    assert found[0] > found[1]


def test_nothing_to_judge_by_gives_the_defaults() -> None:
    walk = scans([0, 0])
    none = np.zeros(2, np.bool_)
    assert tracks.fit(walk, np.arange(2), np.arange(2), PLANE, none) == MOTION


def test_five_standing_scans_are_better_than_one_and_a_walk_better_than_single_scans() -> None:
    training, survey = simulate.simulate_pair(1, 2)
    probabilities = baselines.radio_map(training)(survey.readings)
    silent = np.zeros(len(survey), np.bool_)
    visits = split.visits(survey)
    rank = np.arange(len(survey)) - np.searchsorted(visits, visits)
    five = np.isin(visits, visits[rank == 4]) & (rank < 5)
    _, devices = np.unique(visits[five], return_inverse=True)
    pooled = tracks.standing(Scans(probabilities[five], devices, silent[five]), MOTION)
    single = scores.score(probabilities[five], survey.cells[five])
    together = scores.score(pooled, survey.cells[five & (rank == 0)])
    assert together.mean < 0.9 * single.mean
    assert together.nll < single.nll - 0.1

    days = np.unique(survey.times.astype("datetime64[D]"), return_inverse=True)[1]
    walk = tracks.filtered(Scans(probabilities, days, silent), grid.COORDINATES, MOTION)
    assert (
        scores.score(walk, survey.cells).mean
        < 0.95 * scores.score(probabilities, survey.cells).mean
    )
