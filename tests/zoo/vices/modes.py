"""Vices of the other modes: serverless, asynchronous, streaming, pipelines."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from tests.zoo.http import Answer, Handler, Request
from tests.zoo.server import CSV, JSON, Rows, Server
from tests.zoo.vice import vice


@vice("one-megabyte", "C4.1", group="serverless")
class OneMegabyte(Server):
    """Has the limit of a web server's default."""

    body_limit = 1 << 20


@vice("not-a-gigabyte", "C4.8", group="asynchronous")
class NotAGigabyte(Server):
    """Has the same limit whatever it is told."""

    body_limit = 100 << 20


class _Hurried(Handler):
    def _body(self) -> bytes:
        end = threading.Timer(1.6, self.connection.shutdown, [socket.SHUT_RDWR])
        end.start()
        try:
            return super()._body()
        finally:
            end.cancel()


@vice("cuts-long-requests", "C4.9", group="asynchronous")
class CutsLongRequests(Server):
    """Gives no request more time than its web server does."""

    handler = _Hurried


class _Choosy(Handler):
    def _answer(self) -> None:
        if self.animal.running > 16:
            self.connection.close()
            raise ConnectionResetError
        super()._answer()

    do_POST = _answer  # noqa: N815


@vice("drops-when-busy", "C4.10", group="asynchronous")
class DropsWhenBusy(Server):
    """Hangs up where it should queue or say 503."""

    handler = _Choosy

    def predict(self, model: Mapping[str, Any], rows: Rows) -> list[float]:
        time.sleep(0.2)
        return super().predict(model, rows)


@vice("buffers-its-stream", "C1.50", group="streaming")
class BuffersItsStream(Server):
    """Holds a stream back until it is complete."""

    def stream(self) -> Iterator[bytes]:
        yield from list(super().stream())


@vice("sends-a-whole-stream", "C1.50", group="streaming")
class SendsAWholeStream(Server):
    """Sends a stream with a length."""

    def invoke(self, model: Mapping[str, Any], request: Request) -> Answer:
        answer = super().invoke(model, request)
        if not isinstance(answer.body, bytes):
            answer.body = b"".join(answer.body)
        return answer


@vice("ends-cleanly-on-failure", "C1.51", group="streaming")
class EndsCleanlyOnFailure(Server):
    """Finds a fault when 200 is sent already, and ends as if there were none."""

    def decode(self, body: bytes, media_type: str) -> Rows:
        try:
            return super().decode(body, media_type)
        except Exception:
            return []


@vice("keeps-lost-streams", "C1.53", group="streaming")
class KeepsLostStreams(Server):
    """Frees a worker only when its stream has been read to the end."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.places = threading.Semaphore(8)

    def invoke(self, model: Mapping[str, Any], request: Request) -> Answer:
        answer = super().invoke(model, request)
        if not isinstance(answer.body, bytes) and not self.places.acquire(blocking=False):
            return self.error(503, "All streams are taken")
        return answer

    def stream(self) -> Iterator[bytes]:
        yield from super().stream()
        self.places.release()


@vice("small-between", "C4.23", group="pipeline")
class SmallBetween(Server):
    """Takes less than the container before it gives."""

    body_limit = 4 << 20


@vice("csv-called-json", "C4.33", group="pipeline")
class CsvCalledJson(Server):
    """Calls everything JSON."""

    def encode(self, predictions: list[float], media_type: str) -> bytes:
        written = super().encode(predictions, CSV)
        return written.replace(b"\n", b" ;\n") if media_type == JSON else written
