"""Answers of a signed model to bytes, in every format that is written."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model.answers import Answers
from model.sharing import once
from model.signature import OutputSpec
from serve import media
from serve.sheet import DISTANCE_DIGITS, PROBABILITY_DIGITS, Sheet

_FEW = 16  # numbers that are rounded one by one


class Encoder:
    """Writes answers under the names that a signature gives them; see `encoder_of`."""

    def __init__(self, output: OutputSpec) -> None:
        name = json.dumps(output.name)
        self._heads = [f'{{{name}: {json.dumps(label)}, "probability": ' for label in output.labels]
        self._csv_labels = [_csv_field(label) for label in output.labels]
        self._axes = [json.dumps(name) for name in output.coordinate_names]
        self._sheet = Sheet(output, self._csv_labels)

    def encode(self, answers: Answers, media_type: str) -> bytes:
        """Write N answers in order: N records, each with its line's end where it is lines.

        Args:
            answers: What the model says.
            media_type: One of `media.WRITTEN`.
        """
        return self.whole([self.part(answers, media_type)], media_type)

    def part(self, answers: Answers, media_type: str) -> bytes:
        """Write some of a request's answers, to be put together by `whole`."""
        match media_type:
            case media.NPY:
                return npy(answers.probabilities)
            case media.CSV:
                return self._sheet.lines(answers) or _ended(self._lines(answers), "\n")
            case media.JSON_LINES:
                return self._sheet.records(answers, b"\n") or _ended(self._records(answers), "\n")
            case _:
                ended = self._sheet.records(answers, b", ") or _ended(self._records(answers), ", ")
                return ended.removesuffix(b", ")

    def whole(self, parts: Sequence[bytes], media_type: str) -> bytes:
        """Put the parts of an answer together; of NPY there is one."""
        if media_type == media.JSON:
            return b'{"predictions": [%b]}' % b", ".join(parts)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _records(self, answers: Answers) -> Iterator[str]:
        """One JSON object an answer, with what few requests ask for at its end."""
        records = self._json(answers)
        if answers.devices is not None:
            records = (
                f'{record[:-1]}, "device": {json.dumps(name)}, "scans": {scans}}}'
                for record, (name, scans) in zip(records, answers.devices, strict=True)
            )
        if answers.contributions is not None:
            records = (
                f'{record[:-1]}, "contributions": {json.dumps(shares)}}}'
                for record, shares in zip(records, answers.contributions, strict=True)
            )
        return records

    def _lines(self, answers: Answers) -> Iterator[str]:
        """One CSV record an answer, the device and its scans last where it is about a device."""
        lines = self._csv(answers)
        if answers.devices is None:
            return lines
        return (
            f"{line},{_csv_field(name)},{scans}"
            for line, (name, scans) in zip(lines, answers.devices, strict=True)
        )

    def _json(self, answers: Answers) -> Iterator[str]:
        """One JSON object a record, put together from prepared parts: twice as fast as dumps."""
        heads = self._heads
        for number, chance, ranked, chances, place, status in zip(
            answers.labels.tolist(),
            _chances(answers, answers.labels),
            answers.candidates.tolist(),
            _chances(answers, answers.candidates),
            self._places(answers),
            answers.status,
            strict=True,
        ):
            listed = ", ".join(
                [f"{heads[each]}{share}}}" for each, share in zip(ranked, chances, strict=True)]
            )
            yield (
                f'{heads[number]}{chance}{place}, "candidates": [{listed}], "status": "{status}"}}'
            )

    def _places(self, answers: Answers) -> Sequence[str]:
        """The position and uncertainty of each record as JSON; nothing without coordinates."""
        if answers.positions is None or answers.uncertainty is None:
            return [""] * len(answers.status)
        first, second = self._axes
        return [
            f', "position": {{{first}: {x}, {second}: {y}}}, "uncertainty": {radius}'
            for (x, y), radius in zip(
                _distances(answers.positions), _distances(answers.uncertainty), strict=True
            )
        ]

    def _csv(self, answers: Answers) -> Iterator[str]:
        labels = self._csv_labels
        best = answers.labels.tolist()
        chances = _chances(answers, answers.labels)
        if answers.positions is None or answers.uncertainty is None:
            for number, chance, status in zip(best, chances, answers.status, strict=True):
                yield f"{labels[number]},{chance},{status}"
            return
        for number, chance, (x, y), radius, status in zip(
            best,
            chances,
            _distances(answers.positions),
            _distances(answers.uncertainty),
            answers.status,
            strict=True,
        ):
            yield f"{labels[number]},{chance},{x},{y},{radius},{status}"


encoder_of = once(Encoder)


def npy(array: npt.NDArray[np.generic]) -> bytes:
    """Write one array as NPY."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _ended(records: Iterator[str], end: str) -> bytes:
    return "".join(f"{record}{end}" for record in records).encode()


def _chances(answers: Answers, labels: npt.NDArray[np.intp]) -> list[Any]:
    """The probabilities of (N,) or (N, k) labels."""
    rows, number = answers.probabilities.shape
    if rows > 1:
        labels = labels + np.arange(0, rows * number, number).reshape(-1, *[1] * (labels.ndim - 1))
    return _rounded(answers.probabilities.take(labels), PROBABILITY_DIGITS)


def _distances(array: npt.NDArray[np.float32]) -> list[Any]:
    return _rounded(array, DISTANCE_DIGITS)


def _rounded(array: npt.NDArray[np.float32], digits: int) -> list[Any]:
    """Round as numpy does; a few numbers are rounded sooner without it."""
    if array.size > _FEW:
        many: list[Any] = array.astype(np.float64).round(digits).tolist()
        return many
    scale = 10.0**digits
    return _each(
        lambda value: math.copysign(round(abs(value) * scale) / scale, value), array.tolist()
    )


def _each(function: Callable[[float], float], values: list[Any]) -> list[Any]:
    """Apply a function to each number of a list, or of the lists in it."""
    return [
        _each(function, value) if isinstance(value, list) else function(value) for value in values
    ]


def _csv_field(text: str) -> str:
    file = io.StringIO()
    csv.writer(file).writerow([text])
    return file.getvalue().removesuffix("\r\n")
