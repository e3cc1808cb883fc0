"""Worlds to survey: how signals fade in a made-up building, and what a phone hears of them.

    strength = power - 10 n log10(sqrt(distance² + nearest²)) + shadow + visit + scan         [dBm]
    heard with probability most / (1 + exp(-(strength - threshold) / slope))

docs/simulator.md says where every parameter comes from.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import data, grid
from model.blerssi.floor_plan import FloorPlan

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

# Strength of each beacon of the library one cell away, dBm: the fit, before `Radio.louder`.
POWER: Final = np.array(
    (-72.1, -68.9, -71.3, -68.8, -72.4, -68.2, -75.1, -70.7, -69.8, -70.6, -71.5, -70.9, -69.0)
)
ATTEMPTS: Final = 200  # to hear anything at all, before a scan is given up


@dataclass(frozen=True)
class Radio:
    """Signals and the phone, the same in every simulated world.

    Attributes:
        louder: dB added to the fitted powers, for the scans that heard nothing are not in the fit.
        exponent: n of the path loss.
        nearest: Cells; beacons hang high, so no phone comes nearer.
        shadow: dB, of walls and shelves: one value a cell and beacon, the same every day.
        reach: Cells over which shadows are alike.
        visit: dB, of people and of how the phone is held: one value a visit and beacon.
        scan: dB, one value a scan and beacon.
        threshold: dBm at which half of what can be heard is heard.
        slope: dB over which that changes.
        most: Probability of hearing a strong beacon.
    """

    louder: float = 0.3
    exponent: float = 3.0
    nearest: float = 0.68
    shadow: float = 5.0
    reach: float = 3.0
    visit: float = 2.0
    scan: float = 4.0
    threshold: float = -80.8
    slope: float = 1.05
    most: float = 0.96


FITTED: Final = Radio()


@dataclass(frozen=True, eq=False)
class World:
    """One building.

    Attributes:
        plan: Its K cells and B beacons.
        radio: Its physics.
        power: (B,) strength of each beacon one cell away, dBm.
        shadows: (K, B) how much stronger than by distance alone a beacon is in a cell, dB.
    """

    plan: FloorPlan
    radio: Radio
    power: Floats
    shadows: Floats

    @classmethod
    def build(cls, plan: FloorPlan, random: np.random.Generator, radio: Radio = FITTED) -> "World":
        """Make a building up.

        The library's beacons are as strong as they were measured. Those of another plan are drawn
        from the normal distribution that the library's are like.
        """
        alike = np.linalg.cholesky(np.exp(-plan.apart() / radio.reach))
        shape = len(plan.cells), len(plan.beacons)
        shadows = radio.shadow * alike @ random.standard_normal(shape)
        power = POWER
        if plan.beacons != grid.BEACONS:
            power = random.normal(POWER.mean(), POWER.std(), len(plan.beacons))
        return cls(plan, radio, power + radio.louder, shadows)

    def strengths(self, cells: Indices, places: Floats) -> Floats:
        """(V, B) dBm expected in a cell, standing at a point in it, on average over visits."""
        reach = np.hypot(self.plan.distances(places), self.radio.nearest)
        mean: Floats = self.power - 10 * self.radio.exponent * np.log10(reach) + self.shadows[cells]
        return mean

    def visit(self, cells: Indices, places: Floats, random: np.random.Generator) -> Floats:
        """(V, B) dBm expected during one visit each."""
        mean = self.strengths(cells, places)
        return mean + self.radio.visit * random.standard_normal(mean.shape)

    def hear(
        self, strengths: Floats, random: np.random.Generator, attempts: int = ATTEMPTS
    ) -> data.Readings:
        """Scan where so many dBm are expected; a scan that hears nothing is tried again.

        Returns:
            (N, B) whole dBm, -200 being "not heard"; nothing but that where all attempts failed.
        """
        readings = np.full(strengths.shape, data.NOT_HEARD, np.float32)
        silent = np.arange(len(strengths))
        for _ in range(attempts):
            noise = random.standard_normal((len(silent), strengths.shape[1]))
            scans = strengths[silent] + self.radio.scan * noise
            weakness = (self.radio.threshold - scans) / self.radio.slope
            heard = random.random(scans.shape) < self.radio.most / (1 + np.exp(weakness))
            rounded = np.clip(np.round(scans), data.WEAKEST, data.STRONGEST)
            readings[silent] = np.where(heard, rounded, data.NOT_HEARD)
            silent = silent[~heard.any(axis=1)]
            if not len(silent):
                break
        return readings
