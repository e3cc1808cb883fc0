"""Answers to many rows as text by columns; the same bytes as `serve.encode` makes one by one."""

import contextlib
import json
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from model.answers import NO_SIGNAL, OK, OUT_OF_COVERAGE, Answers
from model.signature import OutputSpec
from serve.columns import Column, NoColumnError, decimals, joined, texts

PROBABILITY_DIGITS: Final = 6
DISTANCE_DIGITS: Final = 3  # of a cell

_STATUS: Final = (OK, NO_SIGNAL, OUT_OF_COVERAGE)
_VERDICTS: Final = np.array(_STATUS, np.bytes_)
_NUMBERS: Final = {status: number for number, status in enumerate(_STATUS)}
_FEWEST: Final = 16  # answers that are worth it

Parts = list[bytes | Column]


class Sheet:
    """Writes answers of one model.

    Args:
        output: Of its signature.
        csv_labels: Its labels as CSV has them.
    """

    def __init__(self, output: OutputSpec, csv_labels: Sequence[str]) -> None:
        self._csv_labels: Column | None = None
        with contextlib.suppress(NoColumnError):
            self._csv_labels = texts(csv_labels)
        self._json_labels = texts([json.dumps(label) for label in output.labels])
        self._name = json.dumps(output.name).encode()
        self._axes = [json.dumps(name).encode() for name in output.coordinate_names]

    def lines(self, answers: Answers) -> bytes | None:
        """Write a CSV record an answer; None where that has to be done one by one."""
        if not _regular(answers) or self._csv_labels is None:
            return None
        try:
            parts: Parts = [self._csv_labels.take(answers.labels), b","]
            parts += _chances(answers, answers.labels)
            for each in _places(answers):
                parts += [b",", *each]
            return joined([*parts, b",", _status(answers), b"\n"])
        except NoColumnError:
            return None

    def records(self, answers: Answers, end: bytes) -> bytes | None:
        """Write a JSON object an answer, and the same end behind each; None as above."""
        if not _regular(answers):
            return None
        try:
            parts = [b"{", *self._likely(answers, answers.labels), *self._place(answers)]
            parts.append(b', "candidates": [')
            for rank, labels in enumerate(answers.candidates.T):
                parts += [b", {" if rank else b"{", *self._likely(answers, labels), b"}"]
            return joined([*parts, b'], "status": "', _status(answers), b'"}' + end])
        except NoColumnError:
            return None

    def _likely(self, answers: Answers, labels: npt.NDArray[np.intp]) -> Parts:
        """A label of each answer and its probability."""
        named = self._json_labels.take(labels)
        between = b', "probability": '
        return [self._name + b": ", named, between, *_chances(answers, labels)]

    def _place(self, answers: Answers) -> Parts:
        """Where it is; nothing without coordinates."""
        found = _places(answers)
        if not found:
            return []
        x, y, radius = found
        first, second = self._axes
        parts: Parts = [b', "position": {' + first + b": ", *x, b", " + second + b": ", *y]
        return [*parts, b'}, "uncertainty": ', *radius]


def _regular(answers: Answers) -> bool:
    """Whether there are many answers, each about a row and without an explanation."""
    many = len(answers.labels) >= _FEWEST
    return many and answers.devices is None and answers.contributions is None


def _chances(answers: Answers, labels: npt.NDArray[np.intp]) -> list[Column]:
    chosen = answers.probabilities[np.arange(len(labels)), labels]
    return decimals(chosen, PROBABILITY_DIGITS)


def _places(answers: Answers) -> list[list[Column]]:
    """Both coordinates and the uncertainty; nothing without coordinates."""
    if answers.positions is None or answers.uncertainty is None:
        return []
    numbers = (*answers.positions.T, answers.uncertainty)
    return [decimals(each, DISTANCE_DIGITS) for each in numbers]


def _status(answers: Answers) -> Column:
    return _VERDICTS.take([_NUMBERS[each] for each in answers.status])
