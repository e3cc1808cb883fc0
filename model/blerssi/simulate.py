"""Scans that look like the real ones, for a machine that has no data at hand.

The world is a log-distance model on the real floor, with the real beacons, or on a floor of one's
own. Its parameters were fitted to the genuine labelled scans by maximum likelihood with censored
detection, and then moved so that statistics of simulated surveys match those of the real one:
docs/simulator.md holds them side by side, `--compare` makes that table.

`python -m model.blerssi.simulate --help` writes the files.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.blerssi import data, floor_plan, simulate_options, simulate_truth
from model.blerssi.data import Scans
from model.blerssi.floor_plan import LIBRARY, FloorPlan
from model.blerssi.simulate_statistics import statistics
from model.blerssi.simulate_survey import DAYS, Survey, survey, walks
from model.blerssi.simulate_world import World
from model.blerssi.table import DataError

_NOT_OURS: Final = "train and serve know the library's floor only: this one is for other tools."


def simulate(seed: int, visits_per_cell: int | None = None) -> Scans:
    """Survey a made-up building.

    Args:
        seed: Of the building and of the survey; the same gives the same scans.
        visits_per_cell: None for one to three, as in the real survey.

    Returns:
        Labelled scans in the order of time; 5.4 a visit on average.
    """
    return simulate_pair(seed, visits_per_cell)[0]


def simulate_pair(seed: int, visits_per_cell: int | None = None) -> tuple[Scans, Scans]:
    """Survey a made-up building twice: once to learn from it, once to judge by new visits.

    Args:
        seed: Of the building and of both surveys.
        visits_per_cell: Of the first survey, as in `simulate`; the second visits each cell once.

    Returns:
        The scans of `simulate`, and those of the later survey.
    """
    first, second = surveys(LIBRARY, seed, visits_per_cell=visits_per_cell)
    return first.scans, second.scans


def surveys(
    plan: FloorPlan,
    seed: int,
    *,
    worlds: int = 1,
    visits_per_cell: int | None = None,
    tracks: int | None = None,
) -> tuple[Survey, Survey]:
    """Simulate scans to learn from, and a later visit to each cell to judge by, with the truth.

    Args:
        plan: The floor of all buildings.
        seed: Of everything.
        worlds: How many buildings; each has a floor of that plan and shelves of its own.
        visits_per_cell: None for one to three, as in the real survey.
        tracks: Walk about instead, so many days in each building; it is then judged by one more.

    Raises:
        DataError: Nothing is ever heard, for the beacons are too far from the cells.
    """
    first, second = list[Survey](), list[Survey]()
    start = DAYS[0]
    for number in range(worlds):
        seeds = [(seed, number, part) for part in range(3)]
        building, early, late = (np.random.default_rng(each) for each in seeds)
        world = World.build(plan, building)
        for parts, random, often, days in (
            (first, early, visits_per_cell, tracks),
            (second, late, 1, 1),
        ):
            if tracks is None:
                part = survey(world, random, often, start)
            else:
                part = walks(world, random, days or 1, start)
            if not len(part.scans):
                raise DataError("No beacon is heard in any cell: they are too far away.")
            parts.append(part)
            start = part.scans.times[-1].astype("datetime64[D]") + 1
    return Survey.concatenate(first), Survey.concatenate(second)


def main(arguments: Sequence[str]) -> int:
    """Write simulated surveys as files and give the exit code."""
    parser = simulate_options.parser()
    chosen = parser.parse_args(arguments)
    if not (chosen.output or chosen.compare or chosen.write_plan):
        parser.error("one of --output, --compare and --write-plan is needed")
    if not chosen.output and (chosen.validation or chosen.truth or chosen.validation_truth):
        parser.error("--validation, --truth and --validation-truth go with --output")
    try:
        plan = _plan(parser, chosen)
        if chosen.write_plan:
            with _writing(chosen.write_plan):
                chosen.write_plan.write_text(plan.text(), encoding="ascii")
        if chosen.output:
            _write(chosen, plan)
        if chosen.compare:
            _compare(parser, chosen, plan)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from error


def _plan(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> FloorPlan:
    if chosen.walks and chosen.visits_per_cell:
        parser.error("--visits-per-cell is of surveys, and --walks are none")
    if chosen.beacons and not chosen.size:
        parser.error("--beacons needs --size; a --plan names its beacons")
    if chosen.size:
        columns, rows = chosen.size
        return floor_plan.rectangle(columns, rows, chosen.beacons or len(LIBRARY.beacons))
    return floor_plan.read(chosen.plan) if chosen.plan else LIBRARY


def _write(chosen: argparse.Namespace, plan: FloorPlan) -> None:
    parts = surveys(
        plan,
        chosen.seed,
        worlds=chosen.worlds,
        visits_per_cell=chosen.visits_per_cell,
        tracks=chosen.walks,
    )
    said: dict[str, Any] = {}
    truths = (chosen.truth, chosen.validation_truth)
    for path, truth, part in zip((chosen.output, chosen.validation), truths, parts, strict=True):
        if path is not None:
            with _writing(path):
                data.write(path, part.scans, plan.cells, plan.beacons)
            if chosen.json:
                said[str(path)] = _facts(part, plan)
            else:
                print(f"{path}: {len(part.scans):,} scans in {part.count_visits():,} visits.")
        if truth is not None:
            with _writing(truth):
                simulate_truth.write(truth, part, plan)
    if chosen.json:
        print(json.dumps(said, indent=1))
    if plan is not LIBRARY:
        print(_NOT_OURS, file=sys.stderr)


def _facts(part: Survey, plan: FloorPlan) -> dict[str, float | None]:
    found = statistics(part.scans, plan)
    known = {name: value if np.isfinite(value) else None for name, value in found.items()}
    return {"scans": len(part.scans), "visits": part.count_visits(), **known}


def _compare(parser: argparse.ArgumentParser, chosen: argparse.Namespace, plan: FloorPlan) -> None:
    if plan is not LIBRARY:
        parser.error("--compare knows the library's floor only")
    from model.blerssi import simulate_compare

    table = simulate_compare.compare(data.read(chosen.compare).labeled(), chosen.seed)
    print(json.dumps(table.data(), indent=1) if chosen.json else table.markdown())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
