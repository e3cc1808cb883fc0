"""Values to the float32 rows that a signature asks for; every bad value of a request at once."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model.errors import InputError, Problem
from model.signature import InputSpec
from serve.devices import DEVICE, EXPECTED, EXPECTED_EVERYWHERE, Devices

Floats = npt.NDArray[np.float32]
MOST_PROBLEMS = 50  # that are described; all are counted
DEVICE_COLUMN = -1  # of a CSV header, for the device is none of the model's fields
_PIECE = 8192  # records that are converted at once; between them other threads get their turn
_NUMBERS = frozenset((int, float, type(None)))


class Rows:
    """Collects records in order and gives them as one array, or all their problems."""

    def __init__(self, spec: InputSpec) -> None:
        self._spec = spec
        self._names = spec.names
        self._positions = spec.positions
        self._missing = spec.all_missing
        self._devices = Devices()
        self._problems: list[Problem] = []
        self._total = 0

    @property
    def width(self) -> int:
        """How many fields a row has."""
        return len(self._names)

    def blank(self, rows: int) -> Floats:
        """Rows without any reading."""
        return np.full((rows, self.width), self._spec.missing, np.float32)

    @property
    def devices(self) -> tuple[str, ...] | None:
        """Who made each record that was read; None where the records do not say."""
        return self._devices.names()

    def from_records(self, records: Sequence[object]) -> Floats:
        """Read records as JSON gives them: `[…]`, `{"features": […]}` or `{"b3001": -78}`.

        Raises:
            InputError: Some records cannot be taken.
        """
        if not records:
            return np.empty((0, len(self._names)), np.float32)
        if len(records) == 1 and (single := self._single(records[0])) is not None:
            return single
        if (quick := _numeric(records, len(self._names))) is not None:
            return self.from_array(quick)
        table = np.full((len(records), len(self._names)), self._spec.missing)
        for row, record in enumerate(records):
            self._record(table[row], row, record)
        self._check_devices(len(records))
        self._raise_problems()
        return self.from_array(table)

    def _single(self, record: object) -> Floats | None:
        """One good record of numbers and nulls, without an array before the last; else None."""
        values = self._listed(record) if isinstance(record, dict) else record
        if not isinstance(values, list) or len(values) != self.width:
            return None
        missing, found = self._spec.missing, []
        for value, low, high in zip(values, self._spec.lows, self._spec.highs, strict=True):
            if type(value) not in _NUMBERS:
                return None
            if value is None or value in self._missing:
                found.append(missing)
            elif low <= value <= high:
                found.append(value)
            else:
                return None
        return np.array([found], np.float32)

    def _listed(self, record: Mapping[str, object]) -> object:
        """The values of an object in order of the signature; None where it is about more."""
        if "features" in record:
            return record["features"] if len(record) == 1 else None
        values: list[object] = [None] * self.width
        for name, value in record.items():
            if name not in self._positions:
                return None
            values[self._positions[name]] = value
        return values

    def from_array(self, table: npt.NDArray[Any]) -> Floats:
        """Check numbers in signature order; NaN is a missing reading.

        Args:
            table: (N, number of fields), or one row.

        Raises:
            InputError: The shape is wrong or some values are out of range.
        """
        if table.ndim == 1:
            table = table[None]
        if table.ndim != 2 or table.shape[1] != len(self._names) or table.dtype.kind not in "fiu":
            raise InputError(
                f"The array has shape {table.shape} and type {table.dtype}; expected numbers of "
                f"shape (rows, {len(self._names)}): {', '.join(self._names)}."
            )
        rows, wrong = self._converted(table, slice(None))
        if wrong.any():
            for row, column in np.argwhere(wrong)[:MOST_PROBLEMS]:
                self._add(
                    int(row), self._names[column], table[row, column].item(), self._range(column)
                )
            self._total = int(wrong.sum())
            self._raise_problems()
        return rows

    def take(self, table: npt.NDArray[Any], columns: Sequence[int] | None, target: Floats) -> bool:
        """Read numbers into rows without a reading, unless something is wrong with one.

        Args:
            table: (N, number of columns); NaN is a missing reading.
            columns: The field of each; None for all in order.
            target: (N, number of fields).
        """
        place = slice(None) if columns is None else columns
        found, wrong = self._converted(table, place)
        if wrong.any():
            return False
        target[:, place] = found
        return True

    def _converted(
        self, table: npt.NDArray[Any], columns: slice | Sequence[int]
    ) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """The numbers of some columns as float32, and where they are out of range."""
        missing = np.isnan(table)
        for value in self._missing:
            missing |= table == value
        lows, highs = (np.array(each)[columns] for each in (self._spec.lows, self._spec.highs))
        fits = (table >= lows) & (table <= highs)
        fits |= missing
        return np.where(missing, self._spec.missing, table).astype(np.float32), ~fits

    def columns(self, header: Sequence[str]) -> list[int] | None:
        """Give the column of each name of a CSV header; None where it is no header at all.

        The device is in column `DEVICE_COLUMN`.

        Raises:
            InputError: Some names are not known or come twice.
        """
        names = [each.strip() for each in header]
        if any(isinstance(_parsed(each), float) for each in names) or not any(names):
            return None
        for position, name in enumerate(names):
            if name not in self._positions and name != DEVICE:
                self._add(None, name, name, self._nearest(name))
            elif name in names[:position]:
                self._add(None, name, name, "each column once")
        self._raise_problems("The header of the CSV does not fit the model")
        return [self._positions.get(name, DEVICE_COLUMN) for name in names]

    def plain_columns(self, names: Sequence[str]) -> list[int] | None:
        """Give the column of each name where all are fields, and each comes once; else None."""
        if len(set(names)) < len(names) or not self._positions.keys() >= set(names):
            return None
        return [self._positions[name] for name in names]

    def fits(self, table: npt.NDArray[Any], columns: Sequence[int] | None) -> bool:
        """Whether a table has as many columns as the header, or the model without one."""
        return table.shape[1] == len(self._names if columns is None else columns)

    def from_columns(self, table: npt.NDArray[Any], columns: Sequence[int] | None) -> Floats:
        """Read numbers whose columns a CSV header put in its own order; see `from_array`."""
        if columns is None:
            return self.from_array(table)
        whole = np.full((len(table), len(self._names)), self._spec.missing)
        whole[:, columns] = table
        return self.from_array(whole)

    def from_fields(self, fields: Sequence[str]) -> Floats | None:
        """Read the fields of a single good CSV record in order of the signature; else None."""
        return self._single(
            [None if not text or text.isspace() else _parsed(text) for text in fields]
        )

    def from_text(self, lines: Sequence[Sequence[str]], columns: Sequence[int] | None) -> Floats:
        """Read the fields of CSV records; an empty field is a missing reading.

        Raises:
            InputError: Some records cannot be taken.
        """
        order = list(range(len(self._names))) if columns is None else list(columns)
        table = np.full((len(lines), len(self._names)), self._spec.missing)
        for row, fields in enumerate(lines):
            if len(fields) != len(order):
                names = ",".join(DEVICE if i == DEVICE_COLUMN else self._names[i] for i in order)
                self._add(row, None, f"{len(fields)} columns", f"{len(order)} columns: {names}")
                continue
            for column, text in zip(order, fields, strict=True):
                if column == DEVICE_COLUMN:
                    self._device(row, text)
                elif text and not text.isspace():
                    self._number(table[row], row, column, _parsed(text))
        self._raise_problems()
        return self.from_array(table)

    def _record(self, target: npt.NDArray[Any], row: int, record: object) -> None:
        match record:
            case {"features": values, **rest} if rest.keys() <= {DEVICE}:
                self._record_list(target, row, values)
                self._device(row, rest.get(DEVICE))
            case dict():
                self._record_names(target, row, record)
            case _:
                self._record_list(target, row, record)

    def _record_list(self, target: npt.NDArray[Any], row: int, values: object) -> None:
        if not isinstance(values, list) or len(values) != len(self._names):
            got = f"{len(values)} values" if isinstance(values, list) else values
            names = ", ".join(self._names)
            self._add(row, None, got, f"{len(self._names)} values: {names}")
            return
        for column, value in enumerate(values):
            self._number(target, row, column, value)

    def _record_names(
        self, target: npt.NDArray[Any], row: int, record: Mapping[str, object]
    ) -> None:
        for name, value in record.items():
            column = self._positions.get(name)
            if column is None and name == DEVICE:
                self._device(row, value)
            elif column is None:
                self._add(row, name, value, self._nearest(name))
            else:
                self._number(target, row, column, value)

    def _number(self, target: npt.NDArray[Any], row: int, column: int, value: object) -> None:
        if value is None:
            return
        if isinstance(value, int | float) and not isinstance(value, bool):
            field = self._spec.fields[column]
            if value in self._missing or field.minimum <= value <= field.maximum:
                target[column] = value
                return
        self._add(row, self._names[column], value, self._range(column))

    def _device(self, row: int, name: object) -> None:
        if name is not None and not self._devices.note(row, name):
            self._add(row, DEVICE, name, EXPECTED)

    def _check_devices(self, rows: int) -> None:
        for row in self._devices.lacking(rows):
            self._add(row, DEVICE, None, EXPECTED_EVERYWHERE)

    def _range(self, column: int) -> str:
        field = self._spec.fields[column]
        return (
            f"{field.minimum:g} to {field.maximum:g} {field.unit}".rstrip()
            + f", or {self._spec.missing:g} where there is no reading"
        )

    def _nearest(self, name: str) -> str:
        near = difflib.get_close_matches(name[:100], self._names, 1, 0.5)
        known = f"one of {self._names[0]} to {self._names[-1]}"
        return f"{known}; did you mean {near[0]}?" if near else known

    def _add(self, row: int | None, field: str | None, got: object, expected: str) -> None:
        self._total += 1
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(Problem(row, field, got, expected))

    def _raise_problems(self, what: str = "The request does not fit the model") -> None:
        if not self._problems:
            return
        first = self._problems[0]
        place = " ".join(
            filter(
                None,
                (
                    None if first.row is None else f"row {first.row}",
                    None if first.field is None else f"field {first.field!r:.60}",
                ),
            )
        )
        more = "" if self._total == 1 else f" ({self._total} problems in all)"
        raise InputError(
            f"{what}: {place or 'it'} has {first.got!r:.60}, expected {first.expected}{more}.",
            self._problems,
            self._total,
        )


def _numeric(records: Sequence[object], width: int) -> npt.NDArray[Any] | None:
    """All records as one array where each is a list of numbers and nulls; the common case."""
    for each in records:
        if type(each) is not list or len(each) != width or not _NUMBERS.issuperset(map(type, each)):
            return None
    try:
        pieces = [
            np.array(records[start : start + _PIECE], np.float64)
            for start in range(0, len(records), _PIECE)
        ]
    except OverflowError:
        return None
    table = np.concatenate(pieces)
    return None if np.isinf(table).any() else table


def _parsed(text: str) -> object:
    """The number that a CSV field says, or the field itself."""
    try:
        return text if "_" in text else float(text)
    except ValueError:
        return text
