"""Vices of containers in pipelines."""

import socket
from collections.abc import Mapping
from http.server import ThreadingHTTPServer

from tests.zoo.http import Answer, Refused, Request
from tests.zoo.server import Server
from tests.zoo.vice import vice


@vice("stays-on-8080", "C1.18", group="pipeline", docker=True)
class StaysOn8080(Server):
    """Knows one port only."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.port = 8080


@vice("further-port", "C1.19", group="pipeline")
class FurtherPort(Server):
    """Has an administrator's port wherever the system puts it."""

    def listen(self) -> ThreadingHTTPServer:
        self.further = socket.create_server(("127.0.0.1", 0))
        return super().listen()


@vice("charset-refused", "C4.22", group="pipeline")
class CharsetRefused(Server):
    """Compares the Content-Type literally."""

    def route(self, request: Request) -> Answer:
        if ";" in request.headers.get("content-type", ""):
            raise Refused(415, "I take text/csv only")
        return super().route(request)


@vice("charset-sent", "C4.22", group="pipeline")
class CharsetSent(Server):
    """Adds a parameter, as frameworks like to."""

    def invocations(self, request: Request) -> Answer:
        answer = super().invocations(request)
        answer.media_type += "; charset=utf-8"
        return answer


@vice("batch-stays-away", "C4.25", group="pipeline")
class BatchStaysAway(Server):
    """Takes another port for batch jobs."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        if self.is_batch:
            self.port = 0
