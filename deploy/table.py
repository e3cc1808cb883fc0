"""Answers and problems as text for people."""

import json
from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import Any, Final

from deploy.answers import NO_SIGNAL
from deploy.plot import Shown
from deploy.refusal import Refusal
from deploy.scans import Scan
from model.errors import Problem

_NEXT: Final = 2  # candidates after the first that are shown
_HEADER: Final = ("scan", "cell", "share", "column", "row", "±", "status", "next best")
_TRUTH: Final = ("true cell", "off by")


def answers(scans: Sequence[Scan], shown: Sequence[Shown], most: int) -> str:
    """Lay out answers, a line a scan.

    Args:
        scans: What was asked.
        shown: What was answered, one a scan.
        most: How many lines are shown; the rest is counted. 0 shows all.
    """
    known = any(each.truth for each in shown)
    pairs = list(zip(scans, shown, strict=True))[: most or None]
    rows = [cells(scan, each, known=known) for scan, each in pairs]
    more = [f"... and {len(shown) - len(rows):,} more"] if len(rows) < len(shown) else []
    names = header(known=known)
    filled = [place for place in range(len(names)) if any(row[place] for row in rows)]
    narrow = [[row[place] for place in filled] for row in (names, *rows)]
    return "\n".join([render(narrow[0], narrow[1:]), *more])


def header(*, known: bool) -> tuple[str, ...]:
    """The names of the columns of `cells`."""
    return (*_HEADER, *_TRUTH) if known else _HEADER


def cells(scan: Scan, shown: Shown, *, known: bool) -> list[str]:
    """One line of the table.

    Args:
        scan: What was asked.
        shown: What was answered.
        known: Whether the table tells how far off answers are.
    """
    answer = shown.answer
    place = [_decimal(each) for each in shown.position or (None, None)]
    radius = _decimal(answer.uncertainty if shown.position else None)
    heard = answer.status != NO_SIGNAL
    best = (answer.label, f"{answer.probability:.0%}") if heard else ("-", "-")
    others = [each.label for each in answer.candidates[1 : 1 + _NEXT]] if heard else []
    line = [scan.place, *best, *place, radius, answer.status, " ".join(others)]
    return [*line, shown.truth or "-", _decimal(shown.error)] if known else line


def summary(shown: Sequence[Shown]) -> str:
    """Say how many there are of each kind, and how good they are where that can be told."""
    statuses = Counter(each.answer.status for each in shown)
    parts = [f"{count:,} {status}" for status, count in statuses.most_common()]
    judged = [each for each in shown if each.error is not None]
    text = f"{_counted(len(shown), 'answer')}: {', '.join(parts) or 'none'}."
    if judged:
        right = sum(each.answer.label == each.truth for each in judged)
        mean = fmean(each.error for each in judged if each.error is not None)
        text += (
            f" Of {len(judged):,} with a known cell {right:,} are in it; {mean:.2f} cells off on "
            "average."
        )
    return text


def problems(refusal: Refusal, scans: Sequence[Scan]) -> str:
    """Say where each fault stands, a line a field; empty where the model named none."""
    lines = [problem(each, scans) for each in refusal.problems]
    if (more := refusal.total - len(lines)) > 0:
        lines.append(f"  ... and {_counted(more, 'more problem')}")
    return "\n".join(lines)


def problem(found: Problem, scans: Sequence[Scan]) -> str:
    """Say where one fault stands."""
    known = found.row is not None and found.row < len(scans)
    place = scans[found.row].place if known and found.row is not None else "every row"
    field = "" if found.field is None else f", {found.field}"
    return f"  {place}{field}: got {json.dumps(found.got)}, expected {found.expected}"


def document(scan: Scan, shown: Shown) -> dict[str, Any]:
    """One answer for programs: as it came, with its place, and the truth where it is known."""
    found: dict[str, Any] = {"scan": scan.place, **shown.answer.document}
    if shown.truth is not None:
        found |= {"truth": shown.truth, "distance_cells": shown.error}
    return found


def render(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a table; columns of numbers are aligned to the right."""
    lines = [list(names), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = [all(_is_number(row[place]) for row in rows) for place in range(len(names))]
    drawn = [line_of(line, widths, right) for line in lines]
    return "\n".join([drawn[0], "  ".join("-" * width for width in widths), *drawn[1:]])


def line_of(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    """Lay out one line of a table."""
    return "  ".join(
        text.rjust(width) if flush else text.ljust(width)
        for text, width, flush in zip(texts, widths, right, strict=True)
    ).rstrip()


def _decimal(number: float | None) -> str:
    return "-" if number is None else f"{number:.1f}"


def _is_number(text: str) -> bool:
    return text == "-" or text.removesuffix("%").replace(".", "", 1).isdigit()


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
