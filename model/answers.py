"""From probabilities to answers: the class, where it lies, how sure that is, and the runners-up.

Nothing here knows what the classes are; labels and coordinates come from the signature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from model.sharing import once
from model.signature import OutputSpec

OK = "ok"
NO_SIGNAL = "no_signal"
OUT_OF_COVERAGE = "out_of_coverage"

_VERDICTS = np.array([OK, NO_SIGNAL, OUT_OF_COVERAGE], object)
_FEW = 8  # candidates that are found one by one, or rows that are not worth many calls
_NEAREST = 32  # classes within which most rows have the share of the posterior that is wanted
_STEP = 0.5  # of the points among which a position is sought, in cells
_REACH = 1.0  # how far from a class they may lie, in cells

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """What the model says of N rows.

    Attributes:
        probabilities: (N, K) float32.
        labels: (N,) label numbers, the answer: the label of least expected distance, or without
            coordinates the likeliest. Where the likeliest one lies apart from all the others that
            are likely, an answer among those is less far off.
        candidates: (N, top_k) label numbers, the likeliest first.
        positions: (N, 2) the point of least expected distance, in cells; None without coordinates.
        uncertainty: (N,) radius in cells around it that holds the true class with probability
            0.68; None without coordinates.
        status: N times `ok`, `no_signal` (no reading) or `out_of_coverage` (readings that do not
            go together where the model was trained).
        devices: Where answers are about devices: N times its name and its number of scans.
        contributions: Where answers are explained: N times what speaks for the answer,
            in nats by field, the greatest first.
    """

    probabilities: Floats
    labels: Indices
    candidates: Indices
    positions: Floats | None
    uncertainty: Floats | None
    status: Sequence[str]
    devices: Sequence[tuple[str, int]] | None = None
    contributions: Sequence[Mapping[str, float]] | None = None


class Decoder:
    """Turns probabilities into answers for one signature's output; see `decoder_of`."""

    def __init__(self, output: OutputSpec) -> None:
        self._plane = (
            _Plane(np.asarray(output.coordinates), output.mass) if output.coordinates else None
        )

    def decode(
        self, probabilities: Floats, silent: Mask, top_k: int, strange: Mask | None = None
    ) -> Answers:
        """Decode N rows.

        Args:
            probabilities: (N, K), each row summing to 1.
            silent: (N,) true where a row had no reading at all.
            top_k: How many candidates to give, at most K.
            strange: (N,) true where the training data does not support a row; None for nowhere.
        """
        candidates = _candidates(probabilities, top_k)
        status = _status(silent, strange)
        if self._plane is None:
            likeliest = candidates[:, 0]
            return Answers(probabilities, likeliest, candidates, None, None, status)
        labels = self._plane.nearest(probabilities)
        positions, uncertainty = self._plane.locate(probabilities)
        return Answers(probabilities, labels, candidates, positions, uncertainty, status)


decoder_of = once(Decoder)


class _Plane:
    """The distances from every point around a class to every class, computed once a model."""

    def __init__(self, coordinates: npt.NDArray[Any], mass: float) -> None:
        self._mass = mass
        steps = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
        around = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
        around = around[np.linalg.norm(around, axis=1) <= _REACH]
        points = np.unique((coordinates[:, None] + around).reshape(-1, 2), axis=0)
        low, high = coordinates.min(axis=0), coordinates.max(axis=0)
        points = points[((points >= low) & (points <= high)).all(axis=1)]
        self._points = points.astype(np.float32)
        self._distances = _distances(self._points, coordinates)
        self._between = _distances(coordinates, coordinates)
        order = np.argsort(self._distances, axis=1, kind="stable")
        self._order = order.astype(np.int16)  # there are at most `MOST_PLACES` classes
        self._nearest = self._order[:, :_NEAREST]
        rounding = 4 * len(coordinates) * np.finfo(np.float32).eps  # of a sum, and more than that
        self._bounds = np.array([1 - rounding, 1 + rounding], np.float32)

    def nearest(self, probabilities: Floats) -> Indices:
        """Give the (N,) classes of least expected distance."""
        nearest: Indices = (probabilities @ self._between).argmin(axis=1)
        return nearest

    def locate(self, probabilities: Floats) -> tuple[Floats, Floats]:
        """Give (N, 2) points of least expected distance and (N,) radii around them."""
        best = (probabilities @ self._distances.T).argmin(axis=1)
        reached = self._reached(probabilities, best)
        first = best * self._order.shape[1]  # of the point's row in both tables
        furthest = self._order.take(first + reached)
        return self._points.take(best, axis=0), self._distances.take(first + furthest)

    def _reached(self, probabilities: Floats, best: Indices) -> Indices:
        """How many classes around each row's point have less than the share that is wanted."""
        if len(best) < _FEW or not (probabilities >= 0).all():
            return self._counted(probabilities, best)
        # The nearest classes suffice for most rows, unless the rounding of sums decides.
        inside = _ordered(probabilities, self._nearest[best]).cumsum(axis=1)
        share = self._mass * (probabilities @ np.ones((probabilities.shape[1], 1), np.float32))
        low: Indices = (inside >= share * self._bounds[0]).argmax(axis=1)
        high = (inside >= share * self._bounds[1]).argmax(axis=1)
        unsure = np.flatnonzero((low != high) | (inside[:, -1:] < share * self._bounds[1])[:, 0])
        low[unsure] = self._counted(probabilities[unsure], best[unsure])
        return low

    def _counted(self, probabilities: Floats, best: Indices) -> Indices:
        """The same with all classes, summed up one after the other."""
        inside = _ordered(probabilities, self._order[best]).cumsum(axis=1)
        reached: Indices = (inside >= self._mass * inside[:, -1:]).argmax(axis=1)
        return reached


def _ordered(table: Floats, order: npt.NDArray[np.int16]) -> Floats:
    """Put the elements of each row into the order that is given for it."""
    if len(table) == 1:
        return table.take(order)
    places = order + np.arange(0, table.size, table.shape[1])[:, None]  # in all rows one by one
    return table.take(places)


def _candidates(probabilities: Floats, number: int) -> Indices:
    """Give the (N, number) likeliest labels, or all, the likeliest first; ties to the first."""
    rows, labels = probabilities.shape
    number = min(number, labels)
    if number > _FEW or rows < _FEW:  # too many, or too little to make up for the calls
        return np.argsort(-probabilities, axis=1, kind="stable")[:, :number]
    found = np.empty((rows, number), np.intp)
    left, each = probabilities, np.arange(rows)
    for rank in range(number):
        if rank:
            left = left.copy() if rank == 1 else left
            left[each, found[:, rank - 1]] = -np.inf
        left.argmax(axis=1, out=found[:, rank])
    return found


def _status(silent: Mask, strange: Mask | None) -> list[str]:
    """Say of each row whether it had no reading, or else is strange, or neither."""
    verdicts = silent.astype(np.intp)
    if strange is not None:
        verdicts[strange & ~silent] = 2
    named: list[str] = _VERDICTS.take(verdicts).tolist()
    return named


def _distances(points: npt.NDArray[Any], others: npt.NDArray[Any]) -> Floats:
    """(N, M) distances between N and M points of a plane."""
    offsets = points[:, None].astype(np.float32) - others[None].astype(np.float32)
    distances: Floats = np.linalg.norm(offsets, axis=2)
    return distances
