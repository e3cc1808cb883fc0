"""The platform's ModelError unfolded into what the model itself said (C1.45).

ModelError                    what boto3 raises, HTTP 424
  OriginalStatusCode  400     ──▶ status
  OriginalMessage     {"error": {"code", "message", "hint", "request_id", "problems"}}
                              ──▶ message, hint, problems: one line a bad field
  LogStreamArn                ──▶ where the log is
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from botocore.exceptions import ClientError

from deploy.errors import DeployError
from model.errors import Problem

MODEL_ERROR: Final = "ModelError"
_SHOWN: Final = 300  # characters of an error body that is not ours
_LOG_GROUP: Final = "/aws/sagemaker/Endpoints/{}"


@dataclass(frozen=True)
class Refusal:
    """What an error body of the model says.

    Attributes:
        status: Of HTTP; 0 where the model did not answer in time (C1.47).
        kind: The stable name of the error, `invalid_input`; empty where the body is not ours.
        message: The cause.
        hint: What to do about it; may be empty.
        problems: Faults of rows, as many as the body had room for.
        total: How many there are in all.
        request_id: Under which the container's log has it; may be empty.
        log: The name of the log stream; may be empty.
    """

    status: int
    kind: str
    message: str
    hint: str = ""
    problems: tuple[Problem, ...] = ()
    total: int = 0
    request_id: str = ""
    log: str = ""

    @property
    def rows(self) -> frozenset[int]:
        """The rows that are named; empty where the request as a whole is wrong."""
        return frozenset(each.row for each in self.problems if each.row is not None)

    def shifted(self, rows: int) -> "Refusal":
        """Count the rows from that many further up, where one request was a part of many."""
        moved = [
            each if each.row is None else replace(each, row=each.row + rows)
            for each in self.problems
        ]
        return replace(self, problems=tuple(moved))


class InvocationError(DeployError):
    """The model answered with an error.

    Attributes:
        refusal: What it said.
    """

    code = "model_error"

    def __init__(self, endpoint: str, refusal: Refusal) -> None:
        what = f"{refusal.status} {refusal.kind}".strip() if refusal.status else "no answer"
        hint = " ".join(filter(None, (refusal.hint, _where(endpoint, refusal))))
        super().__init__(f"The model of {endpoint} says {what}: {refusal.message}", hint=hint)
        self.endpoint = endpoint
        self.refusal = refusal

    def shifted(self, rows: int) -> "InvocationError":
        """The same with rows counted from that many further up."""
        return InvocationError(self.endpoint, self.refusal.shifted(rows))

    def to_dict(self) -> dict[str, Any]:
        """Everything that is known, for programs."""
        refusal = self.refusal
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "status": refusal.status,
            "model_code": refusal.kind,
            "request_id": refusal.request_id,
            "problems": [vars(each) for each in refusal.problems],
            "problems_total": refusal.total,
        }


def is_model_error(error: Exception) -> bool:
    """Whether it is the model that failed, and not the platform."""
    return isinstance(error, ClientError) and _code(error) == MODEL_ERROR


def unfold(error: ClientError) -> Refusal:
    """Read a ModelError, whoever wrote the body that is in it."""
    response: Mapping[str, Any] = error.response
    status = int(response.get("OriginalStatusCode") or 0)
    body = str(response.get("OriginalMessage") or "")
    log = str(response.get("LogStreamArn") or "").rpartition("log-group:")[2]
    found = of_body(status, body) or Refusal(status, "", _foreign(status, body, error))
    return replace(found, log=log)


def of_body(status: int, body: str) -> Refusal | None:
    """Read the error body that our server writes (`serve.errors`); None for any other."""
    try:
        fields = json.loads(body)["error"]
        problems = _problems(fields.get("problems") or ())
        return Refusal(
            status,
            str(fields["code"]),
            str(fields["message"]),
            str(fields.get("hint") or ""),
            problems,
            max(int(fields.get("problems_total") or 0), len(problems)),
            str(fields.get("request_id") or ""),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _problems(found: Sequence[Mapping[str, Any]]) -> tuple[Problem, ...]:
    return tuple(
        Problem(each["row"], each["field"], each["got"], str(each["expected"])) for each in found
    )


def _foreign(status: int, body: str, error: ClientError) -> str:
    """A sentence for an error that our server did not write."""
    text = " ".join((body or error.response.get("Error", {}).get("Message", "")).split())
    text = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    if not status:
        return f"it did not answer within the platform's 60 s. {text}".rstrip()
    return text or "it said nothing more."


def _where(endpoint: str, refusal: Refusal) -> str:
    """Where to look further, for faults that are not the caller's."""
    if 400 <= refusal.status < 500:
        return ""
    log = refusal.log or _LOG_GROUP.format(endpoint)
    return f"Its log is {log}" + (
        f", request id {refusal.request_id}." if refusal.request_id else "."
    )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
