"""Scans that look like the real ones, for a machine that has no data at hand.

The world is a log-distance model on the real floor, with the real beacons. Its parameters were
fitted to the 820 genuine labelled scans by maximum likelihood with censored detection, and then
moved a little so that the statistics of simulated surveys match those of the real one: beacons
heard, strengths, detection by distance, spread within and between visits.

    strength = power - 10 n log10(sqrt(distance² + 0.68²)) + shadow + visit + scan      [dBm]
    heard with probability 0.96 / (1 + exp(-(strength + 80.8) / 1.05))

A scan that hears nothing is not recorded, as in the real survey.
`python -m model.blerssi.simulate --help` writes the files.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import data, grid
from model.blerssi.data import Scans
from model.blerssi.split import visits

# Strength of each beacon one cell away, dBm: the fit, and 0.6 dB for the scans that are not heard.
POWER: Final = 0.6 + np.array(
    (-72.1, -68.9, -71.3, -68.8, -72.4, -68.2, -75.1, -70.7, -69.8, -70.6, -71.5, -70.9, -69.0)
)
EXPONENT: Final = 3.0  # of the path loss; the fit is 2.8
NEAREST: Final = 0.68  # cells; the fit; beacons hang high, so no phone comes nearer
SHADOW: Final = 3.8  # dB, of walls and shelves: one value a cell and beacon, the same every day
SHADOW_REACH: Final = 2.0  # cells over which shadows of neighbours are alike
VISIT: Final = 3.2  # dB, of people and of how the phone is held: one value a visit and beacon
SCAN: Final = 4.0  # dB, one value a scan and beacon
THRESHOLD: Final = -80.8  # dBm at which half of what can be heard is heard; the fit
SLOPE: Final = 1.05  # dB; the fit
MOST_HEARD: Final = 0.96  # probability of hearing a strong beacon; the fit is 0.88

# How often cells were visited: once, twice, thrice. How many scans visits had: 1 to 12.
VISITS: Final = np.array((65, 32, 8)) / 105
SCANS: Final = np.array((5, 17, 12, 33, 14, 31, 9, 14, 7, 6, 1, 4)) / 153
SPACING: Final = (3.0, 1.05)  # seconds between scans, log-normal: median, and sigma of the log
WALK: Final = (19.0, 0.9)  # the same from one visit to the next
LONGEST: Final = 50.0  # seconds between scans; 60 would make another visit of it
VISITS_A_DAY: Final = 16
_DATES: Final = "04-19 04-20 05-25 07-21 08-04 09-19 09-21 09-27 10-03 10-04"
DAYS: Final = np.array([f"2016-{date}" for date in _DATES.split()], "datetime64[D]")
OPENING: Final = np.timedelta64(9 * 60 + 40, "m")  # when a day's survey begins
ATTEMPTS: Final = 200  # to hear anything at all, before a scan is given up

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


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
    building, first, second = (np.random.default_rng((seed, part)) for part in range(3))
    shadows = _shadows(building)
    everywhere = np.arange(len(grid.CELLS))
    if visits_per_cell is None:
        wanted = first.choice(len(VISITS), len(everywhere), p=VISITS) + 1
    else:
        wanted = np.full(len(everywhere), visits_per_cell)
    rounds = [everywhere[wanted > number] for number in range(wanted.max())]
    training = _survey(shadows, np.concatenate(rounds), first)
    later = training.times[-1].astype("datetime64[D]") + 1
    return training, _survey(shadows, everywhere, second, later)


def _shadows(rng: np.random.Generator) -> Floats:
    """(105, 13) how much stronger than by distance alone each beacon is in each cell, dB."""
    plane = np.asarray(grid.COORDINATES)
    distances = np.linalg.norm(plane[:, None] - plane[None], axis=2)
    alike = np.linalg.cholesky(np.exp(-distances / SHADOW_REACH))
    return SHADOW * alike @ rng.standard_normal((len(plane), len(grid.BEACONS)))


def _survey(
    shadows: Floats, cells: Indices, rng: np.random.Generator, start: np.datetime64 = DAYS[0]
) -> Scans:
    """Visit cells one after the other, standing anywhere in them."""
    places = np.asarray(grid.COORDINATES)[cells] + rng.uniform(-0.5, 0.5, (len(cells), 2))
    distances = np.linalg.norm(places[:, None] - np.asarray(grid.BEACON_POSITIONS)[None], axis=2)
    strengths = POWER - 10 * EXPONENT * np.log10(np.hypot(distances, NEAREST)) + shadows[cells]
    strengths += VISIT * rng.standard_normal(strengths.shape)
    sizes = rng.choice(len(SCANS), len(cells), p=SCANS) + 1
    numbers = np.repeat(np.arange(len(cells)), sizes)
    readings = _readings(strengths[numbers], rng)
    times = _times(numbers, start, rng)
    recorded = (readings != data.NOT_HEARD).any(axis=1)
    return Scans(readings, cells[numbers], times).take(recorded)


def _readings(strengths: Floats, rng: np.random.Generator) -> data.Readings:
    """What a phone hears; a scan that hears nothing is tried again."""
    readings = np.full(strengths.shape, data.NOT_HEARD, np.float32)
    for _ in range(ATTEMPTS):
        silent = np.flatnonzero((readings == data.NOT_HEARD).all(axis=1))
        scans = strengths[silent] + SCAN * rng.standard_normal((len(silent), len(grid.BEACONS)))
        audible = MOST_HEARD / (1 + np.exp((THRESHOLD - scans) / SLOPE))
        heard = rng.random(scans.shape) < audible
        rounded = np.clip(np.round(scans), data.WEAKEST, data.STRONGEST)
        readings[silent] = np.where(heard, rounded, data.NOT_HEARD)
    return readings


def _times(numbers: Indices, start: np.datetime64, rng: np.random.Generator) -> data.Times:
    """(N,) when each scan was taken: on the real survey's days from `start` on, then daily."""
    begins = np.diff(numbers, prepend=-1) > 0
    spacing = np.minimum(rng.lognormal(np.log(SPACING[0]), SPACING[1], len(numbers)), LONGEST)
    walks = rng.lognormal(np.log(WALK[0]), WALK[1], len(numbers))
    elapsed = np.cumsum(np.ceil(np.where(begins, walks, spacing))).astype("timedelta64[s]")
    days = numbers // VISITS_A_DAY
    first = np.searchsorted(days, np.arange(days[-1] + 1))
    further = max(start, DAYS[-1] + 1) + np.arange(days[-1] + 1)
    calendar = np.concatenate([DAYS[start <= DAYS], further])[days]
    times: data.Times = (
        (calendar + OPENING).astype("datetime64[s]") + elapsed - elapsed[first][days]
    )
    return times


def main(arguments: Sequence[str]) -> int:
    """Write simulated surveys as files and give the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m model.blerssi.simulate", description="Write scans that look like real ones."
    )
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--validation", type=Path, help="a second file, of one later visit to each cell"
    )
    parser.add_argument(
        "--visits-per-cell", type=_count, help="default: 1 to 3, as in the real survey"
    )
    parser.add_argument("--seed", type=int, default=0, help="of building and surveys (default: 0)")
    chosen = parser.parse_args(arguments)
    surveys = simulate_pair(chosen.seed, chosen.visits_per_cell)
    for path, scans in zip((chosen.output, chosen.validation), surveys, strict=True):
        if path is None:
            continue
        try:
            data.write(path, scans)
        except OSError as error:
            print(f"{path} cannot be written: {error.strerror}.", file=sys.stderr)
            return 1
        print(f"{path}: {len(scans):,} scans in {visits(scans).max() + 1:,} visits.")
    return 0


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to 1000")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
