"""What a transform job wrote: counted, held to its input record by record, and made readable.

Joined CSV is the record's columns and the answer's behind them; joined JSON is the record with
`SageMakerOutput` in it (C2.10, C2.11).
"""

import csv
import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, TextIO

from deploy.answers import Answer, AnswerError, Candidate
from deploy.batch import records
from deploy.batch.records import CSV, Layout, Records
from deploy.errors import DeployError
from deploy.plot import Shown
from deploy.scans import UNKNOWN, Scan

ANSWER_COLUMNS: Final = ("location", "probability", "column", "row", "uncertainty", "status")
OUTPUT: Final = "SageMakerOutput"
_KEPT: Final = 5000  # answers that a table and a picture may show


@dataclass
class Result:
    """The answers of a job.

    Attributes:
        count: Records.
        statuses: How many of each.
        scans: Where the first of them stand.
        shown: The first of them.
        right: How many are in the true cell, of those whose cell is known.
        distance: The sum of their distances, in cells.
        judged: How many have a known cell.
    """

    count: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    scans: list[Scan] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    right: int = 0
    distance: float = 0.0
    judged: int = 0

    def add(self, scan: Scan, shown: Shown) -> None:
        """Count one more."""
        self.count += 1
        self.statuses[shown.answer.status] += 1
        if (error := shown.error) is not None:
            self.judged += 1
            self.right += shown.answer.label == shown.truth
            self.distance += error
        if len(self.shown) < _KEPT:
            self.scans.append(scan)
            self.shown.append(shown)

    def to_dict(self) -> dict[str, Any]:
        """In figures, for programs."""
        found: dict[str, Any] = {"records": self.count, "statuses": dict(self.statuses)}
        if self.judged:
            found |= {
                "judged": self.judged,
                "exact": self.right,
                "mean_distance_cells": self.distance / self.judged,
            }
        return found


def check(sent: Records, output: Path, target: Path | None, *, join: bool) -> Result:
    """Hold a result to what was sent, and write it with a header where one was taken off.

    Args:
        sent: The records.
        output: What the job wrote.
        target: Where the result is written for people; None for nowhere.
        join: Whether every answer stands beside its record.

    Raises:
        DeployError: There are not as many records as were sent, or one is not where it should be.
        OSError: The target cannot be written.
    """
    result = Result()
    with ExitStack() as stack:
        file = stack.enter_context(records.open_text(output))
        out = target and stack.enter_context(target.open("w", encoding="utf-8", newline="\n"))
        if out and (names := _names(sent.layout, join=join)):
            out.write(f"{names}\n")
        answered = (line for _, line in records.records_of(file, Layout(sent.layout.media_type)))
        for given, line in zip_longest(sent.lines(), answered):
            if given is None or line is None:
                raise _miscounted(sent, output)
            _take(result, sent, given, line, join=join)
            _put(out or None, line)
    return result


def _take(result: Result, sent: Records, given: records.Numbered, line: str, *, join: bool) -> None:
    """Read one record of the output, and compare what it has of the input."""
    number, text = given
    read = _csv if sent.layout.media_type == CSV else _json
    try:
        own, shown = read(text, line, sent.layout, join=join)
    except (AnswerError, ValueError, LookupError, csv.Error) as error:
        raise DeployError(
            f"The answer to line {number} of {sent.name} is not one that is known here: "
            f"{line!r:.120} ({error})."
        ) from None
    if not own:
        raise DeployError(
            f"Where the answer to line {number} of {sent.name} should be, there is another "
            f"record: {line!r:.120}.",
            hint="The order of records was lost; do not use this result.",
        )
    result.add(Scan([], f"line {number}", shown.truth), shown)


def _csv(text: str, line: str, layout: Layout, *, join: bool) -> tuple[bool, Shown]:
    before, found = records.columns(text), records.columns(line)
    width = len(before) if join else 0
    label, probability, *place, status = found[width:]
    column, row, radius = map(float, place) if place else (None, None, None)
    truth = None if layout.truth is None else before[layout.truth].strip()
    answer = Answer(
        label,
        float(probability),
        status,
        (Candidate(label, float(probability)),),
        None if column is None or row is None else (column, row),
        radius,
    )
    return found[:width] == before[:width], Shown(answer, None if truth in UNKNOWN else truth)


def _json(text: str, line: str, _layout: Layout, *, join: bool) -> tuple[bool, Shown]:
    found = json.loads(line)
    if not join:
        return True, Shown(Answer.of(found))
    before = json.loads(text)
    answer = Answer.of(found.pop(OUTPUT))
    own = found == (before if isinstance(before, dict) else {"SageMakerInput": before})
    return own, Shown(answer)


def _names(layout: Layout, *, join: bool) -> str:
    """The header of the result: the input's, and the names of the answer's columns."""
    if layout.media_type != CSV or (join and layout.header is None):
        return ""
    taken = layout.header if join and layout.header else ()
    added = [f"predicted_{name}" if name in taken else name for name in ANSWER_COLUMNS]
    return ",".join([*map(_quoted, taken), *added])


def _quoted(name: str) -> str:
    if not any(each in name for each in ',"'):
        return name
    return '"' + name.replace('"', '""') + '"'


def _put(out: TextIO | None, line: str) -> None:
    if out is not None:
        out.write(f"{line}\n")


def _miscounted(sent: Records, output: Path) -> DeployError:
    with records.open_text(output) as file:
        found = sum(1 for _ in records.records_of(file, Layout(sent.layout.media_type)))
    return DeployError(
        f"{sent.count:,} records were sent and {found:,} came back.",
        hint="Do not use this result; the job's log tells what the model answered.",
    )
