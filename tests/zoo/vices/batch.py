"""Vices in batch transform."""

import itertools
import sys
from collections.abc import Mapping
from typing import Any

from tests.zoo.http import Answer, Request, as_json
from tests.zoo.server import CSV, LINES, Rows, Server
from tests.zoo.vice import vice


@vice("not-for-batch", "C2.1", "C2.2", group="batch")
class NotForBatch(Server):
    """Knows endpoints only."""

    def start_loading(self) -> None:
        if self.is_batch:
            sys.exit("I am an endpoint.")
        super().start_loading()


@vice("lower-case-only", "C2.2", group="batch")
class LowerCaseOnly(Server):
    """Knows one spelling of true."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.is_batch = variables.get("SAGEMAKER_BATCH") == "true"


@vice("advice-in-text", "C2.3", group="batch")
class AdviceInText(Server):
    """Writes numbers as texts."""

    def execution_parameters(self, _request: Request) -> Answer:
        given = {"MaxConcurrentTransforms": "4", "BatchStrategy": "MULTI_RECORD"}
        return as_json({**given, "MaxPayloadInMB": 6})


@vice("advice-too-large", "C2.5", group="batch")
class AdviceTooLarge(Server):
    """Multiplies the processors of a large machine by a generous payload."""

    def execution_parameters(self, _request: Request) -> Answer:
        given = {"MaxConcurrentTransforms": 64, "BatchStrategy": "MULTI_RECORD"}
        return as_json({**given, "MaxPayloadInMB": 6})


@vice("advice-not-kept", "C2.6", group="batch")
class AdviceNotKept(Server):
    """Does not take the payload that the job was told of."""

    body_limit = 6 << 20


@vice("remembers-calls", "C2.7", group="batch")
class RemembersCalls(Server):
    """Lets its answers drift from call to call."""

    calls = itertools.count(1)

    def predict(self, model: Mapping[str, Any], rows: Rows) -> list[float]:
        drift = 1e-9 * next(self.calls)
        return [each + drift for each in super().predict(model, rows)]


@vice("empty-lines-between", "C2.9", group="batch")
class EmptyLinesBetween(Server):
    """Ends every record by two line ends."""

    def encode(self, predictions: list[float], media_type: str) -> bytes:
        whole = super().encode(predictions, media_type)
        return whole.replace(b"\n", b"\n\n") if media_type in {CSV, LINES} else whole


@vice("reversed", "C2.10", group="batch")
class Reversed(Server):
    """Answers the last record first."""

    def predict(self, model: Mapping[str, Any], rows: Rows) -> list[float]:
        return super().predict(model, rows)[::-1]


@vice("loses-a-padded-row", "C2.10", group="batch")
class LosesAPaddedRow(Server):
    """Takes a record for padding where their number is odd and small."""

    def predict(self, model: Mapping[str, Any], rows: Rows) -> list[float]:
        odd = 1 < len(rows) < 100 and len(rows) % 2
        return super().predict(model, rows[:-1] if odd else rows)


@vice("answers-in-text", "C2.11", group="batch")
class AnswersInText(Server):
    """Uses a type that cannot be joined."""

    def invocations(self, request: Request) -> Answer:
        answer = super().invocations(request)
        answer.media_type = "text/plain"
        return answer


@vice("needs-a-final-line-end", "C2.12", group="batch")
class NeedsAFinalLineEnd(Server):
    """Drops the last line where the splitter has cut off its end."""

    def decode(self, body: bytes, media_type: str) -> Rows:
        if media_type in {CSV, LINES}:
            body = body[: body.rfind(b"\n") + 1]
        return super().decode(body, media_type)


@vice("fails-on-empty-lines", "C2.12", group="batch")
class FailsOnEmptyLines(Server):
    """Expects a record in every line."""

    def decode(self, body: bytes, media_type: str) -> Rows:
        if media_type in {CSV, LINES} and b"\n\n" in body[:1000]:
            raise IndexError("list index out of range")
        return super().decode(body, media_type)


@vice("few-records", "C2.14", group="batch")
class FewRecords(Server):
    """Runs out of something with many records."""

    def predict(self, model: Mapping[str, Any], rows: Rows) -> list[float]:
        if len(rows) > 1000:
            raise MemoryError
        return super().predict(model, rows)
