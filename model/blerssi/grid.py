"""The floor: 105 surveyed cells of Waldo Library, and the 13 beacons that hang in it.

A label is a column letter and a row number, `K04`. Its coordinates are (column, row) in cells,
column A being 1. Rows are counted from the top of the map that comes with the data set, so they
grow downwards. The source never states how large a cell is; distances stay in cells.
"""

import difflib
import re
from collections.abc import Iterator
from typing import Final

# The cells that occur in the labelled file: for each column the rows that were surveyed.
_SURVEYED: Final = {
    "D": "13-15",
    "E": "15",
    "F": "8",
    "G": "15",
    "I": "1-10 15",
    "J": "1-8 10 15",
    "K": "1-8",
    "L": "1-6 8-9 15",
    "M": "1-6",
    "N": "1-6 15",
    "O": "1-6",
    "P": "1-6 15",
    "Q": "1-6",
    "R": "1-6 15",
    "S": "1-8 15",
    "T": "1 3-5 15",
    "U": "1-5 15",
    "V": "15",
    "W": "15",
}
_LABEL: Final = re.compile(r"\s*([A-Za-z])\s*0*([0-9]{1,3})\s*")


def _surveyed() -> Iterator[tuple[str, tuple[float, float]]]:
    for column, ranges in _SURVEYED.items():
        for span in ranges.split():
            first, _, last = span.partition("-")
            for row in range(int(first), int(last or first) + 1):
                yield f"{column}{row:02}", (ord(column) - ord("A") + 1.0, float(row))


CELLS: Final[tuple[str, ...]] = tuple(label for label, _ in _surveyed())
COORDINATES: Final[tuple[tuple[float, float], ...]] = tuple(point for _, point in _surveyed())
_INDEX: Final = {label: number for number, label in enumerate(CELLS)}

# (column, row), measured on the picture of the map that lies beside the data in the archive. They
# lie between the cells, for the beacons hang on walls and pillars. A path-loss model fitted to the
# scans with these positions errs least of all methods measured, so they are where they should be.
_BEACONS: Final = {
    "b3001": (5.64, 8.55),
    "b3002": (10.25, 3.85),
    "b3003": (14.27, 3.85),
    "b3004": (18.62, 3.85),
    "b3005": (10.21, 7.07),
    "b3006": (14.27, 7.07),
    "b3007": (18.57, 7.08),
    "b3008": (10.18, 10.0),
    "b3009": (4.41, 15.16),
    "b3010": (10.1, 15.2),
    "b3011": (14.0, 15.2),
    "b3012": (18.4, 15.2),
    "b3013": (23.1, 15.2),
}
BEACONS: Final[tuple[str, ...]] = tuple(_BEACONS)
BEACON_POSITIONS: Final[tuple[tuple[float, float], ...]] = tuple(_BEACONS.values())


def index(label: str) -> int:
    """Give the place of a label in `CELLS`.

    Raises:
        KeyError: It is none of the surveyed cells.
    """
    return _INDEX[label]


def nearest(label: str) -> str | None:
    """Give the surveyed cell that a wrong label was probably meant to be.

    That is the nearest one on the floor where the label names a cell at all (`k4`, `K09`), else
    the one that is spelt most alike; None where nothing is like it.
    """
    if match := _LABEL.fullmatch(label):
        column, row = ord(match[1].upper()) - ord("A") + 1, int(match[2])
        distances = [(c - column) ** 2 + (r - row) ** 2 for c, r in COORDINATES]
        return CELLS[distances.index(min(distances))]
    return next(iter(difflib.get_close_matches(label.upper(), CELLS, 1)), None)
