"""Charts of the report: small pure functions from numbers to SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from model.blerssi import svg

WIDTH: Final = 440.0  # so that words stay readable where a phone shrinks it
HEIGHT: Final = 290.0
LEFT: Final = 62.0
RIGHT: Final = 18.0
TOP: Final = 34.0
BOTTOM: Final = 50.0
TICKS: Final = 5
ROW: Final = 30.0  # height of a bar that lies, with its gap
LETTER: Final = 6.6  # width of most letters, pixels


@dataclass(frozen=True)
class Series:
    """One line of a chart.

    Attributes:
        name: For the legend.
        points: (x, y) in the order in which they are joined; y that is not finite is left out.
        dots: Whether each point is marked.
    """

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


@dataclass(frozen=True)
class Axis:
    """What an axis measures.

    Attributes:
        label: Name and unit.
        maximum: Where it ends; None for where the data end. It starts at 0.
    """

    label: str
    maximum: float | None = None


def line_chart(
    title: str, x_axis: Axis, y_axis: Axis, series: Sequence[Series], *, diagonal: bool = False
) -> str:
    """Draw up to three lines.

    Args:
        title: What the chart shows; also its heading.
        x_axis: The horizontal axis.
        y_axis: The vertical axis.
        series: Lines; one without points is left out.
        diagonal: Whether to draw y = x, where a calibrated model would lie.
    """
    shown = [
        Series(s.name, [p for p in s.points if math.isfinite(p[1])], s.dots)
        for s in series
        if any(math.isfinite(p[1]) for p in s.points)
    ]
    every = [point for s in shown for point in s.points] or [(1.0, 1.0)]
    plot = _Plot.over(
        x_axis.maximum or max(x for x, _ in every), y_axis.maximum or max(y for _, y in every)
    )
    shapes = plot.frame(title, x_axis.label, y_axis.label)
    if diagonal:
        end = min(plot.x_end, plot.y_end)
        shapes.append(svg.line(plot.at(0, 0), plot.at(end, end), "axis", 'stroke-dasharray="4 4"'))
    for number, each in enumerate(shown, start=1):
        points = [plot.at(x, y) for x, y in each.points]
        shapes.append(svg.polyline(points, f"line{number}"))
        if each.dots or len(points) == 1:
            shapes += [svg.circle(point, 3.5, f"fill{number}") for point in points]
    return svg.document(WIDTH, HEIGHT, title, shapes + _legend([s.name for s in shown]))


def bar_chart(
    title: str, x_axis: Axis, y_axis: Axis, edges: Sequence[float], heights: Sequence[float]
) -> str:
    """Draw a histogram.

    Args:
        title: What the chart shows; also its heading.
        x_axis: The horizontal axis.
        y_axis: The vertical axis.
        edges: Where bars begin and end, one more than there are bars.
        heights: One a bar.
    """
    plot = _Plot.over(
        x_axis.maximum or max(edges, default=1), y_axis.maximum or max(heights, default=1)
    )
    shapes = plot.frame(title, x_axis.label, y_axis.label)
    for start, end, height in zip(edges[:-1], edges[1:], heights, strict=True):
        (x1, y1), (x2, y2) = plot.at(start, height), plot.at(end, 0)
        hint = f"{start:g} to {end:g}: {height:g}"
        shapes.append(svg.rectangle((x1 + 1, y1), (x2 - x1 - 2, y2 - y1), "fill1", 0.85, hint))
    return svg.document(WIDTH, HEIGHT, title, shapes)


@dataclass(frozen=True)
class Row:
    """One bar that lies.

    Attributes:
        name: In front of it.
        value: How long it is; one that is not finite has no bar.
        words: Behind it.
        ours: Whether it is set apart.
    """

    name: str
    value: float
    words: str
    ours: bool = False


def row_chart(title: str, label: str, rows: Sequence[Row]) -> str:
    """Draw bars below each other, for things that have names.

    Args:
        title: What the chart shows; also its heading.
        label: What a bar measures, with its unit.
        rows: From top to bottom.
    """
    left = 12 + LETTER * max((len(row.name) for row in rows), default=0)
    behind = 12 + LETTER * max((len(row.words) for row in rows), default=0)
    top = max((row.value for row in rows if math.isfinite(row.value)), default=0) or 1.0
    shapes = [svg.text((0, 18), title, "", "start")]
    for number, row in enumerate(rows):
        y = TOP + ROW * number
        length = (WIDTH - left - behind) * row.value / top if math.isfinite(row.value) else 0.0
        size = (max(length, 0.0), ROW - 8)
        kind = "fill1" if row.ours else "fill2"
        shapes.append(svg.text((left - 8, y + 16), row.name, "", "end"))
        shapes.append(svg.rectangle((left, y), size, kind, 0.85))
        shapes.append(svg.text((left + size[0] + 6, y + 16), row.words, "quiet", "start"))
    height = TOP + ROW * len(rows)
    shapes.append(svg.text((left, height + 12), label, "quiet", "start"))
    return svg.document(WIDTH, height + 22, title, shapes)


@dataclass(frozen=True)
class _Plot:
    """From data to paper; both axes start at 0 and end at a round number."""

    x_end: float
    y_end: float
    x_step: float
    y_step: float

    @classmethod
    def over(cls, x_maximum: float, y_maximum: float) -> "_Plot":
        (x_end, x_step), (y_end, y_step) = _round_up(x_maximum), _round_up(y_maximum)
        return cls(x_end, y_end, x_step, y_step)

    def at(self, x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (WIDTH - LEFT - RIGHT) * x / self.x_end,
            HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / self.y_end,
        )

    def frame(self, title: str, x_label: str, y_label: str) -> list[str]:
        shapes = [svg.text((LEFT, 18), title, "", "start")]
        for i in range(round(self.y_end / self.y_step) + 1):
            x, y = self.at(0, i * self.y_step)
            shapes.append(svg.line((x, y), (WIDTH - RIGHT, y)))
            shapes.append(svg.text((x - 7, y + 4), f"{i * self.y_step:g}", "small quiet", "end"))
        for i in range(round(self.x_end / self.x_step) + 1):
            x, y = self.at(i * self.x_step, 0)
            shapes.append(svg.line((x, y), (x, y + 4), "axis"))
            shapes.append(svg.text((x, y + 17), f"{i * self.x_step:g}", "small quiet"))
        x, y = self.at(0, 0)
        middle = (TOP + y) / 2
        upright = svg.text((0, 0), y_label, "quiet")
        return [
            *shapes,
            svg.line((x, y), (WIDTH - RIGHT, y), "axis"),
            svg.text(((x + WIDTH - RIGHT) / 2, HEIGHT - 10), x_label, "quiet"),
            f'<g transform="translate(16 {middle:.1f}) rotate(-90)">{upright}</g>',
        ]


def _round_up(maximum: float) -> tuple[float, float]:
    """The least round axis end that is not below a maximum, and the step between its ticks."""
    if not math.isfinite(maximum) or maximum <= 0:
        return 1.0, 0.2
    raw = maximum / TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= raw * (1 - 1e-9))
    return step * math.ceil(maximum / step - 1e-9), step


def _legend(names: Sequence[str]) -> list[str]:
    if len(names) < 2:
        return []
    shapes = []
    x = WIDTH - RIGHT
    for number, name in reversed(list(enumerate(names, start=1))):
        shapes.append(svg.text((x, 18), name, "", "end"))
        x -= 6.5 * len(name) + 10
        shapes.append(svg.circle((x, 14), 4, f"fill{number}"))
        x -= 16
    return shapes
