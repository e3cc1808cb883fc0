"""The answers of a signed model as data: the cell, where that is, how sure, and what else.

    {"location": "K04", "probability": 0.31, "position": {"column": 11.2, "row": 4.1},
     "uncertainty": 1.8, "candidates": [{"location": "K04", "probability": 0.31}, ...],
     "status": "ok"}

The names of the label and of the axes come from the model's signature, so they are read from the
answer and never assumed.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.errors import DeployError

OK: Final = "ok"
NO_SIGNAL: Final = "no_signal"
OUT_OF_COVERAGE: Final = "out_of_coverage"

_FIXED: Final = ("probability", "position", "uncertainty", "candidates", "status")

Point = tuple[float, float]


@dataclass(frozen=True)
class Candidate:
    """A cell that was considered.

    Attributes:
        label: Its name.
        probability: Its share of the posterior, 0 to 1.
    """

    label: str
    probability: float


@dataclass(frozen=True)
class Answer:
    """Where one scan was taken, as far as the model knows.

    Attributes:
        label: The cell of least expected distance; it need not be the likeliest.
        probability: How likely it is, 0 to 1.
        status: `ok`; `no_signal` where no beacon was heard, so that the rest is only the prior;
            `out_of_coverage` where the readings cannot be of one place.
        candidates: The likeliest cells, best first; as many as `top_k` asked for.
        position: (column, row) in cells, the point of least expected distance; None for a model
            without coordinates.
        uncertainty: Radius in cells around the position that holds the true cell with
            probability 0.68; None for a model without coordinates.
        document: The answer as it came, for programs.
    """

    label: str
    probability: float
    status: str
    candidates: tuple[Candidate, ...]
    position: Point | None = None
    uncertainty: float | None = None
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_ok(self) -> bool:
        """Whether the model vouches for it."""
        return self.status == OK

    def distance_to(self, point: Point) -> float | None:
        """How far the position is from a point, in cells; None without a position."""
        return None if self.position is None else math.dist(self.position, point)

    @classmethod
    def of(cls, document: object) -> "Answer":
        """Read one record of `predictions`.

        Raises:
            AnswerError: It is not what a signed model of ours answers.
        """
        if not isinstance(document, dict):
            raise AnswerError(document)
        name = _label_name(document)
        try:
            position, uncertainty = document.get("position"), document.get("uncertainty")
            return cls(
                str(document[name]),
                float(document["probability"]),
                str(document["status"]),
                tuple(
                    Candidate(str(each[name]), float(each["probability"]))
                    for each in document["candidates"]
                ),
                None if position is None else _point(position),
                None if uncertainty is None else float(uncertainty),
                document,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise AnswerError(document) from None


class AnswerError(DeployError):
    """What came back with status 200 is not what a signed model of ours answers."""

    code = "unknown_answer"

    def __init__(self, found: object) -> None:
        super().__init__(
            f"The endpoint's answer is not one that this client reads: {_snippet(found)}.",
            hint="It reads models with a signature.json, as `train` writes them; "
            "--raw prints any answer as it comes.",
        )


def predictions(body: bytes, expected: int) -> list[Answer]:
    """Read the JSON of an answer.

    Args:
        body: What came back.
        expected: How many records were sent.

    Raises:
        AnswerError: It is something else, or not one answer for each record.
    """
    try:
        found = json.loads(body)["predictions"]
    except (ValueError, KeyError, TypeError):
        raise AnswerError(body.decode("utf-8", "replace")) from None
    if not isinstance(found, list) or len(found) != expected:
        count = len(found) if isinstance(found, list) else "no"
        raise AnswerError(f"{count} predictions for {expected} records")
    return [Answer.of(each) for each in found]


def _label_name(document: Mapping[str, Any]) -> str:
    """The one name that is not always the same."""
    names = [name for name in document if name not in _FIXED]
    if len(names) != 1:
        raise AnswerError(document)
    return names[0]


def _point(position: Mapping[str, Any]) -> Point:
    """The two coordinates in the order of the signature, which is that of the document."""
    first, second = position.values()
    return float(first), float(second)


def _snippet(found: object) -> str:
    text = found if isinstance(found, str) else json.dumps(found, default=repr)
    return text if len(text) <= 200 else f"{text[:197]}..."
