"""Vices of listening and of connections."""

import select
import threading
from typing import Any

from tests.zoo.http import Answer, Handler, Refused, Request
from tests.zoo.server import Listener, Server
from tests.zoo.vice import vice


@vice("loopback-only", "C1.17", group="serve")
class LoopbackOnly(Server):
    """Cannot be reached from outside."""

    address = "127.0.0.1"


class _Few(Listener):
    request_queue_size = 1

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.places = threading.Semaphore(36)

    def process_request(self, *arguments: Any) -> None:
        self.places.acquire()
        super().process_request(*arguments)

    def shutdown_request(self, *arguments: Any) -> None:
        super().shutdown_request(*arguments)
        self.places.release()


@vice("full-backlog", "C1.20", group="serve")
class FullBacklog(Server):
    """Accepts no connection while it is busy."""

    listener = _Few


@vice("trusted-hosts", "C1.21", group="serve")
class TrustedHosts(Server):
    """Knows by which names it may be called."""

    def ping(self, request: Request) -> Answer:
        if request.headers.get("host", "").startswith("169.254."):
            raise Refused(400, "I do not know this host")
        return super().ping(request)


class _Impatient(Handler):
    def handle_one_request(self) -> None:
        if select.select([self.connection], [], [], 0.4)[0]:
            super().handle_one_request()
        else:
            self.close_connection = True


@vice("short-keepalive", "C1.21", group="serve")
class ShortKeepalive(Server):
    """Closes idle connections without a word."""

    handler = _Impatient
