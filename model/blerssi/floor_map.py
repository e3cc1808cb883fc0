"""The floor as a picture: one prediction, or the errors of many.

Only numbers come in, so whoever holds a signature's labels and coordinates can draw; neither MXNet
nor the data set is needed. Coordinates are (column, row) in cells; rows grow downwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.blerssi import svg

CELL: Final = 27  # pixels
HALF: Final = CELL / 2 - 1
MARGIN: Final = 34
LEGEND: Final = 30
_TIP: Final = (
    '<defs><marker id="tip" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="5" '
    'markerHeight="5" orient="auto"><path d="M0,0L6,3L0,6Z" class="dot"/></marker></defs>'
)
_POINTED: Final = 'marker-end="url(#tip)"'
_FAINT: Final = 'stroke-dasharray="2 3"'

Numbers = npt.NDArray[np.floating[Any]]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Floor:
    """What is always drawn.

    Attributes:
        coordinates: (K, 2), where each label lies.
        labels: K names of cells.
        beacons: (B, 2), drawn as small diamonds; None for none.
    """

    coordinates: Points
    labels: Sequence[str]
    beacons: Points | None = None


@dataclass(frozen=True)
class Prediction:
    """One answer.

    Attributes:
        probabilities: (K,), one a label.
        position: The point that was answered.
        uncertainty: Radius in cells around it.
        true_label: The cell where the scan was taken, if known.
    """

    probabilities: Numbers
    position: tuple[float, float] | None = None
    uncertainty: float | None = None
    true_label: str | None = None


def floor_map_svg(
    floor: Floor, prediction: Prediction, *, title: str = "Where the device is"
) -> str:
    """Draw one prediction: a probability a cell, the true cell, the position and its circle.

    Raises:
        ValueError: There is not one probability a label, or the true label is unknown.
    """
    plan = _Plan.around(floor)
    probabilities = prediction.probabilities
    top = float(np.max(probabilities))
    shades = np.sqrt(probabilities / top) if top > 0 else np.zeros(len(floor.labels))
    hints = [f"{label}: {p:.1%}" for label, p in zip(floor.labels, probabilities, strict=True)]
    shapes = [*plan.frame(), *plan.cells(floor, shades, hints, "fill1")]
    legend = [("fill1", f"stronger: more probable (up to {top:.0%})"), *plan.beacon_legend(floor)]
    if (label := prediction.true_label) is not None:
        x, y = plan.at(floor.coordinates[list(floor.labels).index(label)])
        shapes.append(svg.rectangle((x - HALF, y - HALF), (2 * HALF, 2 * HALF), "line3", 0))
        legend.append(("frame", f"true cell {label}"))
    if prediction.position is not None:
        at, circle = plan.at(prediction.position), ""
        if (radius := prediction.uncertainty) is not None:
            circle = f", 68 % within {radius:.1f} cells"
            shapes.append(svg.circle(at, radius * CELL, "line2", 'stroke-dasharray="5 4"'))
        shapes.append(svg.circle(at, 4.5, "fill2"))
        legend.append(("fill2", f"predicted position{circle}"))
    return plan.picture(title, shapes, legend)


def error_map_svg(
    floor: Floor,
    errors: Numbers,
    predicted: Points,
    radii: Numbers | None = None,
    *,
    title: str = "Mean error of each cell",
) -> str:
    """Draw where scans of each cell were thought to be: mean error as shade, mean shift as arrow.

    Args:
        floor: Cells and beacons.
        errors: (K,) mean error in cells; NaN for cells without a scan.
        predicted: (K, 2) mean predicted position; NaN for cells without a scan.
        radii: (K,) mean uncertainty in cells, drawn around it; None for no circles.
        title: For screen readers.

    Raises:
        ValueError: There is not one error a label.
    """
    plan = _Plan.around(floor)
    judged = np.isfinite(errors)
    top = float(np.max(errors[judged])) if judged.any() else 0.0
    shades = np.where(judged, 0.08 + 0.92 * np.nan_to_num(errors) / (top or 1.0), 0.0)
    hints = [
        f"{label}: {error:.2f} cells" if np.isfinite(error) else f"{label}: no scan"
        for label, error in zip(floor.labels, errors, strict=True)
    ]
    shapes = [_TIP, *plan.frame(), *plan.cells(floor, shades, hints, "fill2")]
    if radii is not None:
        for point, radius in zip(predicted[judged], radii[judged], strict=True):
            shapes.append(svg.circle(plan.at(point), float(radius) * CELL, "axis", _FAINT))
    for start, end in zip(floor.coordinates[judged], predicted[judged], strict=True):
        shapes.append(svg.line(plan.at(start), plan.at(end), "ink", _POINTED))
    legend = [
        ("fill2", f"stronger: larger mean error (up to {top:.1f} cells)"),
        *plan.beacon_legend(floor),
        ("arrow", "true cell to mean predicted position"),
    ]
    if radii is not None:
        legend.append(("circle", "68 % of the scans are meant to be within"))
    return plan.picture(title, shapes, legend)


@dataclass(frozen=True)
class _Plan:
    """The part of the plane that is drawn, in whole cells, and its place on the paper."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, floor: Floor) -> "_Plan":
        every = floor.coordinates
        if floor.beacons is not None:
            every = np.concatenate([every, floor.beacons])
        low, high = np.floor(every.min(axis=0) + 0.5), np.ceil(every.max(axis=0) - 0.5)
        return cls(int(low[0]), int(low[1]), int(high[0]), int(high[1]))

    @property
    def width(self) -> float:
        return MARGIN * 1.5 + CELL * (self.right - self.left + 1)

    @property
    def height(self) -> float:
        return MARGIN * 1.5 + CELL * (self.bottom - self.top + 1)

    def at(self, point: Sequence[float] | Points) -> tuple[float, float]:
        return (
            MARGIN + CELL * (float(point[0]) - self.left + 0.5),
            MARGIN + CELL * (float(point[1]) - self.top + 0.5),
        )

    def frame(self) -> list[str]:
        """Column letters above, row numbers at the left, a faint line around every cell."""
        shapes = []
        right, bottom = self.at((self.right + 0.5, self.bottom + 0.5))
        for column in range(self.left, self.right + 2):
            x, _ = self.at((column - 0.5, self.top))
            shapes.append(svg.line((x, MARGIN), (x, bottom)))
            if column <= self.right:
                letter = chr(ord("A") + column - 1) if 1 <= column <= 26 else str(column)
                shapes.append(svg.text((x + CELL / 2, MARGIN - 8), letter, "small quiet"))
        for row in range(self.top, self.bottom + 2):
            _, y = self.at((self.left, row - 0.5))
            shapes.append(svg.line((MARGIN, y), (right, y)))
            if row <= self.bottom:
                shapes.append(
                    svg.text((MARGIN - 8, y + CELL / 2 + 4), str(row), "small quiet", "end")
                )
        return shapes

    def cells(self, floor: Floor, shades: Numbers, hints: Sequence[str], kind: str) -> list[str]:
        """Every cell filled as strongly as its shade says; all beacons on top."""
        shapes = []
        size = (2 * HALF, 2 * HALF)
        for point, shade, hint in zip(floor.coordinates, shades, hints, strict=True):
            x, y = self.at(point)
            corner = (x - HALF, y - HALF)
            shapes.append(svg.rectangle(corner, size, "axis", 0))
            shapes.append(svg.rectangle(corner, size, kind, float(shade), hint))
        beacons = () if floor.beacons is None else floor.beacons
        return shapes + [_diamond(*self.at(position)) for position in beacons]

    def beacon_legend(self, floor: Floor) -> list[tuple[str, str]]:
        return [] if floor.beacons is None else [("beacon", "beacon")]

    def picture(self, title: str, shapes: list[str], legend: list[tuple[str, str]]) -> str:
        """Put a legend below, wrapped to the width."""
        x, y = float(MARGIN), self.height
        for kind, words in legend:
            needed = 34 + 6.3 * len(words)
            if x > MARGIN and x + needed > self.width:
                x, y = float(MARGIN), y + 20
            shapes += [_sample(kind, x + 6, y), svg.text((x + 18, y + 4), words, "", "start")]
            x += needed
        return svg.document(self.width, y + LEGEND / 2, title, shapes)


def _diamond(x: float, y: float) -> str:
    return f'<path d="M{x:.1f},{y - 5:.1f}l5,5l-5,5l-5,-5Z" class="fill3"/>'


def _sample(kind: str, x: float, y: float) -> str:
    match kind:
        case "beacon":
            return _diamond(x, y)
        case "frame":
            return svg.rectangle((x - 6, y - 6), (12, 12), "line3", 0)
        case "circle":
            return svg.circle((x, y), 6, "axis", _FAINT)
        case "arrow":
            return svg.line((x - 6, y), (x + 6, y), "ink", _POINTED)
    return svg.circle((x, y), 5, kind)
