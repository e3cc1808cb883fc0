"""What one step of training sees: scans, softened labels, distances and weights.

The scans are real ones, augmented, and scans drawn from a radio map that was made of the real ones.

Everything random in an epoch follows from the seed and the epoch's number, so that a resumed run
sees what an uninterrupted one would have seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from model.blerssi import pathloss
from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.radiomap import RadioMap
from train.hyperparameters import Hyperparameters

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Batch:
    """N scans of one step, K cells.

    Attributes:
        readings: (N, 13) dBm.
        targets: (N, K) what the probabilities should be, each row summing to 1.
        distances: (N, K) from the true cell to every cell, in cells.
        weights: (N,) how much each scan counts.
    """

    readings: Array
    targets: Array
    distances: Array
    weights: Array


class Batches:
    """The labelled scans of a run, handed out in a new order and disguise every epoch.

    Args:
        scans: Labelled scans, at least one.
        parameters: Batch size, augmentation, drawn scans, label smoothing and the seed.
    """

    def __init__(self, scans: Scans, parameters: Hyperparameters) -> None:
        self._scans = scans
        self._parameters = parameters
        self._distances = pathloss.between().astype(np.float32)
        self._targets = _soften(self._distances, parameters)
        self._weights = _weigh(scans.cells, balanced=parameters.class_balance)
        self._drawn = round(parameters.drawn_scans * len(scans))

    @property
    def steps(self) -> int:
        """Steps of one epoch."""
        return -(-(len(self._scans) + self._drawn) // self._parameters.batch_size)

    @cached_property
    def _map(self) -> RadioMap:
        return RadioMap.fit(self._scans)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Give the batches of one epoch.

        Args:
            number: Counted from 1.
        """
        random = np.random.default_rng([self._parameters.seed, number])
        order = random.permutation(len(self._scans) + self._drawn)
        readings = _augment(self._scans.readings, self._parameters, random)
        cells, weights = self._scans.cells, self._weights
        if self._drawn:
            drawn, anywhere = self._map.draw(self._drawn, random)
            readings, cells = np.concatenate([readings, drawn]), np.concatenate([cells, anywhere])
            weights = np.concatenate([weights, np.ones(self._drawn, np.float32)])
        for start in range(0, len(order), self._parameters.batch_size):
            chosen = order[start : start + self._parameters.batch_size]
            near = cells[chosen]
            yield Batch(
                readings[chosen], self._targets[near], self._distances[near], weights[chosen]
            )


def _soften(distances: Array, parameters: Hyperparameters) -> Array:
    """For each true cell, the label's share on itself and the rest on a Gaussian around it."""
    share, width = parameters.label_smoothing_share, parameters.label_smoothing_cells
    hard = np.eye(len(distances), dtype=np.float32)
    if share == 0 or width == 0:
        return hard
    near = np.exp(-0.5 * (distances / width) ** 2)
    near /= near.sum(axis=1, keepdims=True)
    return np.asarray((1 - share) * hard + share * near, np.float32)


def _weigh(cells: npt.NDArray[np.intp], *, balanced: bool) -> Array:
    """Weights of mean 1; balanced, all scans of a cell together weigh what any other cell's do."""
    if not balanced:
        return np.ones(len(cells), np.float32)
    weights = 1 / np.bincount(cells)[cells]
    return np.asarray(weights / weights.mean(), np.float32)


def _augment(readings: Array, parameters: Hyperparameters, random: np.random.Generator) -> Array:
    """Add noise to what was heard, and lose weak beacons as a receiver does; one always stays."""
    heard = readings != NOT_HEARD
    noisy = readings + random.normal(0, 1, readings.shape) * parameters.noise_db
    weakness = np.clip((-60 - readings) / 20, 0.2, 1.5)
    lost = random.random(readings.shape) < parameters.beacon_dropping * weakness
    kept = heard & ~lost
    kept[~kept.any(axis=1)] = heard[~kept.any(axis=1)]
    return np.where(kept, noisy, NOT_HEARD).astype(np.float32)
