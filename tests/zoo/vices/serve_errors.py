"""Vices of errors."""

import traceback

from tests.zoo.http import Answer, Refused, Request, as_json
from tests.zoo.server import Server
from tests.zoo.vice import vice


@vice("500-for-unknown-types", "C1.48", "C6.35", "C6.36", group="serve")
class FailsOnUnknownTypes(Server):
    """Takes the blame for the client's Content-Type."""

    def error(self, status: int, message: str) -> Answer:
        return super().error(500 if status == 415 else status, message)


@vice("500-for-unknown-accept", "C1.48", group="serve")
class FailsOnUnknownAccept(Server):
    """Takes the blame for the client's Accept."""

    def error(self, status: int, message: str) -> Answer:
        return super().error(500 if status == 406 else status, message)


@vice("html-errors", "C1.45", "C1.49", group="serve")
class HtmlErrors(Server):
    """Answers programs with a page for people."""

    def error(self, status: int, message: str) -> Answer:
        page = f"<!doctype html><title>Error</title><h1>{message}</h1>"
        return Answer(status, page.encode(), "text/html")


@vice("silent-errors", "C1.45", "C1.49", group="serve")
class SilentErrors(Server):
    """Gives a number and no reason."""

    def error(self, status: int, _message: str) -> Answer:
        return Answer(status)


@vice("traceback-errors", "C1.45", group="serve")
class TracebackErrors(Server):
    """Shows its inside."""

    def error(self, status: int, message: str) -> Answer:
        shown = "".join(traceback.format_exception(Refused(status, message)))
        head = "Traceback (most recent call last):\n"
        return as_json({"error": head + shown}, status)


@vice("overlong-errors", "C1.46", group="serve")
class OverlongErrors(Server):
    """Explains more than anyone gets to see."""

    def error(self, status: int, message: str) -> Answer:
        return as_json({"error": message, "details": "so it goes " * 500}, status)


@vice("plain-text-errors", "C1.49", group="serve")
class PlainTextErrors(Server):
    """Answers programs with a sentence."""

    def error(self, status: int, message: str) -> Answer:
        return Answer(status, message.encode(), "text/plain")


@vice("500-for-broken-bodies", "C2.13", group="batch")
class FailsOnBrokenBodies(Server):
    """Lets a parser's exception through."""

    def respond(self, request: Request) -> Answer:
        answer = super().respond(request)
        return self.error(500, "ValueError") if answer.status == 400 else answer
