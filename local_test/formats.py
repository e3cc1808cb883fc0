"""The four formats that a request and its answer come in, and whether their answers agree."""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from container.errors import PlatformError
from model.signature import Signature

SAME = 1e-4  # the greatest difference of two probabilities that counts as none

Rows = Sequence[Sequence[float]]
Guess = tuple[str, float]  # the label and its probability


@dataclass(frozen=True)
class Format:
    """One media type.

    Attributes:
        name: For people.
        media_type: Of the request and the answer alike.
        encode: Rows to a body.
        decode: A body to the guess of each row.
    """

    name: str
    media_type: str
    encode: Callable[[Rows], bytes]
    decode: Callable[[bytes, Signature], list[Guess]]


def agreement(answers: Mapping[str, Sequence[Guess]]) -> None:
    """Hold the guesses of every format against those of the first.

    Raises:
        PlatformError: Some differ; every format that does is named with its first difference.
    """
    (reference, expected), *others = answers.items()
    problems = []
    for name, guesses in others:
        if len(guesses) != len(expected):
            problems.append(f"{name} gave {len(guesses)} answers, {reference} {len(expected)}")
            continue
        different = [
            row
            for row, (one, other) in enumerate(zip(expected, guesses, strict=True))
            if one[0] != other[0] or not math.isclose(one[1], other[1], abs_tol=SAME)
        ]
        if different:
            row = different[0]
            problems.append(
                f"{name} answers row {row} by {guesses[row]}, {reference} by {expected[row]}"
            )
    if problems:
        raise PlatformError(f"The formats do not agree: {'; '.join(problems)}.")


def _csv_body(rows: Rows) -> bytes:
    return "".join(",".join(f"{value:g}" for value in row) + "\n" for row in rows).encode()


def _json_body(rows: Rows) -> bytes:
    return json.dumps({"instances": [list(row) for row in rows]}).encode()


def _lines_body(rows: Rows) -> bytes:
    return "".join(json.dumps({"features": list(row)}) + "\n" for row in rows).encode()


def _npy_body(rows: Rows) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, np.asarray(rows, dtype=np.float32), allow_pickle=False)
    return buffer.getvalue()


def _csv_guesses(body: bytes, _signature: Signature) -> list[Guess]:
    return [(row[0], float(row[1])) for row in csv.reader(io.StringIO(body.decode()))]


def _json_guesses(body: bytes, signature: Signature) -> list[Guess]:
    return [_guess(each, signature) for each in json.loads(body)["predictions"]]


def _lines_guesses(body: bytes, signature: Signature) -> list[Guess]:
    return [_guess(json.loads(line), signature) for line in body.decode().splitlines()]


def _npy_guesses(body: bytes, signature: Signature) -> list[Guess]:
    """Decode the probabilities as serving does, for the answer need not be the likeliest label."""
    import numpy as np

    from model.answers import Decoder

    table = np.load(io.BytesIO(body), allow_pickle=False)
    best = Decoder(signature.output).decode(table, np.zeros(len(table), np.bool_), 1).labels
    return [(signature.output.labels[b], float(row[b])) for b, row in zip(best, table, strict=True)]


def _guess(answer: Mapping[str, Any], signature: Signature) -> Guess:
    return answer[signature.output.name], answer["probability"]


FORMATS = (
    Format("JSON", "application/json", _json_body, _json_guesses),
    Format("CSV", "text/csv", _csv_body, _csv_guesses),
    Format("JSON lines", "application/jsonlines", _lines_body, _lines_guesses),
    Format("NPY", "application/x-npy", _npy_body, _npy_guesses),
)
