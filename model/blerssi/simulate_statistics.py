"""What a survey is like in numbers: what is heard, how far, how it varies, how visits go on."""

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import split
from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.floor_plan import FloorPlan

PERCENTILES: Final = (1, 5, 25, 50, 75, 95, 99)
RINGS: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10)  # cells from the beacon; they end where the next begins
FEWEST: Final = 3  # readings of a beacon in a visit, for a mean and a spread
COURSE: Final = (  # the statistics that say how a survey was laid out, not what it heard
    *(f"cells visited {times}" for times in ("once", "twice", "thrice")),
    "scans a visit, mean",
    "scans a visit, median",
    "seconds between scans, median",
    "seconds between visits, median",
    "cells between visits, median",
)
_FAR: Final = -95.0  # dBm that count for a beacon that was not heard, to tell scans apart
_AT_ONCE: Final = 2000  # scans that neighbours are sought for

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


def statistics(scans: Scans, plan: FloorPlan) -> dict[str, float]:
    """Describe labelled genuine scans; NaN where there are none to tell by.

    Args:
        scans: With cells of the plan, in any order.
        plan: Where the cells and the beacons are.
    """
    scans = scans.take(np.argsort(scans.times, kind="stable"))
    visits = split.visits(scans)
    return {
        **_loudness(scans),
        **_reach(scans, plan),
        **_spread(scans, visits),
        **_likeness(scans),
        **_course(scans, visits, plan),
    }


def _loudness(scans: Scans) -> dict[str, float]:
    """How many beacons a scan hears, and how strongly."""
    number = scans.heard.sum(axis=1)
    found = {f"heard {count}": float((number == count).mean()) for count in (1, 2, 3)}
    found["heard 4 or more"] = float((number >= 4).mean())
    strengths = np.percentile(scans.readings[scans.heard], PERCENTILES)
    for share, strength in zip(PERCENTILES, strengths, strict=True):
        found[f"reading, percentile {share}"] = float(strength)
    return found


def _reach(scans: Scans, plan: FloorPlan) -> dict[str, float]:
    """How often and how strongly beacons are heard at a distance from the centre of the cell."""
    away = plan.distances(np.asarray(plan.coordinates))[scans.cells]
    hearing, strength = {}, {}
    for low, high in pairwise(RINGS):
        ring = (away >= low) & (away < high)
        heard = ring & scans.heard
        name = f"at {low} to {high} cells"
        hearing[f"heard {name}"] = heard.sum() / ring.sum() if ring.any() else np.nan
        strength[f"reading {name}"] = scans.readings[heard].mean() if heard.any() else np.nan
    return {name: float(value) for name, value in (hearing | strength).items()}


def _spread(scans: Scans, visits: Indices) -> dict[str, float]:
    """Standard deviations of readings within visits, and of visits' means within cells."""
    number = visits.max() + 1
    heard = np.zeros((number, scans.readings.shape[1]))
    total = np.zeros_like(heard)
    np.add.at(heard, visits, scans.heard)
    np.add.at(total, visits, np.where(scans.heard, scans.readings, 0))
    means = np.divide(total, heard, out=np.full_like(total, np.nan), where=heard >= FEWEST)
    cells = np.zeros(number, np.intp)
    cells[visits] = scans.cells
    within = np.where(scans.heard, scans.readings, np.nan) - means[visits]
    freedom = (heard - 1)[np.isfinite(means)].sum()
    between, degrees = 0.0, 0
    for cell in np.flatnonzero(np.bincount(cells) > 1):
        here = means[cells == cell]
        here = here[:, np.isfinite(here).sum(axis=0) > 1]
        between += float(np.nansum((here - np.nanmean(here, axis=0)) ** 2)) if here.size else 0.0
        degrees += int(np.isfinite(here).sum() - here.shape[1])
    again = np.diff(visits) == 0
    before, after = scans.heard[:-1][again], scans.heard[1:][again]
    return {
        "spread within visits": _root(float(np.nansum(within**2)), freedom),
        "spread between visits": _root(between, degrees),
        "heard again by the next scan": _share(float((before & after).sum()), before.sum()),
    }


def _likeness(scans: Scans) -> dict[str, float]:
    """How often readings repeat, and how often the scan with the nearest is of the same cell."""
    filled = np.where(scans.readings == NOT_HEARD, _FAR, scans.readings).astype(np.float64)
    squares = (filled**2).sum(axis=1)
    same = []
    for part in np.array_split(np.arange(len(scans)), len(scans) // _AT_ONCE + 1):
        apart = squares[part][:, None] + squares - 2 * filled[part] @ filled.T
        apart[np.arange(len(part)), part] = np.inf
        same.append(scans.cells[apart.argmin(axis=1)] == scans.cells[part])
    distinct = len(np.unique(scans.readings, axis=0)) / len(scans)
    return {"distinct": distinct, "nearest of the same cell": float(np.concatenate(same).mean())}


def _course(scans: Scans, visits: Indices, plan: FloorPlan) -> dict[str, float]:
    """How a survey goes on from scan to scan and from visit to visit."""
    first = np.flatnonzero(np.diff(visits, prepend=-1))
    sizes = np.bincount(visits)
    seconds = np.diff(scans.times).astype("timedelta64[s]").astype(np.float64)
    days = scans.times.astype("datetime64[D]")
    today = np.diff(days).astype(np.int64) == 0
    goes_on = np.diff(visits) > 0
    steps = plan.apart()[scans.cells[:-1], scans.cells[1:]]
    visited = np.bincount(scans.cells[first])
    visited = visited[visited > 0]
    values = (
        *(float((visited == times).mean()) for times in (1, 2, 3)),
        float(sizes.mean()),
        float(np.median(sizes)),
        _median(seconds[~goes_on]),
        _median(seconds[goes_on & today]),
        _median(steps[goes_on & today]),
    )
    return dict(zip(COURSE, values, strict=True))


def _root(squares: float, freedom: float) -> float:
    return float(np.sqrt(squares / freedom)) if freedom > 0 else float("nan")


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else float("nan")
