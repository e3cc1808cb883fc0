"""Every error that a client can see: one table, one body (C1.45 to C1.49).

The status follows from the kind of error, never from where it was caught.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from container.contract import ERROR_BODY_LIMIT
from model.errors import InputError, ModelError, Problem

_LONGEST_TEXT = 600
_LONGEST_VALUE = 60


@dataclass(frozen=True)
class _Kind:
    status: int
    text: str


class Kind(Enum):
    """What a client can be told: the value of `code`, its status and what it means."""

    INVALID_INPUT = _Kind(400, "Rows that the model cannot take; every bad field is listed.")
    MALFORMED_BODY = _Kind(400, "The body is not what its Content-Type says.")
    EMPTY_BODY = _Kind(400, "The body holds no record.")
    INVALID_ATTRIBUTES = _Kind(400, "The custom attributes cannot be read or sent back.")
    BAD_REQUEST = _Kind(400, "The request is not sound HTTP.")
    HANDLER_REFUSAL = _Kind(
        400, "The handler refused the request, by default or by its status_code with this status."
    )
    NOT_FOUND = _Kind(404, "There is no such route.")
    UNKNOWN_MODEL = _Kind(404, "No model is loaded under this name, or its url does not exist.")
    METHOD_NOT_ALLOWED = _Kind(405, "The route takes other methods.")
    NOT_ACCEPTABLE = _Kind(406, "No media type of the Accept header can be given.")
    TIMEOUT = _Kind(408, "The body stopped coming.")
    ALREADY_LOADED = _Kind(409, "A model is loaded, or is being loaded, under this name.")
    TOO_LARGE = _Kind(413, "The body is larger than the server's limit.")
    UNSUPPORTED_MEDIA_TYPE = _Kind(415, "The Content-Type or its charset is not known.")
    MODEL_FAILURE = _Kind(500, "The model failed on sound input.")
    LOAD_FAILURE = _Kind(500, "The model cannot be loaded; the message says why.")
    HANDLER_FAILURE = _Kind(500, "The handler of the model failed; the log has the traceback.")
    INTERNAL_ERROR = _Kind(500, "A fault of the server; the log has the details.")
    OVERLOADED = _Kind(503, "Every slot is busy and the queue is full; try again.")
    NOT_READY = _Kind(503, "The model is still loading, or could not be loaded.")
    IN_USE = _Kind(503, "The model is unloaded, but requests still compute with it.")
    OUT_OF_MEMORY = _Kind(507, "There is not enough memory; unload other models and try again.")

    @property
    def code(self) -> str:
        """The stable name in the error body."""
        return self.name.lower()

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value.status

    @property
    def text(self) -> str:
        """What it means, for the documentation."""
        return self.value.text


class ServeError(Exception):
    """An answer that is an error.

    Attributes:
        kind: Decides the code and the status.
        message: The cause in one sentence; it comes first in the body.
        hint: What to do about it.
        problems: Faults of single rows.
        total: How many problems there are in all.
        status: The HTTP status; that of the kind, unless a handler chose another.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        hint: str = "",
        problems: Sequence[Problem] = (),
        total: int = 0,
    ) -> None:
        super().__init__(message)
        self.status = kind.status
        self.kind = kind
        self.message = message
        self.hint = hint
        self.problems = tuple(problems)
        self.total = max(total, len(self.problems))

    @classmethod
    def of(cls, error: Exception) -> "ServeError":
        """The answer to any exception; an unknown one becomes a fixed sentence."""
        match error:
            case ServeError():
                return error
            case InputError():
                return cls(
                    Kind.INVALID_INPUT,
                    error.message,
                    hint=error.hint,
                    problems=error.problems,
                    total=error.total,
                )
            case ModelError():
                return cls(Kind.MODEL_FAILURE, error.message, hint=error.hint)
            case MemoryError():
                return cls(Kind.OUT_OF_MEMORY, "There is not enough memory for this request.")
            case _:
                return cls(
                    Kind.INTERNAL_ERROR,
                    "The server failed on this request.",
                    hint="The container's log has the details under this request id.",
                )

    def body(self, request_id: str) -> bytes:
        """The error as one line of JSON under 2048 characters, as many problems as fit (C1.45)."""
        fields: dict[str, Any] = {
            "code": self.kind.code,
            "message": _short(self.message, _LONGEST_TEXT),
            "hint": _short(self.hint, _LONGEST_TEXT),
            "request_id": request_id,
            "problems": [],
            "problems_total": self.total,
        }
        room = ERROR_BODY_LIMIT - 1 - len(json.dumps({"error": fields}))
        for problem in self.problems:
            entry = {
                "row": problem.row,
                "field": None if problem.field is None else _short(problem.field, _LONGEST_VALUE),
                "got": _value(problem.got),
                "expected": _short(problem.expected, 4 * _LONGEST_VALUE),
            }
            room -= len(json.dumps(entry)) + 2
            if room < 0:
                break
            fields["problems"].append(entry)
        return json.dumps({"error": fields}).encode()


class HandlerRefusalError(ServeError):
    """What a user's handler answers instead, with a status of its own choice."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(Kind.HANDLER_REFUSAL, message)
        self.status = status


def _short(text: str, most: int) -> str:
    """One line of printable ASCII, so that a character is a byte and nothing needs escaping."""
    line = " ".join(text.split()).encode("ascii", "replace").decode()
    line = "".join(each if each.isprintable() and each not in '\\"' else "'" for each in line)
    return line if len(line) <= most else f"{line[: most - 3]}..."


def _value(got: object) -> object:
    """A value as the client sent it, where JSON has it and it is short."""
    if got is None or isinstance(got, bool | int | float):
        text = repr(got)
        finite = text not in {"nan", "inf", "-inf"}
        return got if finite and len(text) <= _LONGEST_VALUE else _short(text, _LONGEST_VALUE)
    return _short(got if isinstance(got, str) else repr(got), _LONGEST_VALUE)
