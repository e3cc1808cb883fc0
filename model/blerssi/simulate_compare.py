"""Real and simulated surveys side by side: `python -m model.blerssi.simulate --compare FILE`.

What is heard is compared on the real survey's own design: the same cells are visited in the same
order for as many scans, in made-up buildings, and simple methods are judged by the same visits. How
visits are laid out is compared with the surveys that the simulator makes by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from model.blerssi import baselines, protocol, split
from model.blerssi.data import Scans
from model.blerssi.floor_plan import LIBRARY
from model.blerssi.scores import score
from model.blerssi.simulate_statistics import COURSE, statistics
from model.blerssi.simulate_survey import DAYS, Visits, stand, survey
from model.blerssi.simulate_world import World
from model.blerssi.table import DataError

WORLDS: Final = 20  # buildings; one survey differs from the next by the spread that is shown


@dataclass(frozen=True)
class Row:
    """One statistic.

    Attributes:
        name: Of it.
        real: In the file.
        simulated: On average over the made-up surveys.
        deviation: Standard deviation from one of them to the next.
    """

    name: str
    real: float
    simulated: float
    deviation: float


@dataclass(frozen=True)
class Comparison:
    """All statistics.

    Attributes:
        scans: Genuine scans of the real survey.
        copies: Scans that were left out because they repeat others.
        rows: The statistics.
    """

    scans: int
    copies: int
    rows: tuple[Row, ...]

    def data(self) -> dict[str, Any]:
        """All of it as JSON data; null where there is nothing to tell by."""
        return {
            "scans": self.scans,
            "copies_left_out": self.copies,
            "worlds": WORLDS,
            "statistics": {
                row.name: {
                    "real": _or_none(row.real),
                    "simulated": _or_none(row.simulated),
                    "deviation": _or_none(row.deviation),
                }
                for row in self.rows
            },
        }

    def markdown(self) -> str:
        """All of it as a table."""
        lines = ["| statistic | real | simulated | ± from survey to survey |", "| --- " * 4 + "|"]
        for row in self.rows:
            numbers = " | ".join(map(_short, (row.real, row.simulated, row.deviation)))
            lines.append(f"| {row.name} | {numbers} |")
        return "\n".join(lines)


def compare(scans: Scans, seed: int) -> Comparison:
    """Set a real survey beside simulated ones.

    Args:
        scans: Labelled scans of the library, in any order; copies are found and left out.
        seed: Of the made-up buildings and surveys.

    Raises:
        DataError: There are no labelled scans, or none that heard anything.
    """
    genuine = scans.take((split.copies(scans) < 0) & scans.heard.any(axis=1))
    if not len(genuine):
        raise DataError("There is no labelled scan that heard a beacon, so nothing to compare.")
    genuine = genuine.take(np.argsort(genuine.times, kind="stable"))
    visits = split.visits(genuine)
    first = np.flatnonzero(np.diff(visits, prepend=-1))
    _, days = np.unique(genuine.times[first].astype("datetime64[D]"), return_inverse=True)
    design = Visits(genuine.cells[first], np.bincount(visits), days.astype(np.intp))
    alike, free = [], []
    for number in range(WORLDS):
        building, again, own = (np.random.default_rng((seed, number, part)) for part in range(3))
        world = World.build(LIBRARY, building)
        made = stand(world, again, design, DAYS[0]).scans
        alike.append({**statistics(made, LIBRARY), **_methods(made, [number])})
        free.append(statistics(survey(world, own).scans, LIBRARY))
    rows = []
    for name, real in {**statistics(genuine, LIBRARY), **_methods(genuine, range(WORLDS))}.items():
        found = np.array([each[name] for each in (free if name in COURSE else alike)])
        found = found[np.isfinite(found)]
        mean, deviation = (found.mean(), found.std()) if len(found) else (np.nan, np.nan)
        rows.append(Row(name, real, float(mean), float(deviation)))
    return Comparison(len(genuine), len(scans) - len(genuine), tuple(rows))


def _methods(scans: Scans, seeds: Iterable[int]) -> dict[str, float]:
    """How simple methods err on visits that they have not seen, on average over splits."""
    judged = protocol.Survey.of(scans)
    errors = {name: list[float]() for name in baselines.LIGHT}
    surprise = {name: list[float]() for name in baselines.LIGHT}
    for seed in seeds:
        known, new = (scans.take(part) for part in judged.split("g2", seed))
        for name, method in baselines.LIGHT.items():
            scores = score(method(known)(new.readings), new.cells)
            errors[name].append(scores.mean)
            surprise[name].append(scores.nll)
    return {
        **{f"mean error by {name}": float(np.mean(each)) for name, each in errors.items()},
        **{f"NLL by {name}": float(np.mean(each)) for name, each in surprise.items()},
    }


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _short(value: float) -> str:
    """Two digits behind the point for what is counted in dB or cells, three for shares."""
    if not np.isfinite(value):
        return "-"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
