"""Marks that answers leave on the floor plan; each adds its own line to the legend."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from deploy.answers import OK, Answer, Point
from deploy.floor_plan import ANSWER, FLOOR, HALF, INK, SHARE, TRUTH, Paper, halo

_FAINTEST: Final = 0.004  # of the strongest share, below which a cell stays empty
_LEAST_SHARE: Final = 0.01  # that is written in figures
_DARK: Final = 0.4  # of the strongest share, above which white letters read better
_SOLID: Final = 0.85
_DASHES: Final = (0, (4, 2.5))


def shade(paper: Paper, shares: Mapping[str, float], *, unit: str = "") -> None:
    """Fill cells as strongly as their share says; the square root lets small ones be seen.

    Args:
        paper: Where to.
        shares: A probability, or a count, a label.
        unit: What is counted; empty for probabilities.
    """
    strongest = max(shares.values(), default=0.0)
    if strongest <= 0:
        return
    for label, share in shares.items():
        if label in FLOOR and share / strongest > _FAINTEST:
            depth = _SOLID * (share / strongest) ** 0.5
            paper.cell(label, facecolor=SHARE, linewidth=0, alpha=depth, zorder=2)
    most = f"{strongest:,.0f}" if unit else f"{strongest:.0%}"
    words = f"stronger: more {unit or 'probable'} (up to {most})"
    paper.samples[words] = paper.axes.scatter([], [], s=55, marker="s", color=SHARE, linewidths=0)


def shares(paper: Paper, answer: Answer, most: int) -> None:
    """Write the probabilities of the likeliest cells into them."""
    for each in answer.candidates[:most]:
        if each.label not in FLOOR or each.probability < _LEAST_SHARE:
            continue
        column, row = FLOOR[each.label]
        dark = each.probability > _DARK * answer.candidates[0].probability
        paper.axes.text(
            column,
            row - 0.27,
            f"{each.probability:.0%}",
            fontsize=6.5,
            ha="center",
            va="center",
            color="white" if dark else INK,
            zorder=6,
        )


def circle(paper: Paper, answer: Answer, *, alone: bool = False) -> None:
    """Draw the circle that holds the true cell with probability 0.68, filled where it is alone."""
    from matplotlib.patches import Circle

    if answer.position is None or not answer.uncertainty:
        return
    at, radius = answer.position, answer.uncertainty
    width, depth = (1.4, 1.0) if alone else (0.8, 0.55)
    paper.axes.add_patch(
        Circle(
            at, radius, fill=False, edgecolor=ANSWER, linestyle=_DASHES, linewidth=width,
            alpha=depth, zorder=5,
        )
    )  # fmt: skip
    if alone:
        paper.axes.add_patch(Circle(at, radius, color=ANSWER, alpha=0.08, linewidth=0, zorder=3))
    paper.samples["holds the device with 68%"] = paper.axes.plot(
        [], [], "--", color=ANSWER, linewidth=1.2
    )[0]


def position(paper: Paper, answer: Answer) -> None:
    """Draw the point of an answer, its label above the circle."""
    if answer.position is None:
        return
    sure = answer.status == OK
    column, row = answer.position
    paper.axes.scatter(column, row, s=62, zorder=8, **_marker(sure=sure))
    _explain(paper, sure=sure)
    reach = answer.uncertainty or 0.0
    above = row - reach > 1.5  # else there is no room
    paper.axes.annotate(
        answer.label if sure else f"{answer.label} ?",
        (column, row + (-reach if above else reach)),
        (0, 5 if above else -5),
        textcoords="offset points",
        ha="center",
        va="bottom" if above else "top",
        fontsize=12,
        weight="bold",
        color=ANSWER,
        zorder=9,
        path_effects=halo(3),
        annotation_clip=False,
    )


def number(paper: Paper, at: Point, text: str, *, sure: bool) -> None:
    """Draw a position as a marker with its number in it."""
    paper.axes.text(
        *at,
        text,
        fontsize=7,
        weight="bold",
        ha="center",
        va="center",
        zorder=8,
        color="white" if sure else ANSWER,
        bbox={
            "boxstyle": f"{'circle' if len(text) < 3 else 'round'},pad=0.28",
            "facecolor": ANSWER if sure else "white",
            "edgecolor": "white" if sure else ANSWER,
            "linewidth": 1.0,
        },
    )
    _explain(paper, sure=sure)


def dots(paper: Paper, counts: Mapping[Point, int]) -> None:
    """Draw positions, larger where there are more of them."""
    if not counts:
        return
    most = max(counts.values())
    columns, rows = zip(*counts, strict=True)
    sizes = [16 + 150 * count / most for count in counts.values()] if most > 1 else 40
    paper.axes.scatter(columns, rows, s=sizes, alpha=0.75, zorder=7, **_marker(sure=True))
    words = "position, larger for more" if most > 1 else "position"
    paper.samples[words] = paper.axes.scatter([], [], s=50, **_marker(sure=True))


def way(paper: Paper, points: Sequence[Point]) -> None:
    """Join positions by a line, fainter the longer ago, and ring the latest."""
    if len(points) < 2:
        return
    for place, (start, end) in enumerate(pairwise(points), start=1):
        depth = 0.12 + 0.68 * place / len(points)
        _line(paper, start, end, color=INK, linewidth=1.4, alpha=depth, solid_capstyle="round")
    paper.samples["way, fainter the longer ago"] = paper.axes.plot(
        [], [], color=INK, linewidth=1.4
    )[0]
    ring: dict[str, Any] = {"facecolors": "none", "edgecolors": INK, "linewidths": 1.8}
    paper.axes.scatter(*points[-1], s=230, zorder=9, **ring)
    paper.samples["latest"] = paper.axes.scatter([], [], s=60, **ring)


def truths(paper: Paper, known: Iterable[tuple[Point, Point | None]], *, crowded: bool) -> None:
    """Frame true cells, and join each to what was answered there.

    Args:
        paper: Where to.
        known: The true cell, and the answer's position if it has one.
        crowded: Whether there are many, so that each has to be thin.
    """
    width = 1.0 if crowded else 1.6
    pairs = list(known)
    for cell in {cell for cell, _ in pairs}:
        _framed(paper, cell, width)
    for cell, answered in pairs:
        if answered is not None:
            _line(paper, cell, answered, color=TRUTH, linewidth=0.7 * width, alpha=0.8)
    if pairs:
        paper.samples["true cell"] = paper.axes.scatter(
            [], [], s=50, marker="s", facecolors="none", edgecolors=TRUTH, linewidths=1.4
        )


def banner(paper: Paper, words: str) -> None:
    """Write a sentence into the free middle of the map."""
    paper.axes.text(
        *paper.middle,
        words,
        fontsize=12,
        weight="bold",
        color=ANSWER,
        ha="center",
        va="center",
        zorder=9,
        path_effects=halo(4),
    )


def _framed(paper: Paper, cell: Point, width: float) -> None:
    from matplotlib.patches import Rectangle

    corner = (cell[0] - HALF, cell[1] - HALF)
    look = {"fill": False, "edgecolor": TRUTH, "linewidth": width, "zorder": 6}
    paper.axes.add_patch(Rectangle(corner, 2 * HALF, 2 * HALF, **look))


def _line(paper: Paper, start: Point, end: Point, **look: Any) -> None:
    paper.axes.plot(*zip(start, end, strict=True), zorder=6, **look)


def _explain(paper: Paper, *, sure: bool) -> None:
    words = "position" if sure else "position, out of coverage"
    paper.samples[words] = paper.axes.scatter([], [], s=50, **_marker(sure=sure))


def _marker(*, sure: bool) -> dict[str, Any]:
    if sure:
        return {"facecolors": ANSWER, "edgecolors": "white", "linewidths": 1.2}
    return {"facecolors": "white", "edgecolors": ANSWER, "linewidths": 1.6}
