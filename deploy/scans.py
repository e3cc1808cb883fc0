"""Scans from a file, from stdin or from the command line, each with the place where it stands.

    CSV          b3006,b3005          or 13 fields in the order of the model's signature
                 -78,-81              a column `location` is the true cell, `date` is left out
    JSON         [[…], …]             or {"instances": [[…], {"b3006": -78}]}
    JSON lines   {"b3006": -78}       or [-200, …], one a line

Readings are not judged here: the model refuses what it cannot take, and names the field.
"""

import csv
import io
import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from container.errors import UserError
from deploy.rows import Row

STDIN: Final = "-"
TRUTH: Final = "location"  # of the data set's files: where a scan was taken
UNKNOWN: Final = ("", "?")  # that nobody said
LEFT_OUT: Final = ("date",)
_JSON: Final = (".json",)
_LINES: Final = (".jsonl", ".jsonlines", ".ndjson")


@dataclass(frozen=True)
class Scan:
    """One row to ask about.

    Attributes:
        row: What the model gets.
        place: Where it stands, for people: "line 17 of scans.csv".
        truth: The cell where it was taken; None where nobody said.
    """

    row: Row
    place: str
    truth: str | None = None


class Header:
    """The first line of a CSV file, where it names columns.

    Args:
        names: Of the columns; None where there is no header, so that every field is a reading.
        ignored: Columns that the model does not get.
    """

    def __init__(self, names: Sequence[str] | None, ignored: Collection[str] = LEFT_OUT) -> None:
        self._names = names
        self._ignored = {TRUTH, *ignored}
        self._truth = names.index(TRUTH) if names and TRUTH in names else None

    @classmethod
    def of(cls, fields: Sequence[str], ignored: Collection[str] = LEFT_OUT) -> "Header | None":
        """Read a first line; None where it is a row already."""
        names = [each.strip() for each in fields]
        if not any(names) or any(isinstance(reading(each), int | float) for each in names):
            return None
        return cls(names, ignored)

    def scan(self, fields: Sequence[str], place: str) -> Scan:
        """Make a scan of a line.

        Raises:
            UserError: It has another number of fields than the header.
        """
        if self._names is None:
            return Scan([reading(each) for each in fields], place)
        if len(fields) != len(self._names):
            raise UserError(
                f"{place} has {_counted(len(fields), 'field')}, its header {len(self._names)}."
            )
        truth = None if self._truth is None else fields[self._truth].strip()
        row = {
            name: reading(field)
            for name, field in zip(self._names, fields, strict=True)
            if name not in self._ignored
        }
        return Scan(row, place, None if truth in UNKNOWN else truth)


NO_HEADER: Final = Header(None)


def read(path: Path, ignored: Collection[str] = LEFT_OUT) -> list[Scan]:
    """Read a file; its suffix says the format, CSV where it says nothing.

    Args:
        path: The file.
        ignored: Columns of a CSV file that the model does not get.

    Raises:
        UserError: It cannot be read, or is not what its name says.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8 text: {error.reason} at byte {error.start}."
        ) from None
    return parse(text, path.name, path.suffix.lower(), ignored)


def parse(
    text: str, name: str, suffix: str = ".csv", ignored: Collection[str] = LEFT_OUT
) -> list[Scan]:
    """Read what a file holds.

    Args:
        text: All of it.
        name: What it is called, for messages.
        suffix: Of a file of that format.
        ignored: Columns of CSV that the model does not get.

    Raises:
        UserError: It is no such format, or holds no scan.
    """
    if suffix in _JSON:
        found = list(_json(text, name))
    elif suffix in _LINES:
        found = list(_json_lines(text, name))
    else:
        found = list(_csv(text, name, ignored))
    if not found:
        raise UserError(f"{name} holds no scan.")
    return found


def arguments(texts: Iterable[str]) -> list[Scan]:
    """Read scans from the command line: `b3006=-78,b3005=-81`, or readings between commas.

    Raises:
        UserError: Some mix both ways, or name a reading twice.
    """
    found = []
    for number, text in enumerate(texts, start=1):
        fields, place = [each.strip() for each in text.split(",")], f"--row {number}"
        named = [each for each in fields if "=" in each]
        if named and len(named) < len([each for each in fields if each]):
            raise UserError(f"{place} is {text!r}; give names to all readings or to none.")
        if not named:
            found.append(Scan([reading(each) for each in fields], place))
            continue
        pairs = [each.partition("=") for each in named]
        row = {name.strip(): reading(value) for name, _, value in pairs}
        if len(row) < len(pairs):
            raise UserError(f"{place} names a reading twice: {text}.")
        found.append(Scan(row, place))
    return found


def reading(text: str) -> float | str | None:
    """A field as a number, None where it is empty; anything else stays for the model to refuse."""
    stripped = text.strip()
    if not stripped:
        return None
    try:
        number = float(stripped)
    except ValueError:
        return text
    if not math.isfinite(number) or "_" in stripped:
        return text
    return int(number) if number.is_integer() else number


def _csv(text: str, name: str, ignored: Collection[str]) -> Iterator[Scan]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: Header | None = None
    try:
        for fields in reader:
            if not any(each.strip() for each in fields) and len(fields) < 2:
                continue
            if header is None:
                header = Header.of(fields, ignored)
                if header is not None:
                    continue
                header = NO_HEADER
            yield header.scan(fields, f"line {reader.line_num} of {name}")
    except csv.Error as error:
        raise UserError(f"Line {reader.line_num} of {name} is not CSV: {error}.") from None


def _json(text: str, name: str) -> Iterator[Scan]:
    found = _decoded(text, name)
    if isinstance(found, dict) and "instances" in found:
        found = found["instances"]
    if isinstance(found, dict) or (
        isinstance(found, list) and found and not isinstance(found[0], list | dict)
    ):
        found = [found]  # one row
    if not isinstance(found, list):
        raise UserError(f'{name} is no list of rows and has no "instances".')
    for number, each in enumerate(found):
        yield Scan(_row(each, f"instance {number} of {name}"), f"instance {number} of {name}")


def _json_lines(text: str, name: str) -> Iterator[Scan]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            place = f"line {number} of {name}"
            yield Scan(_row(_decoded(line, place), place), place)


def _row(found: Any, place: str) -> Row:
    match found:
        case {"features": list() as features, **rest} if not rest:
            return features
        case list():
            return found
        case dict():
            row: Mapping[str, Any] = found
            return row
    raise UserError(f"{place} is no row: a list of readings or an object is expected.")


def _decoded(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UserError(f"{place} is not JSON: {error}.") from None


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
