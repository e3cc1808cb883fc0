"""The data set: scans in memory, and the CSV files of the UCI archive that hold them.

    location,date,b3001,…,b3013
    K04,10-18-2016 11:15:21,-200,-200,…,-78

`location` is a cell or `?`, `date` is month-day-year, readings are dBm and -200 is "not heard".
`python -m model.blerssi.data --help` downloads, splits and describes such files.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.blerssi import grid
from model.blerssi.table import DataError, Problems, rows

__all__ = ["ALSO_NOT_HEARD", "NOT_HEARD", "DataError", "Scans", "read", "read_lines", "write"]

NOT_HEARD: Final = -200.0
ALSO_NOT_HEARD: Final = (-199.0, -198.0)
UNKNOWN: Final = "?"  # the location of a scan that nobody labelled

# What a heard reading may be. The files hold -111 to -55; phones report 0 or 127 for a beacon that
# they only remember, which must not pass for a very near one.
WEAKEST: Final = -120.0
STRONGEST: Final = -10.0

COLUMNS: Final = ("location", "date", *grid.BEACONS)
_DATE_FORMAT: Final = "%m-%d-%Y %H:%M:%S"
_ALLOWED: Final = f"expected dBm from {WEAKEST:g} to {STRONGEST:g}, or {NOT_HEARD:g} for not heard"

Readings = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]
Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Scans:
    """N scans, each of 13 beacons.

    Attributes:
        readings: (N, 13) float32 in dBm, in the order of `grid.BEACONS`; -200 is "not heard".
        cells: (N,) places in `grid.CELLS`; -1 where the cell is unknown.
        times: (N,) datetime64[s], the phone's wall clock.
    """

    readings: Readings
    cells: Indices
    times: Times

    def __len__(self) -> int:
        return len(self.cells)

    def take(self, chosen: npt.NDArray[Any] | slice) -> "Scans":
        """Give some of the scans, chosen by places, a mask or a slice, in that order."""
        return Scans(self.readings[chosen], self.cells[chosen], self.times[chosen])

    def labeled(self) -> "Scans":
        """Give the scans whose cell is known."""
        return self.take(self.cells >= 0)

    @property
    def heard(self) -> npt.NDArray[np.bool_]:
        """(N, 13), true where a beacon was heard."""
        return np.not_equal(self.readings, NOT_HEARD)

    @staticmethod
    def concatenate(parts: Sequence["Scans"]) -> "Scans":
        """Put the scans of several sources one behind the other."""
        return Scans(
            np.concatenate([part.readings for part in parts]),
            np.concatenate([part.cells for part in parts]),
            np.concatenate([part.times for part in parts]),
        )


def read(path: Path) -> Scans:
    """Read one file, or every CSV file in a folder and below it in the order of their paths.

    Names that begin with a dot are ignored. A folder without any .csv file may hold a single
    file of any name. Readings of -198 and -199, and empty ones, are "not heard" too.

    Raises:
        DataError: Something is not as described above; every problem is counted, with its line.
    """
    problems = Problems(path)
    parts = [_read_file(file, problems) for file in _files(path)]
    return _complete(Scans.concatenate(parts), problems, path)


def read_lines(lines: Iterable[str], origin: Path) -> Scans:
    """Read the lines of one file that comes by another way, a pipe for example.

    Args:
        lines: The header and a line a scan.
        origin: Where they come from, for the messages.

    Raises:
        DataError: As `read`.
    """
    problems = Problems(origin)
    return _complete(_read_file(origin, problems, lines), problems, origin)


def write(
    path: Path,
    scans: Scans,
    cells: Sequence[str] = grid.CELLS,
    beacons: Sequence[str] = grid.BEACONS,
) -> None:
    """Write scans as a file that `read` gives back; all of it or nothing.

    Args:
        path: The file.
        scans: Of any floor.
        cells: The names of its cells. `read` knows none but those of the library.
        beacons: The names of its beacons; the same holds.

    Raises:
        OSError: The file cannot be written.
    """
    values, places = np.unique(scans.readings, return_inverse=True)
    texts = np.array([np.format_float_positional(value, trim="-") for value in values], object)
    readings = texts[places.reshape(scans.readings.shape)]
    labels = np.array([*cells, UNKNOWN], object)[scans.cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w", encoding="ascii", newline="\n") as file:
            print(*COLUMNS[:2], *beacons, sep=",", file=file)
            for label, time, row in zip(labels, scans.times.tolist(), readings, strict=True):
                date = f"{time.month}-{time.day}-{time.year} {time.hour}:{time:%M:%S}"
                print(label, date, *row, sep=",", file=file)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise DataError(f"{path} does not exist.")
    if not path.is_dir():
        return [path]
    found = [
        each
        for each in sorted(path.rglob("*"))
        if each.is_file() and not any(p.startswith(".") for p in each.relative_to(path).parts)
    ]
    chosen = [each for each in found if each.suffix.lower() == ".csv"]
    if not chosen and len(found) == 1:
        return found
    if not chosen:
        names = ", ".join(str(each.relative_to(path)) for each in found[:5]) or "nothing"
        raise DataError(f"{path} holds {names}; expected at least one .csv file.")
    return chosen


def _complete(scans: Scans, problems: Problems, path: Path) -> Scans:
    problems.check()
    if not len(scans):
        raise DataError(f"{path} holds a header, but no scan.")
    return scans


def _read_file(path: Path, problems: Problems, source: Iterable[str] | None = None) -> Scans:
    lines, cells, times, readings = [], [], [], []
    for line, (location, date, *texts) in rows(path, COLUMNS, problems, source):
        faults: list[str] = []
        lines.append(line)
        cells.append(_cell(location.strip(), faults))
        times.append(_time(date.strip(), faults))
        readings.append(_numbers(texts, faults))
        for fault in faults:
            problems.add(path, line, fault)
    values = np.asarray(readings, np.float64).reshape(-1, len(grid.BEACONS))
    values[np.isin(values, ALSO_NOT_HEARD)] = NOT_HEARD
    allowed = (values == NOT_HEARD) | ((values >= WEAKEST) & (values <= STRONGEST))
    for row, column in np.argwhere(~allowed):
        found = f"{grid.BEACONS[column]}: {values[row, column]:g} is out of range"
        problems.add(path, lines[row], f", {found}; {_ALLOWED}.")
    return Scans(
        values.astype(np.float32), np.asarray(cells, np.intp), np.asarray(times, "datetime64[s]")
    )


def _cell(label: str, faults: list[str]) -> int:
    if label == UNKNOWN:
        return -1
    try:
        return grid.index(label)
    except KeyError:
        nearest = grid.nearest(label)
        meant = f"the nearest one is {nearest}" if nearest else f"one is {grid.CELLS[0]}"
        faults.append(f", location: {label!r:.40} is not a surveyed cell; {meant}.")
        return -1


def _time(text: str, faults: list[str]) -> datetime | None:
    try:
        return datetime.strptime(text, _DATE_FORMAT)
    except ValueError:
        example = "month-day-year hour:minute:second, such as 10-18-2016 9:15:21"
        faults.append(f", date: {text!r:.40} is not a date; expected {example}.")
        return None


def _numbers(texts: Sequence[str], faults: list[str]) -> list[float]:
    try:
        return [float(text) for text in texts]
    except ValueError:
        return [_number(*each, faults) for each in zip(grid.BEACONS, texts, strict=True)]


def _number(name: str, text: str, faults: list[str]) -> float:
    try:
        return float(text) if text.strip() else NOT_HEARD
    except ValueError:
        faults.append(f", {name}: {text!r:.40} is not a number; {_ALLOWED}.")
        return NOT_HEARD


if __name__ == "__main__":
    from model.blerssi.commands import main

    sys.exit(main(sys.argv[1:]))
