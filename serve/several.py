"""Answers that take more than a record for itself: tracks, standing devices and explanations.

Everything is computed from the records of one request; nothing is remembered between requests.
"""

import functools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from model import explain, tracks
from model.answers import NO_SIGNAL, OK, OUT_OF_COVERAGE, Answers
from model.predictor import Predictor
from model.signature import Signature
from serve.wishes import Wishes

Floats = npt.NDArray[np.float32]


class Several:
    """Answers such requests for one model; prepared once.

    Args:
        predictor: Answers single records.
        signature: Its signature.
    """

    def __init__(self, predictor: Predictor, signature: Signature) -> None:
        self._predictor = predictor
        self._input = signature.input
        self._output = signature.output

    def answers(self, rows: Floats, wishes: Wishes) -> Answers:
        """Answer what is asked for.

        Args:
            rows: (N, number of fields), raw.
            wishes: Anything but plain ones.

        Returns:
            N answers in the order of the records; where devices stand, one a device in the order
            in which they first appear.
        """
        single = self._predictor.answers(rows, wishes.top_k)
        if wishes.explain:
            fields, missing = self._input.names, self._input.missing
            found = explain.contributions(
                self._predictor.probabilities, rows, fields, missing, single.labels
            )
            return replace(single, contributions=found)
        names, devices = _numbered(wishes.devices, len(rows))
        silent = np.array([status == NO_SIGNAL for status in single.status], np.bool_)
        scans = tracks.Scans(single.probabilities, devices, silent)
        if wishes.standing:
            answers = self._standing(scans, single.status, wishes.top_k)
            if names:
                counts = np.bincount(devices).tolist()
                answers = replace(answers, devices=list(zip(names, counts, strict=True)))
            return answers
        places, motion = self._output.coordinates, self._output.motion
        fused = tracks.filtered(scans, places, motion, self._steps)
        answers = self._predictor.decode(fused, silent, wishes.top_k)
        return replace(answers, status=single.status)  # a record's status is its scan's own

    @functools.cached_property
    def _steps(self) -> tracks.Doubles:
        """Made for the first sequence, for most models are never asked for one."""
        output = self._output
        return tracks.transitions(output.coordinates, len(output.labels), output.motion)

    def _standing(self, scans: tracks.Scans, status: Sequence[str], top_k: int) -> Answers:
        fused = tracks.standing(scans, self._output.motion)
        number = len(fused)
        out = np.array([each == OUT_OF_COVERAGE for each in status], np.bool_)
        heard = np.bincount(scans.devices[~scans.silent], minlength=number)
        strange = np.bincount(scans.devices[out], minlength=number)
        answers = self._predictor.decode(fused, heard == 0, top_k)
        verdicts = np.where(2 * strange > heard, OUT_OF_COVERAGE, OK)  # most of what was heard
        return replace(answers, status=np.where(heard == 0, NO_SIGNAL, verdicts).tolist())


def _numbered(devices: Sequence[str] | None, rows: int) -> tuple[list[str], npt.NDArray[np.intp]]:
    """The names of the devices in order of first appearance, and (N,) the number of each row's."""
    if devices is None:
        return [], np.zeros(rows, np.intp)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(devices))}
    return list(numbers), np.array([numbers[name] for name in devices], np.intp)
