"""Answers on the library's floor, drawn with Matplotlib: PNG, SVG or PDF by the file's suffix.

    one answer     how probable every cell is, the position, and the circle around it
    a few          the same laid over each other, numbered, with a list beside
    many           how often each cell was meant, and every position as a dot

What is known of the truth is framed and joined to the answer. The floor comes from
`model.blerssi`, so a model of another place cannot be drawn here.
"""

import io
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

from container.errors import UserError
from deploy import marks
from deploy.answers import NO_SIGNAL, OK, Answer, Point
from deploy.floor_plan import FLOOR, Paper

FORMATS: Final = (".png", ".svg", ".pdf")
MOST_LISTED: Final = 14  # answers that are numbered and listed beside the map
_MOST_CIRCLES: Final = 30
_MOST_SHARES: Final = 6  # cells of one answer that say their share in figures
_DOTS_PER_INCH: Final = 160
_LONGEST_TITLE: Final = 60
_HEADLINES: Final = {OK: "Where the device is", NO_SIGNAL: "Nothing was heard"}


@dataclass(frozen=True)
class Shown:
    """One answer with what is known beside it.

    Attributes:
        answer: What the endpoint said.
        truth: The cell where the scan was taken; None where nobody knows.
    """

    answer: Answer
    truth: str | None = None

    @property
    def position(self) -> Point | None:
        """Where the answer is; nowhere if no beacon was heard, as that is only the prior."""
        return None if self.answer.status == NO_SIGNAL else self.answer.position

    @property
    def true_position(self) -> Point | None:
        """The middle of the true cell, where that is known."""
        return FLOOR.get(self.truth or "")

    @property
    def error(self) -> float | None:
        """Cells between the answer and the middle of the true cell, where both are known."""
        at = self.true_position
        return None if at is None or self.position is None else self.answer.distance_to(at)


def save(path: Path, shown: Sequence[Shown], *, title: str = "", one_way: bool = False) -> None:
    """Draw answers into a file, which is replaced at once and never half written.

    Args:
        path: Its suffix says the format.
        shown: The answers in their order; none gives the empty floor.
        title: Where they come from: a file's or an endpoint's name.
        one_way: Whether they are one device's way, so that a line joins them.

    Raises:
        UserError: The suffix is of no picture, or the answers name cells of another floor.
        OSError: The file cannot be written.
    """
    check(path)
    if unknown := sorted({each.answer.label for each in shown} - set(FLOOR)):
        raise UserError(
            f"The answers name {', '.join(unknown[:5])}, which the library's floor does not have.",
            hint="--plot draws answers of the BLE RSSI model alone.",
        )
    picture = io.BytesIO()
    kind = path.suffix.lower().removeprefix(".")
    drawn = figure(shown, title=title, one_way=one_way)
    drawn.savefig(picture, format=kind, dpi=_DOTS_PER_INCH)
    _replace(path, picture.getvalue())


def check(path: Path) -> None:
    """Tell early whether a picture could be drawn into a file.

    Raises:
        UserError: Its suffix is of no picture that is drawn here, or there is no such folder.
    """
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"--plot takes a file that ends in {', '.join(FORMATS)}; got {path}.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent} for the picture.")


def figure(shown: Sequence[Shown], *, title: str = "", one_way: bool = False) -> Any:
    """Draw answers as a Matplotlib figure, for notebooks; `save` says what the arguments are."""
    few = 1 < len(shown) <= MOST_LISTED
    paper = Paper(panel=few)
    paper.heading(_headline(shown, one_way=one_way), _subtitle(shown, title))
    known = [(each.true_position, each.position) for each in shown]
    crowded = len(shown) > MOST_LISTED
    marks.truths(paper, [(at, answer) for at, answer in known if at], crowded=crowded)
    if len(shown) == 1:
        _draw_one(paper, shown[0])
    elif few:
        _draw_few(paper, shown, one_way=one_way)
    else:
        _draw_many(paper, shown, one_way=one_way)
    paper.legend()
    return paper.figure


def _draw_one(paper: Paper, shown: Shown) -> None:
    """The posterior, its position, its circle."""
    if shown.answer.status == NO_SIGNAL:
        marks.banner(paper, "No beacon was heard: the device could be anywhere.")
        return
    marks.shade(paper, {each.label: each.probability for each in shown.answer.candidates})
    marks.shares(paper, shown.answer, _MOST_SHARES)
    marks.circle(paper, shown.answer, alone=True)
    marks.position(paper, shown.answer)


def _draw_few(paper: Paper, shown: Sequence[Shown], *, one_way: bool) -> None:
    """Every answer under its number; the list beside says the rest."""
    located = [each for each in shown if each.position]
    strongest: dict[str, float] = {}
    for candidate in (each for one in located for each in one.answer.candidates):
        so_far = strongest.get(candidate.label, 0.0)
        strongest[candidate.label] = max(candidate.probability, so_far)
    marks.shade(paper, strongest)
    if one_way:
        marks.way(paper, [each.position for each in located if each.position])
    at: dict[Point, list[int]] = {}
    for number, each in enumerate(shown, start=1):
        if each.position:
            marks.circle(paper, each.answer)
            at.setdefault(each.position, []).append(number)
    for point, numbers in at.items():
        sure = any(shown[number - 1].answer.status == OK for number in numbers)
        marks.number(paper, point, _span(numbers), sure=sure)
    paper.list([_listed(number, each) for number, each in enumerate(shown, start=1)])


def _draw_many(paper: Paper, shown: Sequence[Shown], *, one_way: bool) -> None:
    """How often each cell was the answer, and where exactly."""
    points = [each.position for each in shown if each.position]
    counts = Counter(each.answer.label for each in shown if each.position)
    marks.shade(paper, {label: float(count) for label, count in counts.items()}, unit="answers")
    located = [each.answer for each in shown if each.position]
    if one_way:
        located = located[-1:]
    if len(located) <= _MOST_CIRCLES and not any(each.truth for each in shown):
        for each in located:
            marks.circle(paper, each)
    marks.dots(paper, Counter(points))
    if one_way:
        marks.way(paper, points)


def _listed(number: int, shown: Shown) -> tuple[str, str, str, str]:
    answer = shown.answer
    if shown.position is None:
        return str(number), "-", "", answer.status
    words = f"{answer.probability:.0%}"
    if shown.error is not None:
        words += f", {shown.error:.1f} off"
    elif answer.uncertainty is not None:
        words += f" ± {answer.uncertainty:.1f}"
    return str(number), answer.label, words, answer.status


def _headline(shown: Sequence[Shown], *, one_way: bool) -> str:
    match shown:
        case []:
            return "No answers"
        case [one]:
            return _HEADLINES.get(one.answer.status, "Where the device may be")
    return f"{len(shown):,} steps of a way" if one_way else f"{len(shown):,} answers"


def _subtitle(shown: Sequence[Shown], title: str) -> str:
    """What the picture says in figures."""
    parts = [title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"]
    parts += _one_in_figures(shown[0]) if len(shown) == 1 else _many_in_figures(shown)
    return "  ·  ".join(filter(None, parts))


def _one_in_figures(shown: Shown) -> list[str]:
    answer = shown.answer
    if shown.position is None:
        return []
    parts = [f"{answer.label} with {answer.probability:.0%}"]
    if answer.uncertainty is not None:
        parts.append(f"68% within {answer.uncertainty:.1f} cells")
    if shown.error is not None:
        parts.append(f"true cell {shown.truth}, {shown.error:.1f} cells off")
    return parts if answer.status == OK else [*parts, _said(answer.status)]


def _many_in_figures(shown: Sequence[Shown]) -> list[str]:
    parts = []
    radii = [each.answer.uncertainty for each in shown if each.position]
    if known := [radius for radius in radii if radius is not None]:
        parts.append(f"median radius {median(known):.1f} cells")
    if errors := [each.error for each in shown if each.error is not None]:
        parts.append(f"{fmean(errors):.1f} cells off on average of {len(errors):,}")
    odd = Counter(each.answer.status for each in shown if each.answer.status != OK)
    return parts + [f"{count:,} {_said(status)}" for status, count in odd.items()]


def _said(status: str) -> str:
    return status.replace("_", " ")


def _span(numbers: Sequence[int]) -> str:
    """`1`, `1,2` or `1,2…`: what fits onto a marker."""
    return ",".join(map(str, numbers[:2])) + ("…" if len(numbers) > 2 else "")


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
