"""CSV files with a header, read so that every problem of every file is told with its line."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from model.errors import ModelError

LISTED: Final = 20  # problems that are spelt out; the rest is counted


class DataError(ModelError):
    """Data files that cannot be used.

    Attributes:
        problems: The first of them, one sentence each.
        total: How many there are in all.
    """

    code = "invalid_data"

    def __init__(
        self, message: str, problems: Sequence[str] = (), total: int = 0, *, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)
        self.total = max(total, len(self.problems))


class Problems:
    """Collects what is wrong, so that it can all be told at once.

    Args:
        root: The file or folder that is read; problems are told relative to it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: list[tuple[str, int, str]] = []

    def add(self, path: Path, line: int, text: str) -> None:
        """Note one problem: a sentence about a line, counted from 1, or about a file (0)."""
        name = "" if path == self._root else f"{path.relative_to(self._root)} "
        self._found.append((name, line, text))

    def check(self) -> None:
        """Go on only where nothing was noted.

        Raises:
            DataError: Something was.
        """
        total = len(self._found)
        if not total:
            return
        listed = [
            f"{name}{f'line {line}' if line else 'the file'}{text}"
            for name, line, text in sorted(self._found)[:LISTED]
        ]
        count = "1 problem" if total == 1 else f"{total:,} problems"
        more = f" And {total - LISTED:,} more." if total > LISTED else ""
        raise DataError(f"{self._root} has {count}: {' '.join(listed)}{more}", listed, total)


def rows(
    path: Path, columns: Sequence[str], problems: Problems, lines: Iterable[str] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Give every row that has the right number of fields, with the line on which it ends.

    A byte order mark, either kind of line end and blank lines are fine. What cannot be read is
    noted among the problems and left out.

    Args:
        path: The file, or where the lines come from.
        columns: The names that the header has to have.
        problems: Told of what is wrong.
        lines: Its lines, where they are not to be read from the path.
    """
    width = len(columns)
    try:
        opened = path.open(encoding="utf-8-sig", newline="") if lines is None else None
        with opened or nullcontext(lines or ()) as file:
            reader = csv.reader(file, strict=True)
            if (fault := _fault_of_header(next(reader, []), columns)) is not None:
                problems.add(path, 1, f": {fault}")
                return
            for fields in reader:
                if len(fields) == width:
                    yield reader.line_num, fields
                elif any(field.strip() for field in fields):
                    number = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
                    text = f" has {number}; expected {width}."
                    problems.add(path, reader.line_num, text)
    except UnicodeDecodeError as error:
        problems.add(path, 0, f" is not UTF-8 text: {error.reason} at byte {error.start}.")
    except csv.Error as error:
        problems.add(path, reader.line_num, f" is not CSV: {error}.")
    except OSError as error:
        problems.add(path, 0, f" cannot be read: {error.strerror}.")


def _fault_of_header(header: Sequence[str], columns: Sequence[str]) -> str | None:
    names = [name.strip() for name in header]
    if names == list(columns):
        return None
    missing = [name for name in columns if name not in names]
    if len(missing) == len(columns):
        found = f"no header, but {','.join(header)!r:.60}" if header else "the end of the file"
    elif missing:
        found = f"a header without {', '.join(missing)}"
    elif extra := [name for name in names if name not in columns]:
        found = f"a header with {', '.join(map(repr, extra))} in it"
    else:
        found = "a header in another order or with a name twice"
    return f"found {found}; expected {','.join(columns)}."
