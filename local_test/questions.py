"""Scans whose cell is known, put to a server; the answers beside the truth."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container.errors import PlatformError, UserError
from local_test import client, formats, table
from model.signature import Signature

STATUSES = ("ok", "no_signal", "out_of_coverage")


@dataclass(frozen=True)
class Question:
    """One scan.

    Attributes:
        label: Where it was taken.
        readings: In the order of the signature's fields.
    """

    label: str
    readings: tuple[float, ...]


@dataclass(frozen=True)
class Reply:
    """One answer beside the truth.

    Attributes:
        truth: The cell where the scan was taken.
        answer: The prediction as the server's JSON has it.
        distance: Cells between the middle of the true cell and the answered position.
    """

    truth: str
    answer: Mapping[str, Any]
    distance: float


def pick(path: Path, signature: Signature, count: int) -> list[Question]:
    """Take labelled scans spread evenly over a CSV file with a header.

    Raises:
        UserError: There is none that the model could know, or the file is not what it should be.
    """
    output = signature.output
    names = [field.name for field in signature.input.fields]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = [
                Question(row[output.name], tuple(float(row[name]) for name in names))
                for row in csv.DictReader(file)
                if row[output.name] in output.labels
            ]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not a file of scans: {error!r}.") from error
    if not found:
        raise UserError(f"{path} holds no scan of a cell that the model knows.")
    count = min(count, len(found))
    return [found[i * len(found) // count] for i in range(count)]


def ask(url: str, signature: Signature, questions: Sequence[Question]) -> list[Reply]:
    """Ask in every format, and give the replies once all of them agree.

    Raises:
        PlatformError: A format is refused or answered differently from the others, or an answer
            is not what design and signature promise.
    """
    rows = [question.readings for question in questions]
    bodies = {}
    guesses = {}
    for each in formats.FORMATS:
        body = _invoke(url, each, rows)
        try:
            bodies[each.name], guesses[each.name] = body, each.decode(body, signature)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise PlatformError(
                f"The answer in {each.name} cannot be read ({error!r}): {body[:200]!r}."
            ) from error
    formats.agreement(guesses)
    answers = json.loads(bodies[formats.FORMATS[0].name])["predictions"]
    if len(answers) != len(questions):
        raise PlatformError(f"{len(questions)} scans got {len(answers)} answers.")
    return [_reply(q, a, signature) for q, a in zip(questions, answers, strict=True)]


def _invoke(url: str, each: formats.Format, rows: formats.Rows) -> bytes:
    answer = client.invoke(url, each.encode(rows), each.media_type, accept=each.media_type)
    if answer.status != 200:
        raise PlatformError(f"{each.name} was refused. {table.error(answer.status, answer.body)}")
    if answer.content_type != each.media_type:
        raise PlatformError(
            f"{each.name} was asked for and {answer.content_type!r} came; {each.media_type} "
            "was expected."
        )
    return answer.body


def _reply(question: Question, answer: Mapping[str, Any], signature: Signature) -> Reply:
    output = signature.output
    true_point = output.coordinates[output.labels.index(question.label)]
    try:
        point = [float(answer["position"][name]) for name in output.coordinate_names]
        status = answer["status"]
    except (KeyError, TypeError, ValueError) as error:
        raise PlatformError(f"The answer lacks {error}: {answer}.") from error
    if status not in STATUSES or not all(map(math.isfinite, point)):
        raise PlatformError(f"The answer is not sound: {answer}.")
    return Reply(question.label, answer, math.dist(true_point, point))
