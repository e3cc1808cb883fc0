from dataclasses import replace

import numpy as np
import pytest

from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.grid import CELLS
from tests.support.scans import surveyed
from train.batches import Batch, Batches
from train.hyperparameters import Hyperparameters

REAL = Hyperparameters(drawn_scans=0, batch_size=65_536, seed=1)
PLAIN = replace(REAL, noise_db=0, beacon_dropping=0, batch_size=32)


def epoch(scans: Scans, parameters: Hyperparameters, number: int = 1) -> list[Batch]:
    return list(Batches(scans, parameters).epoch(number))


def stacked(batches: list[Batch]) -> Batch:
    return Batch(*(np.concatenate(each) for each in zip(*map(_parts, batches), strict=True)))


def _parts(batch: Batch) -> tuple[np.ndarray, ...]:  # type: ignore[type-arg]  # of several kinds
    return batch.readings, batch.targets, batch.distances, batch.weights


def test_every_scan_comes_once_an_epoch_and_the_last_batch_is_short() -> None:
    scans = surveyed()
    batches = epoch(scans, PLAIN)
    assert len(batches) == Batches(scans, PLAIN).steps
    assert [len(each.readings) for each in batches] == [32, 32, 32, 32, 16]
    seen = stacked(batches).readings
    assert sorted(map(bytes, seen)) == sorted(map(bytes, scans.readings))


def test_an_epoch_is_the_same_again_and_another_one_is_not() -> None:
    scans, parameters = surveyed(), Hyperparameters(batch_size=32, seed=4)
    first, again = (stacked(epoch(scans, parameters, 7)) for _ in range(2))
    other = stacked(epoch(scans, parameters, 8))
    assert first.readings.tobytes() == again.readings.tobytes()
    assert first.readings.tobytes() != other.readings.tobytes()


@pytest.mark.parametrize("share", [0.5, 1.0, 3.0])
def test_drawn_scans_join_the_real_ones_and_come_from_anywhere(share: float) -> None:
    scans, parameters = surveyed(), replace(PLAIN, drawn_scans=share)
    batches = epoch(scans, parameters)
    assert len(batches) == Batches(scans, parameters).steps
    batch = stacked(batches)
    assert len(batch.readings) == round(len(scans) * (1 + share))
    assert not {bytes(row) for row in scans.readings} - {bytes(row) for row in batch.readings}
    assert (batch.readings != NOT_HEARD).any(axis=1).all()
    visited = np.unique(batch.distances.argmin(axis=1))
    assert len(visited) > 2 * len(np.unique(scans.cells))
    assert batch.weights.mean() == pytest.approx(1)


def test_real_and_drawn_scans_are_mixed_in_every_batch() -> None:
    scans = surveyed()
    real = {bytes(row) for row in scans.readings}
    batches = epoch(scans, replace(PLAIN, drawn_scans=1, batch_size=48))
    shares = [np.mean([bytes(row) in real for row in batch.readings]) for batch in batches]
    assert all(0.2 < share < 0.8 for share in shares)


@pytest.mark.parametrize("scans", [surveyed(cells=1, visits=1, scans=1), surveyed(cells=1)])
def test_few_scans_are_enough_to_draw_from(scans: Scans) -> None:
    batch = stacked(epoch(scans, Hyperparameters()))
    assert len(batch.readings) == 6 * len(scans)
    assert np.isfinite(batch.readings).all()


def test_targets_are_distributions_that_favour_the_true_cell() -> None:
    batch = stacked(epoch(surveyed(), PLAIN))
    true = batch.distances.argmin(axis=1)
    assert np.allclose(batch.targets.sum(axis=1), 1, atol=1e-6)
    assert (batch.targets.argmax(axis=1) == true).all()
    assert (batch.targets.max(axis=1) > 0.5).all()
    assert (batch.targets.max(axis=1) < 1).all()


@pytest.mark.parametrize("change", [{"label_smoothing_share": 0.0}, {"label_smoothing_cells": 0.0}])
def test_without_smoothing_labels_are_hard(change: dict[str, float]) -> None:
    parameters = Hyperparameters.parse({name: str(value) for name, value in change.items()})
    targets = stacked(epoch(surveyed(), parameters)).targets
    assert set(np.unique(targets)) == {0, 1}
    assert (targets.sum(axis=1) == 1).all()


def test_balanced_scans_of_each_cell_weigh_the_same_together() -> None:
    scans = surveyed(cells=2, visits=1, scans=6)
    scans = scans.take(np.array([0, 1, 2, 3, 4, 6]))  # five of one cell, one of another
    batch = stacked(epoch(scans, PLAIN))
    true = batch.distances.argmin(axis=1)
    together = np.bincount(true, batch.weights, minlength=len(CELLS))
    assert together[0] == pytest.approx(together[1])
    assert batch.weights.mean() == pytest.approx(1)


def test_unbalanced_scans_weigh_one() -> None:
    batch = stacked(epoch(surveyed(), Hyperparameters(class_balance=False)))
    assert (batch.weights == 1).all()


def test_augmentation_drops_beacons_but_never_all_and_never_invents_one() -> None:
    scans = surveyed(visits=10)
    harsh = replace(REAL, noise_db=0, beacon_dropping=0.6)
    (batch,) = epoch(scans, harsh)
    order = np.random.default_rng([1, 1]).permutation(len(scans))
    before, after = scans.heard[order], batch.readings != NOT_HEARD
    assert not (after & ~before).any()
    assert after.any(axis=1).all()
    assert after.sum() < 0.9 * before.sum()
    assert (batch.readings[after] == scans.readings[order][after]).all()


def test_noise_has_the_width_that_was_asked_for() -> None:
    scans = surveyed(visits=20)
    noisy = replace(REAL, noise_db=3, beacon_dropping=0)
    (batch,) = epoch(scans, noisy)
    order = np.random.default_rng([1, 1]).permutation(len(scans))
    heard = scans.heard[order]
    noise = (batch.readings - scans.readings[order])[heard]
    assert noise.std() == pytest.approx(3, rel=0.1)
    assert (batch.readings[~heard] == NOT_HEARD).all()


def test_a_scan_that_heard_nothing_stays_as_it_is() -> None:
    scans = surveyed(cells=1, visits=1, scans=1)
    silent = Scans(np.full_like(scans.readings, NOT_HEARD), scans.cells, scans.times)
    (batch,) = epoch(silent, REAL)
    assert (batch.readings == NOT_HEARD).all()
