"""Several scans of one device fused: filtered along a walk, or pooled where it stands.

Only probabilities are known here. By Bayes a scan's likelihood is its posterior over the prior of
the labels; the models are taught as if all labels were equally likely, so that prior is even and
the posterior itself serves as the likelihood. A scan in which nothing was heard says nothing, and
only time passes. Nothing is kept between two calls.
"""

import itertools
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from model.signature import Motion

LEAST: Final = 1e-6  # of a probability: no single scan can rule a label out for good
JUMP: Final = 0.01  # probability of being anywhere: gaps between labels, and scans left out
ROUNDING: Final = 1e-6  # cells

DISTANCE: Final = 1.5  # nats that a cell of expected distance counts for where motion is fitted

_STAYS: Final = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_EVIDENCES: Final = (0.3, 0.4, 0.55, 0.7, 0.85, 1.0)
_STANDINGS: Final = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
_PIECE: Final = 4096  # rows whose logarithms are in memory at once

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scans:
    """What N single scans say, in the order of time.

    Attributes:
        probabilities: (N, K), each row summing to 1.
        devices: (N,) number of the device that took each scan, counted from 0 without gaps.
        silent: (N,) true where a scan heard nothing.
    """

    probabilities: Floats
    devices: Indices
    silent: Mask


def transitions(coordinates: npt.ArrayLike, labels: int, motion: Motion) -> Doubles:
    """Give (K, K) the probability of being at each label one scan after each label.

    A device stays, or goes to any label within reach along both axes with equal probability, or
    rarely to any label at all. Where labels have no coordinates, all are within reach.

    Args:
        coordinates: (K, 2) in cells, or nothing.
        labels: K.
        motion: How far a device goes, and how often.
    """
    plane = np.asarray(coordinates, np.float64)
    near = np.ones((labels, labels))
    if plane.size:
        apart = np.abs(plane[:, None] - plane[None]).max(axis=2)
        near = (apart <= motion.reach + ROUNDING).astype(np.float64)
    np.fill_diagonal(near, 0.0)
    others = near.sum(axis=1, keepdims=True)
    steps = np.where(others > 0, near / np.maximum(others, 1), np.eye(labels))
    moved = motion.stay * np.eye(labels) + (1 - motion.stay) * steps
    return (1 - JUMP) * moved + JUMP / labels


def filtered(
    scans: Scans,
    coordinates: npt.ArrayLike,
    motion: Motion,
    steps: Doubles | None = None,
) -> Floats:
    """Follow every device: what scans 1 to t of its track say of where it is at scan t.

    This is the forward algorithm. Earlier scans count by their probabilities to the power of
    `motion.evidence`, for errors of consecutive scans are alike. All devices go on together, a
    scan at a time.

    Args:
        scans: Of any number of devices, mixed in any way.
        coordinates: (K, 2) of the labels in cells, or nothing.
        motion: How devices move.
        steps: The `transitions`, where they are known already.

    Returns:
        (N, K) float32, each row summing to 1; the order is that of the scans.
    """
    labels = scans.probabilities.shape[1]
    if steps is None:
        steps = transitions(coordinates, labels, motion)
    result = np.empty((len(scans.devices), labels), np.float32)
    order, starts, lengths = _longest_first(scans.devices)
    belief = np.full((len(starts), labels), 1 / labels)
    for time in range(int(lengths.max(initial=0))):
        going = int(np.count_nonzero(lengths > time))
        rows = order[starts[:going] + time]
        expected = belief[:going] @ steps if time else belief
        heard = np.maximum(scans.probabilities[rows].astype(np.float64), LEAST)
        heard[scans.silent[rows]] = 1.0
        belief = _normalised(expected * heard**motion.evidence)
        result[rows] = belief
    return result


def standing(scans: Scans, motion: Motion) -> Floats:
    """Pool all scans of every device, which stands still: the product of their probabilities.

    The mean of the n logarithms is multiplied by n to the power of `motion.standing`; 1 would mean
    that the scans' errors are independent.

    Args:
        scans: Of any number of devices, mixed in any way.
        motion: How alike scans of one place are.

    Returns:
        (D, K) float32, a row a device; even where no scan of it heard anything.
    """
    number = int(scans.devices.max(initial=-1)) + 1
    sums = np.zeros((number, scans.probabilities.shape[1]))
    for start in range(0, len(scans.devices), _PIECE):
        piece = slice(start, start + _PIECE)
        heard = ~scans.silent[piece]
        chances = np.maximum(scans.probabilities[piece][heard].astype(np.float64), LEAST)
        np.add.at(sums, scans.devices[piece][heard], np.log(chances))
    counts = np.maximum(np.bincount(scans.devices[~scans.silent], minlength=number), 1)
    sums *= counts[:, None].astype(np.float64) ** (motion.standing - 1)
    return _normalised(np.exp(sums - sums.max(axis=1, keepdims=True))).astype(np.float32)


def fit(
    walks: Scans,
    visits: Indices,
    truth: Indices,
    coordinates: npt.ArrayLike,
    counted: Mask | None = None,
) -> Motion:
    """Choose how devices move by where they were; the reach stays as it is.

    The likelihood alone would blur every track, to be rid of few sure mistakes. So the expected
    distance to the truth counts as well.

    Args:
        walks: Labelled scans in the order of time, a device a track, one a day for example.
        visits: (N,) number of the stay at one label that each scan belongs to.
        truth: (N,) the true label of each scan.
        coordinates: (K, 2) of the labels in cells, or nothing.
        counted: (N,) true for scans by which to judge: those that the model did not learn from.
            All, unless given.

    Returns:
        The best of a small grid; the defaults where there is nothing to judge by.
    """
    counted = np.ones(len(truth), np.bool_) if counted is None else counted
    loss = _Loss(coordinates)
    best = Motion()
    if counted.any():
        tried = [
            replace(best, stay=s, evidence=e) for s, e in itertools.product(_STAYS, _EVIDENCES)
        ]
        losses = [
            loss.of(filtered(walks, coordinates, each)[counted], truth[counted]) for each in tried
        ]
        best = tried[int(np.argmin(losses))]
    _, first, stays = np.unique(visits[counted], return_index=True, return_inverse=True)
    several = np.bincount(stays) > 1
    if several.any():
        pooled = Scans(walks.probabilities[counted], stays, walks.silent[counted])
        places = truth[counted][first][several]
        tried = [replace(best, standing=exponent) for exponent in _STANDINGS]
        losses = [loss.of(standing(pooled, each)[several], places) for each in tried]
        best = tried[int(np.argmin(losses))]
    return best


class _Loss:
    """Mean of minus the log-likelihood of the true label, and the expected distance to it."""

    def __init__(self, coordinates: npt.ArrayLike) -> None:
        plane = np.asarray(coordinates, np.float64)
        self._apart = np.linalg.norm(plane[:, None] - plane[None], axis=2) if plane.size else None

    def of(self, probabilities: Floats, truth: Indices) -> float:
        said = probabilities[np.arange(len(truth)), truth]
        loss = -np.log(np.maximum(said, LEAST))
        if self._apart is not None:
            loss = loss + DISTANCE * (probabilities * self._apart[truth]).sum(axis=1)
        return float(loss.mean())


def _longest_first(devices: Indices) -> tuple[Indices, Indices, Indices]:
    """Bring the scans of each device together, the device with the most scans first.

    Returns:
        (N,) the scans in that order; where in it each device begins, and how many scans it has.
    """
    order = np.argsort(devices, kind="stable")
    _, starts, lengths = np.unique(devices[order], return_index=True, return_counts=True)
    longest = np.argsort(-lengths, kind="stable")
    return order, starts[longest], lengths[longest]


def _normalised(weights: Doubles) -> Doubles:
    result: Doubles = weights / weights.sum(axis=1, keepdims=True)
    return result
