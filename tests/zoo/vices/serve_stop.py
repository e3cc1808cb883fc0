"""Vices of ending."""

import os
import signal
import threading
import time

from tests.zoo.server import Server
from tests.zoo.vice import vice


@vice("exits-in-the-handler", "C1.15", group="serve")
class ExitsInTheHandler(Server):
    """Ends at once and drops what it has begun."""

    def on_term(self, *_: object) -> None:
        os._exit(0)


@vice("ignores-sigterm", "C1.15", "C1.16", group="serve")
class IgnoresSigterm(Server):
    """Waits for SIGKILL."""

    def on_term(self, *_: object) -> None:
        pass


@vice("ends-as-killed", "C1.16", group="serve")
class EndsAsKilled(Server):
    """Reports every stop as a failure."""

    def run(self) -> int:
        return super().run() or 143


@vice("outlives-its-server", "C9.15", group="serve")
class OutlivesItsServer(Server):
    """Starts the server and looks no more."""

    def run(self) -> int:
        server = os.fork()
        if server == 0:
            os._exit(super().run())
        signal.signal(signal.SIGTERM, lambda *_: os.kill(server, signal.SIGTERM))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        _, status = os.waitpid(server, 0)
        while os.WIFSIGNALED(status):
            time.sleep(1)
        return os.waitstatus_to_exitcode(status)


@vice("hasty-watchdog", "C4.7", group="serverless")
class HastyWatchdog(Server):
    """Takes a pause for a hang."""

    def start_loading(self) -> None:
        super().start_loading()
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self) -> None:
        looked = time.monotonic()
        while time.monotonic() - looked < 1.2:
            looked = time.monotonic()
            time.sleep(0.05)
        os._exit(1)
