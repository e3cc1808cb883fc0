"""Surveys and walks of a made-up building: which cells are visited, for how long, and when."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import data
from model.blerssi.data import Scans
from model.blerssi.floor_plan import FloorPlan
from model.blerssi.simulate_world import ATTEMPTS, World

# How often cells were visited: once, twice, thrice. How many scans visits had: 1 to 12.
VISITS: Final = np.array((65, 32, 8)) / 105
SCANS: Final = np.array((5, 17, 12, 33, 14, 31, 9, 14, 7, 6, 1, 4)) / 153
SPACING: Final = (3.0, 1.05)  # seconds between scans, log-normal: median, and sigma of the log
GAP: Final = (19.0, 0.9)  # the same from one visit to the next
LONGEST: Final = 50.0  # seconds between scans; 60 would make another visit of it
VISITS_A_DAY: Final = 16
_DATES: Final = "04-19 04-20 05-25 07-21 08-04 09-19 09-21 09-27 10-03 10-04"
DAYS: Final = np.array([f"2016-{date}" for date in _DATES.split()], "datetime64[D]")
OPENING: Final = np.timedelta64(9 * 60 + 40, "m")  # when a day begins

STAY: Final = 0.7  # probability that the next scan of a walk is taken in the same cell
SCANS_A_WALK: Final = 80  # as many as a day of the real survey has
DIAGONAL: Final = 1.5  # cells; whatever is nearer than this is a neighbour

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Visits:
    """Where a device stands, one visit after the other.

    Attributes:
        cells: (V,) the cell of each.
        sizes: (V,) how many scans each has.
        days: (V,) on which day each is, counted from 0; the next visit is on that day or the next.
    """

    cells: Indices
    sizes: Indices
    days: Indices


@dataclass(frozen=True, eq=False)
class Survey:
    """What was heard, and the truth about it.

    Attributes:
        scans: N labelled scans in the order of time; their cells are places in the plan's cells.
        places: (N, 2) where they were really taken, (column, row).
        visits: (N,) the visit that each belongs to, counted from 0 within a world.
        worlds: (N,) the world that each was taken in, counted from 0.
    """

    scans: Scans
    places: Floats
    visits: Indices
    worlds: Indices

    def count_visits(self) -> int:
        """Count the visits that heard anything, in all worlds."""
        return len(np.unique(np.column_stack([self.worlds, self.visits]), axis=0))

    @staticmethod
    def concatenate(parts: "list[Survey]") -> "Survey":
        """Put the scans of several worlds one behind the other, and number the worlds."""
        worlds = [np.full(len(part.scans), number) for number, part in enumerate(parts)]
        return Survey(
            Scans.concatenate([part.scans for part in parts]),
            np.concatenate([part.places for part in parts]),
            np.concatenate([part.visits for part in parts]),
            np.concatenate(worlds),
        )


def survey(
    world: World,
    random: np.random.Generator,
    visits_per_cell: int | None = None,
    start: np.datetime64 = DAYS[0],
) -> Survey:
    """Stand in every cell, one to three times as in the real survey, or just so often.

    The phone stays until it has heard something as often as it was meant to.

    Args:
        world: What to survey.
        random: Where chance comes from.
        visits_per_cell: None for one to three.
        start: First day; the real survey's days are used up first, then every day is one.
    """
    everywhere = np.arange(len(world.plan.cells))
    if visits_per_cell is None:
        wanted = random.choice(len(VISITS), len(everywhere), p=VISITS) + 1
    else:
        wanted = np.full(len(everywhere), visits_per_cell)
    cells = np.concatenate([everywhere[wanted > turn] for turn in range(wanted.max())])
    sizes = random.choice(len(SCANS), len(cells), p=SCANS) + 1
    visits = Visits(cells, sizes, np.arange(len(cells)) // VISITS_A_DAY)
    return stand(world, random, visits, start)


def walks(
    world: World, random: np.random.Generator, number: int, start: np.datetime64 = DAYS[0]
) -> Survey:
    """Walk about, one track a day, and scan on the way.

    After each scan the device stays in its cell with probability 0.7, else it goes on to one of the
    cells around it, all alike. A scan that hears nothing is lost.

    Args:
        world: Where to walk.
        random: Where chance comes from.
        number: Tracks, of 80 scans each.
        start: As of `survey`.
    """
    around = _neighbours(world.plan)
    cells, sizes, days = [], [], []
    for day in range(number):
        here, left = int(random.integers(len(around))), SCANS_A_WALK
        while left:
            size = min(int(random.geometric(1 - STAY)), left)
            cells.append(here)
            sizes.append(size)
            days.append(day)
            left -= size
            here = int(random.choice(around[here]))
    visits = Visits(np.array(cells), np.array(sizes), np.array(days))
    return stand(world, random, visits, start, attempts=1)


def stand(
    world: World,
    random: np.random.Generator,
    visits: Visits,
    start: np.datetime64,
    attempts: int = ATTEMPTS,
) -> Survey:
    """Visit cells one after the other, standing anywhere in them.

    Args:
        world: Where.
        random: Where chance comes from.
        visits: One or more.
        start: The first day.
        attempts: How often a scan is tried until it hears something; then it is lost.
    """
    cells = visits.cells
    offsets = random.uniform(-0.5, 0.5, (len(cells), 2))
    points = np.asarray(world.plan.coordinates)[cells] + offsets
    expected = world.visit(cells, points, random)
    numbers = np.repeat(np.arange(len(cells)), visits.sizes)
    readings = world.hear(expected[numbers], random, attempts)
    times = _times(numbers, visits.days[numbers], start, random)
    kept = np.flatnonzero((readings != data.NOT_HEARD).any(axis=1))
    scans = Scans(readings, cells[numbers], times).take(kept)
    return Survey(scans, points[numbers][kept], numbers[kept], np.zeros(len(kept), np.intp))


def _times(
    visits: Indices, days: Indices, start: np.datetime64, random: np.random.Generator
) -> data.Times:
    """(N,) when each scan was taken: on the real survey's days from `start` on, then daily."""
    begins = np.diff(visits, prepend=-1) > 0
    spacing = np.minimum(random.lognormal(np.log(SPACING[0]), SPACING[1], len(visits)), LONGEST)
    gaps = random.lognormal(np.log(GAP[0]), GAP[1], len(visits))
    elapsed = np.cumsum(np.ceil(np.where(begins, gaps, spacing))).astype("timedelta64[s]")
    first = np.searchsorted(days, np.arange(days[-1] + 1))
    further = max(start, DAYS[-1] + 1) + np.arange(days[-1] + 1)
    calendar = np.concatenate([DAYS[start <= DAYS], further])[days]
    times: data.Times = (
        (calendar + OPENING).astype("datetime64[s]") + elapsed - elapsed[first][days]
    )
    return times


def _neighbours(plan: FloorPlan) -> list[Indices]:
    """The cells that one may step to from each: those around it, and over gaps the nearest.

    The steps over gaps are those of the shortest tree that joins all cells, so that a walk can
    reach every cell.
    """
    apart = plan.apart()
    near = (apart > 0) & (apart < DIAGONAL)
    gaps, origin = apart[0].copy(), np.zeros(len(apart), np.intp)
    gaps[0] = np.inf
    while np.isfinite(gaps).any():
        cell = gaps.argmin()
        near[cell, origin[cell]] = near[origin[cell], cell] = True
        nearer = np.isfinite(gaps) & (apart[cell] < gaps)
        gaps[nearer], origin[nearer] = apart[cell][nearer], cell
        gaps[cell] = np.inf
    return [np.flatnonzero(row) if row.any() else np.array([cell]) for cell, row in enumerate(near)]
