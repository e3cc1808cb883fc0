"""Vices that AWS's local harnesses trip over."""

import sys
import time
from collections.abc import Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.zoo.server import Server
from tests.zoo.vice import vice


@vice("first-file-is-the-model", "C7.11", group="sdk-harness")
class FirstFileIsTheModel(Server):
    """Takes whatever is in the folder."""

    def load(self, folder: Path) -> dict[str, Any]:
        if any(folder.glob("*.tar.gz")):
            raise ValueError("model.tar.gz holds no weights")
        return super().load(folder)


@vice("hangs-while-loading", "C7.12", "C7.27", group="sdk-harness")
class HangsWhileLoading(Server):
    """Opens its port before anybody is there to accept."""

    def listen(self) -> ThreadingHTTPServer:
        listener = super().listen()
        time.sleep(12)
        return listener


@vice("raw-header-names", "C7.13", group="sdk-harness")
class RawHeaderNames(Server):
    """Knows one spelling of Content-Type."""

    def listen(self) -> ThreadingHTTPServer:
        listener = super().listen()
        handler: Any = listener.RequestHandlerClass
        parse = handler.parse_request

        def spelled(self: Any) -> bool:
            parsed: bool = parse(self)
            if parsed and "Content-Type" not in list(self.headers):
                del self.headers["Content-Type"]
                self.headers["Content-Type"] = "application/octet-stream"
            return parsed

        handler.parse_request = spelled
        return listener


@vice("leaves-a-lock", "C7.28", group="sdk-harness")
class LeavesALock(Server):
    """Believes that a lock file means a server that runs."""

    def run(self) -> int:
        lock = self.base / "server.lock"
        if lock.exists():
            print("Another server is running.", file=sys.stderr)
            return 1
        lock.touch()
        try:
            return super().run()
        finally:
            lock.unlink()


@vice("waits-for-connections", "C7.14", group="sdk-harness")
class WaitsForConnections(Server):
    """Waits 15 seconds for clients to leave."""

    def run(self) -> int:
        code = super().run()
        time.sleep(15)
        return code


@vice("colours-its-log", "C7.3", group="sdk-harness", docker=True)
class ColoursItsLog(Server):
    """Colours what goes to a terminal."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        if sys.stdout.isatty():
            print("\x1b[32mready\x1b[0m", flush=True)


@vice("port-of-its-own", "C7.19", group="sdk-harness", docker=True)
class PortOfItsOwn(Server):
    """Moves where it is told to, and else listens where its web server likes to."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        if not variables.get("SAGEMAKER_BIND_TO_PORT"):
            self.port = 8000
