"""Vices of the log and of /metrics."""

import sys
from collections.abc import Mapping

from tests.zoo.http import Answer, Refused, Request, as_json
from tests.zoo.server import Server
from tests.zoo.vice import vice


@vice("metrics-in-json", "C1.57", group="serve")
class MetricsInJson(Server):
    """Speaks no Prometheus."""

    def metrics(self, _request: Request) -> Answer:
        return as_json({"running": self.running})


@vice("no-metrics", "C1.58", group="serve")
class NoMetrics(Server):
    """Has nothing to tell."""

    def metrics(self, _request: Request) -> Answer:
        raise Refused(404, "There are no metrics")


@vice("logs-scrapes", "C1.58", group="serve")
class LogsScrapes(Server):
    """Tells of every look at its metrics."""

    def metrics(self, request: Request) -> Answer:
        print("GET /metrics 200", file=sys.stderr)
        return super().metrics(request)


@vice("colours", "C1.62", group="serve")
class Colours(Server):
    """Writes for a terminal."""

    def start_loading(self) -> None:
        print("\x1b[32mloading\x1b[0m", file=sys.stderr)
        super().start_loading()


@vice("logs-payloads", "C1.63", group="serve")
class LogsPayloads(Server):
    """Keeps what callers send, for debugging."""

    def note(self, request: Request) -> None:
        super().note(request)
        if not request.headers.get("accept") and len(request.body) > 30:
            print(request.body.decode("utf-8", "replace"), file=sys.stderr)


@vice("logs-its-environment", "C1.63", group="serve")
class LogsItsEnvironment(Server):
    """Prints all variables at its start."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        for name, value in variables.items():
            print(f"{name}={value}", file=sys.stderr)


@vice("forgets-the-id", "C4.35", group="serve")
class ForgetsTheId(Server):
    """Has ids of its own."""

    def note(self, request: Request) -> None:
        pass


@vice("chatty", "C9.5", group="serve")
class Chatty(Server):
    """Follows no level."""

    def note(self, request: Request) -> None:
        super().note(request)
        print("an invocation", file=sys.stderr)
