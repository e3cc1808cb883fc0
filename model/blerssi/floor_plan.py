"""Floors to simulate: where the cells are, and where the beacons hang.

    kind,name,column,row
    cell,K04,11,4
    beacon,b3001,5.64,8.55

Coordinates are (column, row) in cells, as in `model.blerssi.grid`. The product's network, training
and serving know one floor, the library; other floors are for those who bring tools of their own.
"""

import csv
import io
import math
import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import grid
from model.blerssi.data import COLUMNS as TAKEN
from model.blerssi.table import DataError, Problems, rows

COLUMNS: Final = ("kind", "name", "column", "row")
KINDS: Final = ("cell", "beacon")
FARTHEST: Final = 1000.0  # cells from the origin
MOST: Final = {"cell": 2000, "beacon": 500}
FIRST_BEACON: Final = 3001  # its name is b3001
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_LETTERS: Final = 26

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FloorPlan:
    """K cells and B beacons.

    Attributes:
        cells: K names.
        coordinates: (column, row) of each cell.
        beacons: B names.
        positions: (column, row) of each beacon.
    """

    cells: tuple[str, ...]
    coordinates: tuple[tuple[float, float], ...]
    beacons: tuple[str, ...]
    positions: tuple[tuple[float, float], ...]

    def distances(self, points: Floats) -> Floats:
        """Give (N, B) distances in cells from (N, 2) points to the beacons."""
        away: Floats = np.linalg.norm(points[:, None] - np.asarray(self.positions)[None], axis=2)
        return away

    def apart(self) -> Floats:
        """Give (K, K) distances between the centres of the cells."""
        plane = np.asarray(self.coordinates)
        distances: Floats = np.linalg.norm(plane[:, None] - plane[None], axis=2)
        return distances

    def text(self) -> str:
        """Write the plan as `read` reads it."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for kind, names, points in (
            ("cell", self.cells, self.coordinates),
            ("beacon", self.beacons, self.positions),
        ):
            for name, point in zip(names, points, strict=True):
                writer.writerow((kind, name, *(f"{number:g}" for number in point)))
        return file.getvalue()


LIBRARY: Final = FloorPlan(grid.CELLS, grid.COORDINATES, grid.BEACONS, grid.BEACON_POSITIONS)


def rectangle(columns: int, rows: int, beacons: int) -> FloorPlan:
    """Lay out a floor without walls.

    Args:
        columns: Of cells; the first is A, the 27th AA.
        rows: Of cells; the first is 1.
        beacons: How many hang over it, spread evenly: in lines along the longer side.
    """
    points = tuple(
        (float(column), float(row))
        for column, row in product(range(1, columns + 1), range(1, rows + 1))
    )
    names = tuple(f"{_letters(int(column))}{int(row):02}" for column, row in points)
    long, short = max(columns, rows), min(columns, rows)
    lines = max(1, round(math.sqrt(beacons * short / long)))
    places = []
    for line, members in enumerate(np.array_split(np.arange(beacons), lines)):
        across = 0.5 + short * (line + 0.5) / lines
        for number in range(len(members)):
            along = 0.5 + long * (number + 0.5) / len(members)
            places.append((along, across) if columns >= rows else (across, along))
    hung = tuple(f"b{FIRST_BEACON + number}" for number in range(beacons))
    return FloorPlan(names, points, hung, tuple(places))


def read(path: Path) -> FloorPlan:
    """Read a plan: a CSV file of the form that the head of this module shows, in any order.

    Raises:
        DataError: Something is not as described; every problem is told with its line.
    """
    problems = Problems(path)
    found: dict[str, dict[str, tuple[float, float]]] = {kind: {} for kind in KINDS}
    for line, fields in rows(path, COLUMNS, problems):
        kind, name, *numbers = (field.strip() for field in fields)
        faults = [*_faults_of_name(kind, name, found), *_faults_of_numbers(numbers)]
        if not faults:
            point = (float(numbers[0]), float(numbers[1]))
            if kind == "cell" and point in found["cell"].values():
                faults.append(f", {name}: another cell is at {numbers[0]}, {numbers[1]} already.")
            found[kind][name] = point
        for fault in faults:
            problems.add(path, line, fault)
    problems.check()
    for kind, points in found.items():
        if not 1 <= len(points) <= MOST[kind]:
            count = f"{len(points):,} rows of the kind {kind}"
            raise DataError(f"{path} has {count}; expected 1 to {MOST[kind]:,}.")
    cells, beacons = found["cell"], found["beacon"]
    return FloorPlan(tuple(cells), tuple(cells.values()), tuple(beacons), tuple(beacons.values()))


def _faults_of_name(
    kind: str, name: str, found: dict[str, dict[str, tuple[float, float]]]
) -> list[str]:
    faults = []
    if kind not in KINDS:
        faults.append(f", kind: {kind!r:.40} is none; expected cell or beacon.")
    if not _NAME.fullmatch(name):
        allowed = "1 to 40 letters, digits and . _ -"
        faults.append(f", name: {name!r:.60} is not allowed; expected {allowed}.")
    elif name in TAKEN[:2]:
        faults.append(f", name: {name} is a column of the files of scans already.")
    elif name in found.get(kind, {}):
        faults.append(f", name: there are two {kind}s called {name}.")
    return faults


def _faults_of_numbers(texts: list[str]) -> list[str]:
    faults = []
    for column, text in zip(COLUMNS[2:], texts, strict=True):
        try:
            fine = abs(float(text)) <= FARTHEST
        except ValueError:
            fine = False
        if not fine:
            allowed = f"expected a number from {-FARTHEST:g} to {FARTHEST:g}"
            faults.append(f", {column}: {text!r:.40} is out of range; {allowed}, in cells.")
    return faults


def _letters(number: int) -> str:
    """Name a column as spreadsheets do: A to Z, AA to AZ and on."""
    name = ""
    while number:
        number, letter = divmod(number - 1, _LETTERS)
        name = chr(ord("A") + letter) + name
    return name
