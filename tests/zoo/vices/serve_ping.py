"""Vices of the health check."""

import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from tests.zoo.http import Answer, Refused, Request
from tests.zoo.server import Rows, Server
from tests.zoo.vice import vice

_LARGE = 400  # rows: only load tests send so many


@vice("ping-with-body", "C1.28", group="serve")
class PingWithBody(Server):
    """Says healthy in so many words."""

    def ping(self, request: Request) -> Answer:
        answer = super().ping(request)
        return Answer(answer.status, b'{"status": "Healthy"}', "application/json")


@vice("never-healthy", "C1.22", "C1.24", "C4.2", group="serve")
class NeverHealthy(Server):
    """Answers, and never by 200."""

    def ping(self, _request: Request) -> Answer:
        return Answer(503)


class _OneAtATime(Server):
    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.turn = threading.Semaphore()
        self.asking = 0

    def predict(self, model: Mapping[str, Any], rows: Rows) -> list[float]:
        if len(rows) > _LARGE:
            self.asking += 1
            with self.turn:
                time.sleep(0.25)
            self.asking -= 1
        return super().predict(model, rows)


@vice("ping-behind-inference", "C1.23", group="serve")
class PingBehindInference(_OneAtATime):
    """Lets the health check queue with everybody else."""

    def ping(self, request: Request) -> Answer:
        while self.asking > 1:
            time.sleep(0.05)
        return super().ping(request)


@vice("red-under-load", "C1.26", group="serve")
class RedUnderLoad(_OneAtATime):
    """Takes a queue for an illness."""

    def ping(self, request: Request) -> Answer:
        return Answer(503) if self.asking > 1 else super().ping(request)


@vice("ping-takes-get-only", "C1.27", group="serve")
class PingTakesGetOnly(Server):
    """Has read one half of the page."""

    def ping(self, request: Request) -> Answer:
        if request.method == "POST":
            raise Refused(405, "/ping takes GET")
        return super().ping(request)


@vice("logs-pings", "C1.29", group="serve")
class LogsPings(Server):
    """Has an access log."""

    def ping(self, request: Request) -> Answer:
        print('169.254.178.2 - "GET /ping HTTP/1.1" 200', file=sys.stderr)
        return super().ping(request)


@vice("leaves-zombies", "C9.3", group="serve")
class LeavesZombies(Server):
    """Starts children and never asks what became of them."""

    def reap(self) -> None:
        pass

    def listen(self) -> Any:
        if os.fork() == 0:
            os._exit(0)
        return super().listen()
