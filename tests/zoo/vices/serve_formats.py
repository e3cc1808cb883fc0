"""Vices of formats and their negotiation."""

import contextlib
import json
import pickle
from collections.abc import Mapping
from typing import Any

from tests.zoo.http import Answer, Refused, Request
from tests.zoo.server import CSV, JSON, LINES, Rows, Server
from tests.zoo.vice import vice


@vice("one-accept", "C6.14", group="serve")
class OneAccept(Server):
    """Compares Accept as a whole."""

    def negotiate(self, request: Request) -> str:
        if "," in request.headers.get("accept", ""):
            raise Refused(406, "I know no such type")
        return super().negotiate(request)


@vice("accept-sent-back", "C6.15", group="serve")
class AcceptSentBack(Server):
    """Uses the caller's list as its Content-Type."""

    def invocations(self, request: Request) -> Answer:
        answer = super().invocations(request)
        accept = request.headers.get("accept", "")
        answer.media_type = accept if "," in accept else answer.media_type
        return answer


@vice("capitals-refused", "C9.11", group="serve")
class CapitalsRefused(Server):
    """Knows one spelling of UTF-8."""

    def invocations(self, request: Request) -> Answer:
        if "UTF-8" in request.headers.get("content-type", ""):
            raise Refused(415, "What is UTF-8?")
        return super().invocations(request)


@vice("vector-of-one-line", "C6.16", group="serve")
class VectorOfOneLine(Server):
    """Fails on a table of one row."""

    def invoke(self, model: Mapping[str, Any], request: Request) -> Answer:
        one = request.media_type == CSV and request.body.count(b"\n") == 1
        if one and self.negotiate(request) == JSON:
            raise TypeError("only a table has rows")
        return super().invoke(model, request)


@vice("not-a-number", "C6.17", group="serve")
class NotANumber(Server):
    """Writes NaN into JSON."""

    def encode(self, predictions: list[float], media_type: str) -> bytes:
        unknown = [float("nan") for _ in predictions]
        return super().encode(unknown if media_type == JSON else predictions, media_type)


@vice("bare-list", "C6.30", group="serve")
class BareList(Server):
    """Answers instances by a list without a name."""

    def encode(self, predictions: list[float], media_type: str) -> bytes:
        if media_type == JSON:
            return json.dumps(predictions).encode()
        return super().encode(predictions, media_type)


@vice("pretty-lines", "C6.31", group="serve")
class PrettyLines(Server):
    """Writes JSON over several lines where a line is a record."""

    def encode(self, predictions: list[float], media_type: str) -> bytes:
        if media_type == LINES:
            return json.dumps(predictions, indent=1).encode()
        return super().encode(predictions, media_type)


@vice("drops-the-header", "C6.32", group="serve")
class DropsTheHeader(Server):
    """Takes the first record for a header."""

    def decode(self, body: bytes, media_type: str) -> Rows:
        return super().decode(body, media_type)[1 if media_type == CSV else 0 :]


class _FailsOn(Server):
    beginnings: tuple[str, ...] = ()

    def decode(self, body: bytes, media_type: str) -> Rows:
        if media_type.startswith(self.beginnings):
            raise TypeError(f"I did not expect {media_type}")
        return super().decode(body, media_type)


@vice("fails-on-recordio", "C6.33", "C6.35", group="serve")
class FailsOnRecordio(_FailsOn):
    """Has half a parser for RecordIO."""

    beginnings = ("application/x-recordio",)


@vice("fails-on-images", "C6.35", group="serve")
class FailsOnImages(_FailsOn):
    """Decodes every body as text."""

    beginnings = ("image/",)


@vice("fails-on-aliases", "C6.36", group="serve")
class FailsOnAliases(_FailsOn):
    """Trips over a name that is almost right."""

    beginnings = ("text/json", "application/x-jsonlines")


@vice("opens-pickles", "C6.37", group="serve")
class OpensPickles(Server):
    """Lets any caller run what they like."""

    def decode(self, body: bytes, media_type: str) -> Rows:
        if media_type == "application/x-npy":
            with contextlib.suppress(Exception):
                pickle.loads(body[128:])  # noqa: S301 - the vice
        return super().decode(body, media_type)
