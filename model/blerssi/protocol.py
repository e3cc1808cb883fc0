"""How a method is judged fairly: which scans it may learn from, and which it answers.

Only genuine scans take part. A copy of a scan (`model.blerssi.split.copies`) would let a method
look at the answer where its source is judged, and tells nothing new where it is not.

Four families of splits:

    g3     new visits at surveyed cells: half of the cells that were visited more than once give
           one whole visit each
    g2     new visits anywhere: a fifth of all visits, many of them at cells that no other visit saw
    gday   a whole day, judged by what other days taught
    gcell  whole cells unseen: a fifth of the surveyed cells give all their visits
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import split
from model.blerssi.data import Scans

REPEATED: Final = 0.5  # share of the cells with several visits that give one, in g3
VISITS: Final = 0.2  # share of the visits that are judged, in g2
CELLS: Final = 0.2  # share of the cells that are judged, in gcell

DAYS: Final = "gday"

Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Survey:
    """The genuine scans among labelled ones, and what they belong to.

    Attributes:
        scans: All scans, copies and scans of unknown cells among them.
        copies: How many of them are copies.
        genuine: (N,) places of the genuine ones.
        cells: (N,) their cells.
        visits: (N,) their visits, counted from 0.
        days: (N,) their days, counted from 0.
    """

    scans: Scans
    copies: int
    genuine: Indices
    cells: Indices
    visits: Indices
    days: Indices

    @classmethod
    def of(cls, scans: Scans) -> "Survey":
        """Find the genuine scans."""
        copied = split.copies(scans) >= 0
        genuine = np.flatnonzero((scans.cells >= 0) & ~copied)
        found = scans.take(genuine)
        _, days = np.unique(found.times.astype("datetime64[D]"), return_inverse=True)
        return cls(scans, int(copied.sum()), genuine, found.cells, split.visits(found), days)

    def split(self, family: str, seed: int) -> tuple[Indices, Indices]:
        """Choose the scans of one split.

        Args:
            family: One of `FAMILIES`.
            seed: Start of the random choice; for `gday` the number of the day in order of time,
                counted from 0 and from there again behind the last.

        Returns:
            Places in `scans` of those to learn from and of those to judge by, both ascending. The
            second is empty where the survey has nothing to hold out.
        """
        judged = FAMILIES[family](self, seed)
        return self.genuine[~judged], self.genuine[judged]

    def facts(self) -> dict[str, int]:
        """What was found, as JSON data."""
        return {
            "scans": len(self.scans),
            "genuine": len(self.genuine),
            "copies": self.copies,
            "visits": _number(self.visits),
            "days": _number(self.days),
            "cells": len(np.unique(self.cells)),
        }

    def summary(self) -> str:
        """What was found, in a sentence."""
        facts = {name: f"{count:,}" for name, count in self.facts().items()}
        return (
            "{scans} scans: {genuine} genuine ones in {visits} visits at {cells} cells on {days} "
            "days, and {copies} copies of scans of another day, which are left out."
        ).format_map(facts)


def splits(scans: Scans, family: str, seed: int) -> tuple[Indices, Indices]:
    """Choose the scans of one split; see `Survey.split`. Many splits are faster from one survey."""
    return Survey.of(scans).split(family, seed)


def repeats(survey: Survey, family: str, wanted: int) -> int:
    """How many splits of a family there are to be: as many as wanted, or one a day."""
    return _number(survey.days) if family == DAYS else wanted


def _new_visits_at_surveyed_cells(survey: Survey, seed: int) -> Mask:
    random = np.random.default_rng(seed)
    pairs = np.unique(np.column_stack([survey.cells, survey.visits]), axis=0)
    repeated = np.flatnonzero(np.bincount(pairs[:, 0]) > 1)
    chosen = random.permutation(repeated)[: round(REPEATED * len(repeated))]
    given = [random.choice(pairs[pairs[:, 0] == cell, 1]) for cell in chosen]
    return np.isin(survey.visits, given)


def _new_visits(survey: Survey, seed: int) -> Mask:
    return _some(survey.visits, VISITS, seed)


def _day(survey: Survey, seed: int) -> Mask:
    days = _number(survey.days)
    return survey.days == seed % days if days > 1 else np.zeros(len(survey.days), np.bool_)


def _unseen_cells(survey: Survey, seed: int) -> Mask:
    return _some(survey.cells, CELLS, seed)


def _number(numbered: Indices) -> int:
    return int(numbered.max(initial=-1)) + 1


def _some(groups: Indices, share: float, seed: int) -> Mask:
    """The members of a share of the groups, chosen at random."""
    distinct = np.unique(groups)
    chosen = np.random.default_rng(seed).permutation(distinct)[: round(share * len(distinct))]
    return np.isin(groups, chosen)


FAMILIES: Final[Mapping[str, Callable[[Survey, int], Mask]]] = {
    "g3": _new_visits_at_surveyed_cells,
    "g2": _new_visits,
    DAYS: _day,
    "gcell": _unseen_cells,
}
MEANING: Final[Mapping[str, str]] = {
    "g3": "new visits at surveyed cells",
    "g2": "new visits anywhere",
    DAYS: "whole days, by what the other days taught",
    "gcell": "cells that nobody surveyed",
}
WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "g3": ("one scan", "5 standing scans"),
    "g2": ("one scan", "5 standing scans"),
    DAYS: ("one scan", "the day as a walk"),
    "gcell": ("one scan",),
}
