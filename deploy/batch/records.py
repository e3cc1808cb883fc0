"""A file of scans, made ready for a batch transform job and checked line by line.

The platform cuts a file at line breaks and knows no header (C2.8, C2.12): a header would be one
record more than there are answers. So it is taken off here, and what it says becomes the filter
that picks the model's columns; every column comes back beside its answer (C2.11).
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from container.errors import UserError
from deploy import scans
from deploy.scans import TRUTH, reading
from model.blerssi import grid

CSV: Final = "text/csv"
LINES: Final = "application/jsonlines"
FIELDS: Final = grid.BEACONS  # of the model that we ship, in the order of its signature
_LISTED: Final = 10  # problems that are spelt out
_TYPES: Final = {
    ".csv": CSV, ".txt": CSV, ".jsonl": LINES, ".jsonlines": LINES, ".ndjson": LINES,
}  # fmt: skip

Numbered = tuple[int, str]  # a line's number in the file, counted from 1, and its text


@dataclass(frozen=True)
class Layout:
    """What the lines of a file are.

    Attributes:
        media_type: CSV or JSON lines.
        header: The names of the columns; None for CSV without a header and for JSON lines.
        pick: The platform's InputFilter: which columns the model gets; None for all of them.
    """

    media_type: str
    header: tuple[str, ...] | None = None
    pick: str | None = None

    @property
    def fields(self) -> Mapping[str, int]:
        """In which column of the file each of the model's fields stands."""
        return {name: place for place, name in enumerate(self.header or FIELDS) if name in FIELDS}

    @property
    def truth(self) -> int | None:
        """The column of the true cell, where there is one."""
        names = self.header or ()
        return names.index(TRUTH) if TRUTH in names else None


@dataclass(frozen=True)
class Records:
    """The records of one file.

    Attributes:
        name: Of the file.
        layout: What its lines are.
        count: How many records there are.
        digest: SHA-256 of what is sent.
        open: Opens the file anew, as text.
    """

    name: str
    layout: Layout
    count: int
    digest: str
    open: Callable[[], io.TextIOBase] = field(repr=False)

    def lines(self) -> Iterator[Numbered]:
        """Give every record with the number of its line; neither the header nor blank lines."""
        with self.open() as file:
            yield from records_of(file, self.layout)


def media_type(name: str) -> str:
    """Tell the media type from a name.

    Raises:
        UserError: It says nothing.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in _TYPES:
        raise UserError(
            f"The format of {name} cannot be told from its name; batch takes CSV (.csv) and JSON "
            "lines (.jsonl).",
            hint="Other formats have no records that the platform could split and join.",
        )
    return _TYPES[suffix]


def prepare(path: Path, target: Path, *, pick: str | None = None, check: bool = True) -> Records:
    """Write what is sent to S3: the records of a file, one a line, without its header.

    Args:
        path: The file.
        target: Where that is written.
        pick: An InputFilter of the user's, instead of the one that the header gives.
        check: Whether every line is looked at, so that a bad one is told before a job is paid for.

    Raises:
        UserError: It cannot be read, has no records, or lines that cannot be sent; all are named.
    """
    kind = media_type(path.name)
    try:
        with open_text(path) as file:
            layout = layout_of(file.readline(), kind, path.name, pick=pick)
        faults = _Faults(path.name, layout, check=check)
        digest, count = hashlib.sha256(), 0
        with open_text(path) as file, target.open("wb") as out:
            for number, text in records_of(file, layout):
                faults.look(number, text)
                line = f"{text}\n".encode()
                digest.update(line)
                out.write(line)
                count += 1
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: {error.reason}.") from None
    except OSError as error:
        raise UserError(f"{error.filename or path}: {error.strerror}.") from error
    faults.complain()
    if not count:
        raise UserError(f"{path} holds no record.")
    return Records(path.name, layout, count, digest.hexdigest(), lambda: open_text(path))


def layout_of(first: str, kind: str, name: str, *, pick: str | None = None) -> Layout:
    """Read the first line of a file.

    Raises:
        UserError: It is a header without some of the model's fields.
    """
    if kind == LINES:
        return Layout(kind, pick=pick)
    header = _header(first)
    if header is None or pick is not None:
        return Layout(kind, header, pick)
    if missing := [each for each in FIELDS if each not in header]:
        raise UserError(
            f"The header of {name} lacks {', '.join(missing)}.",
            hint="A batch job cannot add columns: add empty ones, or say with --input-filter "
            "which columns the model gets.",
        )
    return Layout(kind, header, _filter([header.index(each) for each in FIELDS], len(header)))


def records_of(file: Iterable[str], layout: Layout) -> Iterator[Numbered]:
    """Give the lines of an open file that are records."""
    for number, line in enumerate(file, start=1):
        text = line.rstrip("\r\n")
        if number == 1:
            text = text.removeprefix("\ufeff")
            if layout.header is not None:
                continue
        if text and not text.isspace():
            yield number, text


def open_text(path: Path) -> io.TextIOBase:
    """Open a file as the platform reads it: lines end at line feeds only."""
    return path.open(encoding="utf-8", newline="\n")


def columns(text: str) -> list[str]:
    """The fields of one line of CSV.

    Raises:
        csv.Error: It is none, or goes on in the next line.
    """
    return next(csv.reader([text], strict=True), [])


class _Faults:
    """Collects what is wrong with lines; what a reading may be is for the model to judge."""

    def __init__(self, name: str, layout: Layout, *, check: bool) -> None:
        self._name = name
        self._layout = layout
        self._check = check
        self._width = len(layout.header or ()) or None
        self._found: list[str] = []
        self._total = 0

    def look(self, number: int, text: str) -> None:
        """Judge one line."""
        if not self._check:
            return
        fault = self._csv(text) if self._layout.media_type == CSV else _json_fault(text)
        if fault:
            self._total += 1
            if len(self._found) < _LISTED:
                self._found.append(f"line {number} {fault}")

    def complain(self) -> None:
        """Go on only where nothing was found.

        Raises:
            UserError: Something was.
        """
        if self._found:
            more = self._total - len(self._found)
            text = "; ".join(self._found) + (f"; and {more:,} more" if more else "")
            raise UserError(
                f"{self._name} cannot be sent as it is: {text}.",
                hint="Mend the lines or take them out; one bad record fails the whole job.",
            )

    def _csv(self, text: str) -> str:
        try:
            fields = columns(text)
        except csv.Error as error:
            return f"is not a record of CSV by itself ({error})"
        if self._width is None:
            self._width = len(fields) if self._layout.pick else len(FIELDS)
        if len(fields) != self._width:
            return f"has {len(fields)} fields instead of {self._width}"
        places = (
            [] if self._layout.pick and not self._layout.header else self._layout.fields.items()
        )
        wrong = [
            f"{name} is {fields[place]!r:.40}"
            for name, place in places
            if isinstance(reading(fields[place]), str)
        ]
        return f"has no number where one should be: {', '.join(wrong)}" if wrong else ""


def _json_fault(text: str) -> str:
    try:
        found: Any = json.loads(text)
    except ValueError as error:
        return f"is not JSON ({error})"
    return "" if isinstance(found, list | dict) else "is neither a list nor an object"


def _header(first: str) -> tuple[str, ...] | None:
    try:
        names = columns(first.rstrip("\r\n").removeprefix("\ufeff"))
    except csv.Error:
        return None
    return None if scans.Header.of(names) is None else tuple(each.strip() for each in names)


def _filter(places: Sequence[int], width: int) -> str | None:
    """Write which columns are meant as the platform's JSONPath (C2.11)."""
    if list(places) == list(range(width)):
        return None
    first, last = places[0], places[-1]
    if list(places) == list(range(first, last + 1)):
        return f"$[{first}:]" if last == width - 1 else f"$[{first}:{last + 1}]"
    return f"$[{','.join(map(str, places))}]"
