"""Verdicts as tables: for a terminal, and as Markdown."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from model.blerssi.verdicts import Figure, Verdict

# What a table shows of `verdicts.figures`, and what it is called there.
COLUMNS: Final = {
    "posterior_median_mean": "mean",
    "posterior_median_median": "median",
    "posterior_median_p90": "p90",
    "argmax_mean": "arg max",
    "posterior_mean_mean": "post. mean",
    "least_expected_distance_mean": "least exp.",
    "within_1_cell": "≤1 cell",
    "within_2_cells": "≤2 cells",
    "exact": "exact",
    "top3": "top 3",
    "top5": "top 5",
    "nll": "NLL",
    "ece": "ECE",
    "coverage": "in radius",
}
UNSURE: Final = frozenset({"posterior_median_mean", "nll"})  # these are shown with their error
COMPARED: Final = ("posterior_median_mean", "argmax_mean", "exact", "top3", "nll", "ece")
GAP: Final = 2

Rows = Sequence[Sequence[str]]


def text(verdicts: Mapping[str, Verdict]) -> str:
    """Tables for a terminal: the figures, and what the others have more than ours."""
    return _tables(verdicts, _aligned)


def markdown(verdicts: Mapping[str, Verdict]) -> str:
    """The same as Markdown."""
    return _tables(verdicts, _piped)


def _tables(verdicts: Mapping[str, Verdict], write: Callable[[Rows], str]) -> str:
    tables = [write([["method", *COLUMNS.values()], *_figures(verdicts)])]
    compared = {name: each for name, each in verdicts.items() if each.differences}
    if compared:
        head = ["minus ours", *(COLUMNS[name] for name in COMPARED)]
        tables.append(write([head, *_differences(compared)]))
    return "\n\n".join(tables)


def _figures(verdicts: Mapping[str, Verdict]) -> list[list[str]]:
    return [
        [
            method,
            *(
                _unsure(each.figures[name]) if name in UNSURE else f"{each.figures[name].value:.3f}"
                for name in COLUMNS
            ),
        ]
        for method, each in verdicts.items()
    ]


def _differences(verdicts: Mapping[str, Verdict]) -> list[list[str]]:
    return [
        [method, *(_unsure(each.differences[name], "+") for name in COMPARED)]
        for method, each in verdicts.items()
    ]


def _unsure(figure: Figure, sign: str = "") -> str:
    error = "" if np.isnan(figure.error) else f" ±{figure.error:.3f}"
    return f"{figure.value:{sign}.3f}{error}"


def _aligned(rows: Rows) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [f"{cell:>{width + GAP}}" for cell, width in zip(others, widths[1:], strict=True)]
        lines.append(f"{first:<{widths[0]}}{''.join(cells)}")
    return "\n".join(lines)


def _piped(rows: Rows) -> str:
    head, *others = rows
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *others))
