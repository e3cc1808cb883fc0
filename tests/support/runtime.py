"""An endpoint in memory: what `sagemaker-runtime` gives, for tests of clients."""

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError

Reply = Callable[[dict[str, Any]], Any]


def prediction(label: str = "K04", probability: float = 0.5, **more: Any) -> dict[str, Any]:
    """One record of an answer, as our server writes it."""
    return {
        "location": label,
        "probability": probability,
        "position": {"column": 11.0, "row": 4.0},
        "uncertainty": 1.5,
        "candidates": [{"location": label, "probability": probability}],
        "status": "ok",
        **more,
    }


def refusal(*problems: dict[str, Any], total: int = 0, **more: Any) -> str:
    """An error body, as our server writes it."""
    fields = {
        "code": "invalid_input",
        "message": "The request does not fit the model.",
        "hint": "",
        "request_id": "r1",
        "problems": list(problems),
        "problems_total": max(total, len(problems)),
    }
    return json.dumps({"error": fields | more})


def problem(row: int | None, field: str | None = "b3001", got: object = 5) -> dict[str, Any]:
    """One fault of a row."""
    return {"row": row, "field": field, "got": got, "expected": "dBm"}


def model_error(status: int, body: str = "", **more: Any) -> ClientError:
    """The platform's ModelError around a body (C1.45)."""
    found: Any = {
        "Error": {"Code": "ModelError", "Message": f"Received error ({status}) from primary."},
        "OriginalStatusCode": status,
        "OriginalMessage": body,
        **more,
    }
    return ClientError(found, "InvokeEndpoint")


def aws_error(code: str, message: str = "So it is.") -> ClientError:
    """Any other error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "InvokeEndpoint")


class Runtime:
    """Answers every row, unless replies are given for the first requests.

    Attributes:
        requests: What was asked, in order.
    """

    def __init__(self, replies: Sequence[Any] = ()) -> None:
        self.requests: list[dict[str, Any]] = []
        self._replies = list(replies)

    @property
    def rows(self) -> list[Any]:
        """The rows of every request."""
        return [json.loads(each["Body"])["instances"] for each in self.requests]

    def invoke_endpoint(self, **parameters: Any) -> dict[str, Any]:
        """Answer: an exception among the replies is raised, anything else is the body."""
        self.requests.append(parameters)
        reply = self._replies.pop(0) if self._replies else self._answer(parameters)
        if isinstance(reply, Exception):
            raise reply
        body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        return {
            "Body": io.BytesIO(body),
            "ContentType": "application/json",
            "InvokedProductionVariant": "AllTraffic",
        }

    def _answer(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer like a model that takes no reading above -10."""
        rows = json.loads(parameters["Body"])["instances"]
        bad = [
            problem(number, "b3001", row[0])
            for number, row in enumerate(rows)
            if isinstance(row, list) and isinstance(row[0], int) and row[0] > -10
        ]
        if bad:
            raise model_error(400, refusal(*bad[:2], total=len(bad)))
        return {"predictions": [prediction() for _ in rows]}
