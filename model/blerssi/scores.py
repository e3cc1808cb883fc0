"""How good answers are: errors on the floor in cells, ranks, likelihood and calibration.

Positions are those that serving gives for the same probabilities: one decoder does both.
"""

import functools
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model.answers import Decoder
from model.blerssi import grid, pathloss
from model.signature import OutputSpec

CANDIDATES: Final = 5
BINS: Final = 15  # of the probability said, for calibration
EVEN: Final = 0.01  # share of an even guess mixed in, so that one certain mistake is not infinite
_PLANE: Final = np.asarray(grid.COORDINATES)
DISTANCES: Final = pathloss.between()
ROUNDING: Final = 1e-4  # cells; positions and uncertainties are float32
OUTPUT: Final = OutputSpec(grid.CELLS, "location", ("column", "row"), grid.COORDINATES)

Floats = npt.NDArray[np.float64]
Probabilities = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scores:
    """How N scans of known cells were answered. Distances are in cells.

    Attributes:
        cells: (N,) places of the true cells in `grid.CELLS`.
        positions: (N, 2) the answered positions, the points of least expected distance: the
            posterior medians.
        errors: (N,) their distances to the true cells.
        argmax_errors: (N,) distances of the most probable cells to the true ones.
        centroid_errors: (N,) those of the posterior means.
        safest_errors: (N,) those of the cells of least expected distance.
        covered: (N,) whether the uncertainty of the answer reaches the true cell.
        ranks: (N,) how many cells are more probable than the true one, at most 5.
        said: (N,) probability of the most probable cell.
        likelihoods: (N,) probability of the true cell.
    """

    cells: Indices
    positions: Floats
    errors: Floats
    argmax_errors: Floats
    centroid_errors: Floats
    safest_errors: Floats
    covered: Mask
    ranks: Indices
    said: Floats
    likelihoods: Floats

    @property
    def mean(self) -> float:
        """Mean of the errors."""
        return float(self.errors.mean())

    @property
    def median(self) -> float:
        """Median of the errors."""
        return float(np.median(self.errors))

    @property
    def p90(self) -> float:
        """The error that 90 % of the scans stay below."""
        return float(np.percentile(self.errors, 90))

    @property
    def argmax_mean(self) -> float:
        """Mean error of the most probable cells."""
        return float(self.argmax_errors.mean())

    @property
    def decoders(self) -> dict[str, Floats]:
        """The errors of every way to make a place of probabilities; the median is answered."""
        return {
            "argmax": self.argmax_errors,
            "posterior_mean": self.centroid_errors,
            "posterior_median": self.errors,
            "least_expected_distance": self.safest_errors,
        }

    @property
    def exact(self) -> float:
        """Share of scans whose most probable cell is the true one."""
        return self.top(1)

    @property
    def nll(self) -> float:
        """Mean negative log-likelihood of the true cell in nats, of 0.99 p + 0.01 / 105."""
        return float(self.losses.mean())

    @property
    def losses(self) -> Floats:
        """(N,) negative log-likelihoods; `nll` is their mean."""
        losses: Floats = -np.log((1 - EVEN) * self.likelihoods + EVEN / len(grid.CELLS))
        return losses

    @property
    def coverage(self) -> float:
        """Share of true cells within the uncertainty of their answer; 0.68 is meant."""
        return float(self.covered.mean())

    @property
    def reliability(self) -> tuple[tuple[float, float], ...]:
        """(mean probability said, share that was right) of every bin that holds a scan."""
        return tuple((said, right) for said, right, _ in self._bins())

    @property
    def ece(self) -> float:
        """Expected calibration error of the most probable cell over 15 bins."""
        return sum(share * abs(said - right) for said, right, share in self._bins())

    @property
    def cell_scans(self) -> Indices:
        """(105,) scans of each cell."""
        return np.bincount(self.cells, minlength=len(grid.CELLS))

    @property
    def cell_errors(self) -> Floats:
        """(105,) mean error of each cell; NaN for cells without a scan."""
        return self._by_cell(self.errors)

    @property
    def cell_positions(self) -> Floats:
        """(105, 2) mean answered position of each cell; NaN for cells without a scan."""
        return np.stack([self._by_cell(axis) for axis in self.positions.T], axis=1)

    def top(self, candidates: int) -> float:
        """Share of scans whose true cell is among so many most probable ones, 5 at most."""
        return float((self.ranks < candidates).mean())

    def within(self, distance: float) -> float:
        """Share of scans whose error is at most a distance."""
        return float((self.errors <= distance + ROUNDING).mean())

    def figures(self) -> dict[str, float]:
        """The figures that a metric line gives."""
        return {
            "mean_error_cells": self.mean,
            "median_error_cells": self.median,
            "p90_error_cells": self.p90,
            "exact": self.exact,
            "top3": self.top(3),
            "nll": self.nll,
        }

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON data; cells without a scan are left out."""
        scans, errors, positions = self.cell_scans, self.cell_errors, self.cell_positions
        return {
            "scans": len(self.cells),
            **self.figures(),
            "argmax_mean_error_cells": self.argmax_mean,
            "top5": self.top(5),
            "within_1_cell": self.within(1),
            "within_2_cells": self.within(2),
            "ece": self.ece,
            "reliability": [list(point) for point in self.reliability],
            "coverage": self.coverage,
            "cells": {
                grid.CELLS[cell]: {
                    "scans": int(scans[cell]),
                    "mean_error_cells": float(errors[cell]),
                    "mean_position": positions[cell].tolist(),
                }
                for cell in np.flatnonzero(scans)
            },
        }

    def _bins(self) -> list[tuple[float, float, float]]:
        """Mean probability said, share that was right, and share of all scans, for each bin."""
        numbers = np.minimum((self.said * BINS).astype(np.intp), BINS - 1)
        chosen = [numbers == number for number in np.unique(numbers)]
        return [
            (float(self.said[c].mean()), float((self.ranks[c] == 0).mean()), float(c.mean()))
            for c in chosen
        ]

    def _by_cell(self, values: Floats) -> Floats:
        counts = self.cell_scans
        sums = np.bincount(self.cells, values, len(counts))
        return np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def score(probabilities: Probabilities, cells: Indices, output: OutputSpec = OUTPUT) -> Scores:
    """Compare answers with the truth.

    Args:
        probabilities: (N, 105), one a cell of `grid.CELLS`, each row summing to 1.
        cells: (N,) places of the true cells in `grid.CELLS`.
        output: What the model's answers mean; the radius of the uncertainty depends on it.

    Raises:
        ValueError: There is no scan, or one of an unknown cell.
    """
    if not len(cells) or cells.min() < 0:
        raise ValueError("Scores need at least one scan, and the true cell of every scan.")
    candidates, positions, uncertainty = locate(probabilities, output)
    best = candidates[:, 0]
    safest = np.argmin(probabilities @ DISTANCES, axis=1)
    errors = np.linalg.norm(positions - _PLANE[cells], axis=1)
    hits = candidates == cells[:, None]
    rows = np.arange(len(cells))
    return Scores(
        cells=cells,
        positions=positions.astype(np.float64),
        errors=errors,
        argmax_errors=DISTANCES[best, cells],
        centroid_errors=np.linalg.norm(probabilities @ _PLANE - _PLANE[cells], axis=1),
        safest_errors=DISTANCES[safest, cells],
        covered=errors <= uncertainty + ROUNDING,
        ranks=np.where(hits.any(axis=1), hits.argmax(axis=1), CANDIDATES),
        said=probabilities[rows, best].astype(np.float64),
        likelihoods=probabilities[rows, cells].astype(np.float64),
    )


class Located(NamedTuple):
    """Where N scans were taken, by their probabilities.

    Attributes:
        candidates: (N, 5) places in `grid.CELLS`, the likeliest first.
        positions: (N, 2) points of least expected distance, (column, row).
        uncertainty: (N,) radius in cells.
    """

    candidates: Indices
    positions: Probabilities
    uncertainty: Probabilities


def locate(probabilities: Probabilities, output: OutputSpec = OUTPUT) -> Located:
    """Decode probabilities as serving does; see `score` for the arguments."""
    silent = np.zeros(len(probabilities), np.bool_)  # it only changes the status
    answers = _decoder(output).decode(probabilities, silent, CANDIDATES)
    if answers.positions is None or answers.uncertainty is None:
        raise AssertionError("A decoder with coordinates gives positions.")
    return Located(answers.candidates, answers.positions, answers.uncertainty)


@functools.lru_cache(4)
def _decoder(output: OutputSpec) -> Decoder:
    return Decoder(output)
