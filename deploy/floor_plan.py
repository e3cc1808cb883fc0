"""The paper that answers are drawn on: the library's cells and beacons, a heading, a legend.

    ┌────────────────────────────┬───────┐
    │ heading                    │       │
    │ the floor, to scale        │ list  │
    │ legend                     │       │
    └────────────────────────────┴───────┘

Column letters and row numbers are those of the map that comes with the data set; rows grow
downwards. The colours are those of the training report (`model.blerssi.svg`).
"""

import string
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deploy.answers import OK, Point
from model.blerssi import grid

FLOOR: Final[Mapping[str, Point]] = dict(zip(grid.CELLS, grid.COORDINATES, strict=True))

INK: Final = "#1d2733"
QUIET: Final = "#5b6b7c"
SHARE: Final = "#2563c9"  # how probable
ANSWER: Final = "#c2570c"  # what was answered
TRUTH: Final = "#17845b"  # what is known
_LINE: Final = "#dfe5ec"
_CELL: Final = "#f4f6f9"
_EDGE: Final = "#c9d2dc"
_BEACON: Final = "#8796a6"

HALF: Final = 0.44  # of a drawn cell; the rest is the gap between two
_ROUND: Final = 0.09
_INCH: Final = 0.4  # of a cell
_MARGIN: Final = 0.9  # cells around the outermost ones, into which circles may reach
_EDGES: Final = (0.75, 1.05, 0.3, 0.85)  # inches left, above, at the right, below
_PANEL: Final = 2.7  # inches of the list
_LINE_OF_LIST: Final = 0.36  # inches
_IN_A_ROW: Final = 5  # entries of the legend


class Paper:
    """One figure with an empty floor.

    Args:
        panel: Whether there is room for a list at the right.

    Attributes:
        figure: Matplotlib's.
        axes: Matplotlib's, in cells.
        samples: What the legend shows, by its words.
        middle: The column in the middle of the map, and a row where no cell is.
    """

    def __init__(self, *, panel: bool) -> None:
        from matplotlib.figure import Figure  # not pyplot: no global state, no display

        columns, rows = zip(*grid.COORDINATES, *grid.BEACON_POSITIONS, strict=True)
        self._columns = range(round(min(columns)), round(max(columns)) + 1)
        self._rows = range(round(min(rows)), round(max(rows)) + 1)
        self.middle = (sum(self._columns) / len(self._columns), 12.0)
        left, above, right, below = _EDGES
        width = _INCH * (len(self._columns) - 1 + 2 * _MARGIN)
        height = _INCH * (len(self._rows) - 1 + 2 * _MARGIN)
        self._width = left + width + right + (_PANEL if panel else 0)
        self._height = above + height + below
        self._list_left = left + width + 0.28
        self.figure: Any = Figure(figsize=(self._width, self._height), facecolor="white")
        box = (left, below, width, height)
        sides = (self._width, self._height) * 2
        self.axes = self.figure.add_axes(
            [part / side for part, side in zip(box, sides, strict=True)]
        )
        self.samples: dict[str, Any] = {}
        self._frame()
        self._floor()

    def heading(self, title: str, subtitle: str) -> None:
        """Write two lines above the map."""
        self._text((_EDGES[0], 0.34), title, fontsize=15, weight="bold", color=INK)
        self._text((_EDGES[0], 0.62), subtitle, fontsize=9, color=QUIET)

    def list(self, rows: Sequence[Sequence[str]]) -> None:
        """Write numbered answers beside the map: number, label, words, status."""
        for position, (number, label, words, status) in enumerate(rows):
            y = _EDGES[1] + 0.16 + _LINE_OF_LIST * position
            said = [words] if status == OK else [words, status.replace("_", " ")]
            color = INK if status == OK else QUIET
            left = self._list_left
            bold: dict[str, Any] = {"weight": "bold"}
            self._text((left + 0.1, y), number, fontsize=8, ha="center", color=ANSWER, **bold)
            self._text((left + 0.36, y), label, fontsize=9, color=color, **bold)
            self._text((left + 0.86, y), "  ".join(filter(None, said)), fontsize=9, color=QUIET)

    def legend(self) -> None:
        """Say below the map what the marks mean."""
        count = len(self.samples)
        self.figure.legend(
            self.samples.values(),
            self.samples.keys(),
            loc="center left",
            bbox_to_anchor=((_EDGES[0] - 0.1) / self._width, 0.5 * _EDGES[3] / self._height),
            ncols=count if count <= _IN_A_ROW else (count + 1) // 2,
            frameon=False,
            fontsize=8,
            labelcolor=INK,
            handletextpad=0.5,
            columnspacing=1.6,
            handlelength=1.4,
        )

    def cell(self, label: str, **look: Any) -> None:
        """Draw a cell with rounded corners; `look` is Matplotlib's."""
        from matplotlib.patches import FancyBboxPatch

        column, row = FLOOR[label]
        half = HALF - _ROUND
        corner = (column - half, row - half)
        style = f"round,pad={_ROUND},rounding_size={_ROUND}"
        self.axes.add_patch(FancyBboxPatch(corner, 2 * half, 2 * half, boxstyle=style, **look))

    def _frame(self) -> None:
        axes, columns, rows = self.axes, self._columns, self._rows
        axes.set_xlim(columns[0] - _MARGIN, columns[-1] + _MARGIN)
        axes.set_ylim(rows[-1] + _MARGIN, rows[0] - _MARGIN)  # rows grow downwards
        axes.set_xticks(columns, [string.ascii_uppercase[each - 1] for each in columns])
        axes.set_yticks(rows)
        axes.tick_params(length=0, pad=3, labelsize=8, labelcolor=QUIET)
        axes.tick_params(labeltop=True, labelbottom=False)
        for spine in axes.spines.values():
            spine.set_color(_LINE)

    def _floor(self) -> None:
        for label in FLOOR:
            self.cell(label, facecolor=_CELL, edgecolor=_EDGE, linewidth=0.6, zorder=1)
        columns, rows = zip(*grid.BEACON_POSITIONS, strict=True)
        self.samples["beacon"] = self.axes.scatter(
            columns, rows, s=20, marker="D", color=_BEACON, linewidths=0, zorder=4
        )
        for name, position in zip(grid.BEACONS, grid.BEACON_POSITIONS, strict=True):
            self.axes.annotate(
                name,
                position,
                (0, -8.5),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=5.5,
                color=QUIET,
                zorder=4,
                path_effects=halo(1.5),
            )

    def _text(self, inches: Point, words: str, **look: Any) -> None:
        """Write at a place in inches from the upper left corner."""
        x, y = inches[0] / self._width, 1 - inches[1] / self._height
        self.figure.text(x, y, words, va="center", **look)


def halo(width: float) -> list[Any]:
    """White around letters, so that they can be read on anything."""
    from matplotlib import patheffects

    return [patheffects.withStroke(linewidth=width, foreground="white")]
