"""The verdict on a terminal: a line a check, then the failures with their evidence.

    image
      pass  C1.2    The entry point is in exec form, and no shell                     0.0 s
      FAIL  C1.8    Every label of a capability is kept                               0.1 s
                      no such label
    [########--------] 9/18  C4.20  A container of a pipeline listens on its port

On a terminal the last line is rewritten while checks run; elsewhere every line is final.
"""

import os
import textwrap
from collections.abc import Sequence
from typing import TextIO

from local_test.conformance import findings
from local_test.conformance.catalogue import GRADES, order
from local_test.conformance.findings import Finding, Status
from local_test.conformance.registry import Check

WORDS = {
    Status.PASSED: "pass",
    Status.FAILED: "FAIL",
    Status.ADVISED: "note",
    Status.ACCEPTED: "okay",
    Status.NOT_CHECKED: "-",
    Status.BROKEN: "BUG",
}
_COLOURS = {
    Status.PASSED: "32",
    Status.FAILED: "1;31",
    Status.ADVISED: "33",
    Status.ACCEPTED: "32",
    Status.NOT_CHECKED: "2",
    Status.BROKEN: "1;35",
}
_WIDTH = 100
_WIDEST = 110  # beyond that an eye no longer finds the way from a title to its time
_NARROWEST = 50
_BAR = 24
_MARGIN = " " * 16


class Console:
    """Shows a run as it goes; an `Observer` of the suite.

    Args:
        stream: Where to.
        live: Whether it is a terminal that can rewrite its last line and show colours.
        width: Columns.
    """

    def __init__(self, stream: TextIO, *, live: bool, width: int = _WIDTH) -> None:
        self._stream = stream
        self._live = live
        self._columns = width
        self._width = min(max(width, _NARROWEST), _WIDEST)
        self._group = ""

    def begins(self, check: Check, number: int, total: int) -> None:
        """Show what runs now."""
        if check.group != self._group:
            self._group = check.group
            self._print(self._painted(check.group, "1"))
        if not self._live:
            return
        done = _BAR * (number - 1) // total
        bar = f"[{'#' * done}{'-' * (_BAR - done)}] {number}/{total}  {check.clause}  {check.title}"
        self._stream.write(f"\r\x1b[K{bar[: self._columns - 1]}")
        self._stream.flush()

    def ended(self, finding: Finding, number: int, total: int) -> None:  # noqa: ARG002
        """Show what came of it."""
        if self._live:
            self._stream.write("\r\x1b[K")
        check, status, room = finding.check, finding.status, self._width - 25
        title, *more = textwrap.wrap(check.title, room)
        row = f"{check.clause:7} {title:{room}} {finding.seconds:6.1f} s"
        rest = "\n".join(f"{_MARGIN}{each}" for each in more)
        if finding.seen:
            rest = f"{rest}\n{_indented(finding.seen, self._width, f'{_MARGIN}  ')}".lstrip("\n")
        if status is Status.NOT_CHECKED:
            row, rest = self._coloured(row, status), self._coloured(rest, status)
        self._print(f"  {self._coloured(f'{WORDS[status]:5}', status)} {row}")
        if rest:
            self._print(rest)

    def verdict(self, found: Sequence[Finding], seconds: float, subject: str) -> None:
        """Show the failures with evidence and mend, and the sum of it all."""
        for each in findings.faults(found):
            self._explain(each)
        self._print("")
        for reason, group in _unchecked(found):
            text = f"not checked, {reason}: {', '.join(group)}"
            self._print(_indented(text, self._width, "  "))
        sums = [f"{count} {status}" for status, count in findings.counts(found).items() if count]
        self._print(f"{', '.join(sums) or 'nothing to check'} in {seconds:.0f} s.")
        self._print(f"{subject}: {findings.verdict(found)}")

    def _explain(self, finding: Finding) -> None:
        check, clause = finding.check, finding.clause
        head = f"{WORDS[finding.status]} {check.clause} {check.title}"
        self._print(f"\n{self._coloured(head, finding.status)}")
        rows = [
            ("seen", finding.seen),
            ("expected", check.expected),
            ("mend", clause.mend),
            *(("evidence", each) for each in finding.evidence),
            ("means", clause.means),
            ("breaks", clause.breaks),
            ("grade", f"{clause.grade}, {GRADES[clause.grade]}: {clause.source}"),
        ]
        for name, text in rows:
            body = _indented(text, self._width, " " * 12)
            self._print(f"  {name:9} {body.lstrip()}")

    def _coloured(self, text: str, status: Status) -> str:
        return self._painted(text, _COLOURS[status])

    def _painted(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._live and text else text

    def _print(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def for_stream(stream: TextIO) -> Console:
    """A live console for a terminal, a plain one for anything else."""
    if not stream.isatty():
        return Console(stream, live=False)
    return Console(stream, live=True, width=os.get_terminal_size(stream.fileno()).columns or _WIDTH)


def _unchecked(found: Sequence[Finding]) -> list[tuple[str, list[str]]]:
    """The clauses that were not checked, by the reason why."""
    missing = [each for each in found if each.status is Status.NOT_CHECKED]
    reasons = {
        each.seen: {one.clause.name for one in missing if one.seen == each.seen} for each in missing
    }
    return [(reason, sorted(reasons[reason], key=order)) for reason in sorted(reasons)]


def _indented(text: str, width: int, margin: str) -> str:
    """Wrap every line of a text and put a margin before it."""
    printable = "".join(each if each.isprintable() or each == "\n" else "?" for each in text)
    return "\n".join(
        textwrap.fill(line, width, initial_indent=margin, subsequent_indent=margin)
        for line in printable.splitlines()
    )
