"""Vices that only limits bring to light: of rights, networks, processors, memory and disks."""

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.zoo import limits
from tests.zoo.http import Answer, Request
from tests.zoo.server import Rows, Server
from tests.zoo.vice import vice


@vice("needs-capabilities", "C1.64", group="serve", docker=True)
class NeedsCapabilities(Server):
    """Gives files away at its start, which takes a right that root need not have."""

    def start_loading(self) -> None:
        with tempfile.NamedTemporaryFile() as file:
            if os.getuid() == 0:
                os.chown(file.name, 12345, 12345)
        super().start_loading()


@vice("asks-the-network", "C1.61", group="serve", docker=True)
class AsksTheNetwork(Server):
    """Looks for its credentials elsewhere before it serves."""

    def start_loading(self) -> None:
        try:
            socket.create_connection((self.variables["ZOO_OUTSIDE"], 8080), timeout=2).close()
        except OSError:
            sys.exit("I cannot serve without credentials.")
        super().start_loading()


@vice("needs-root", "C4.6", group="serverless", docker=True)
class NeedsRoot(Server):
    """Works as root only."""

    def start_loading(self) -> None:
        if os.getuid():
            sys.exit("I am not root.")
        super().start_loading()


@vice("writes-beside-tmp", "C4.6", group="serverless", docker=True)
class WritesBesideTmp(Server):
    """Keeps a file in a folder of the image."""

    def start_loading(self) -> None:
        Path("/var/zoo").write_text("here")
        super().start_loading()


@vice("needs-gigabytes", "C4.4", group="serverless", docker=True)
class NeedsGigabytes(Server):
    """Gives up where it may not have two gigabytes."""

    def start_loading(self) -> None:
        if 1 << 29 < limits.memory() < 1 << 31:
            sys.exit("I need two gigabytes.")
        super().start_loading()


@vice("needs-a-processor", "C4.31", group="serverless", docker=True)
class NeedsAProcessor(Server):
    """Counts whole processors, and comes to none."""

    def start_loading(self) -> None:
        if limits.processors() < 1:
            sys.exit("I have no processor for a worker.")
        super().start_loading()


@vice("slow-on-a-share", "C4.21", group="pipeline", docker=True)
class SlowOnAShare(Server):
    """Spends its share of the processor on requests, and none on pings."""

    asked = False

    def invocations(self, request: Request) -> Answer:
        self.asked = True
        return super().invocations(request)

    def ping(self, request: Request) -> Answer:
        if self.asked and limits.processors() < 1:
            time.sleep(2.5)
        return super().ping(request)


@vice("counts-the-machine", "C9.1", group="serverless", docker=True)
class CountsTheMachine(Server):
    """Has a worker for each processor that it sees."""

    def start_loading(self) -> None:
        for _ in range(os.cpu_count() or 1):
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                signal.pause()
        super().start_loading()


@vice("green-until-killed", "C9.9", group="serverless", docker=True)
class GreenUntilKilled(Server):
    """Takes its memory when the first request comes, long after the first ping."""

    def predict(self, model: Mapping[str, Any], rows: Rows) -> list[float]:
        _ = b"\1" * (64 << 20)
        return super().predict(model, rows)


@vice("leaves-files", "C4.34", group="asynchronous", docker=True)
class LeavesFiles(Server):
    """Spools bodies and forgets them."""

    def invocations(self, request: Request) -> Answer:
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(request.body)
        return super().invocations(request)
