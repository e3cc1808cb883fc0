"""Vices of /invocations."""

import socket
import struct
import time
import uuid
from urllib.parse import unquote

from tests.zoo.http import Answer, Handler, Refused, Request
from tests.zoo.server import ATTRIBUTES, Server
from tests.zoo.vice import vice


@vice("any-method", "C1.30", group="serve")
class AnyMethod(Server):
    """Says 200 to a GET of /invocations."""

    def route(self, request: Request) -> Answer:
        if (request.path, request.method) == ("/invocations", "GET"):
            return Answer(200, b"Post something.", "text/plain")
        return super().route(request)


@vice("six-megabytes", "C1.32", group="serve")
class SixMegabytes(Server):
    """Has the limit of an old tutorial."""

    body_limit = 6 << 20


class _Bottomless(Handler):
    def _body(self) -> bytes:
        left = int(self.headers.get("Content-Length") or 0)
        while left > self.animal.body_limit:
            part = self.rfile.read1(1 << 20)
            if not part:
                raise ConnectionResetError
            left -= len(part)
        return super()._body() if self.headers.get("Transfer-Encoding") else self.rfile.read(left)


@vice("no-limit", "C1.33", group="serve")
class NoLimit(Server):
    """Reads whatever comes, to its end."""

    handler = _Bottomless


class _Rude(Handler):
    def _body(self) -> bytes:
        if int(self.headers.get("Content-Length") or 0) > self.animal.body_limit:
            hard = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
            self.connection.close()
            raise ConnectionResetError
        return super()._body()


@vice("resets-large-bodies", "C1.33", group="serve")
class ResetsLargeBodies(Server):
    """Refuses by hanging up."""

    handler = _Rude


class _Unchunked(Handler):
    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            b"".join(self._chunks())
            return b""
        return super()._body()


@vice("chunks-unread", "C1.34", group="serve")
class ChunksUnread(Server):
    """Relies on Content-Length."""

    handler = _Unchunked


class _Reserved(Handler):
    def handle_expect_100(self) -> bool:
        return True


@vice("expectation-unanswered", "C1.35", group="serve")
class ExpectationUnanswered(Server):
    """Waits for the body, as the client waits for it."""

    handler = _Reserved


@vice("strict-headers", "C1.36", group="serve")
class StrictHeaders(Server):
    """Refuses what it does not know."""

    def invocations(self, request: Request) -> Answer:
        if "x-unheard-of" in request.headers:
            raise Refused(400, "What is X-Unheard-Of?")
        return super().invocations(request)


@vice("short-headers", "C1.37", group="serve")
class ShortHeaders(Server):
    """Has a limit of its own for headers."""

    def invocations(self, request: Request) -> Answer:
        if any(len(each) > 512 for each in request.headers.values()):
            raise Refused(431, "A header is too long")
        return super().invocations(request)


@vice("untyped-answers", "C1.39", group="serve")
class UntypedAnswers(Server):
    """Lets the caller guess."""

    def invocations(self, request: Request) -> Answer:
        answer = super().invocations(request)
        return Answer(answer.status, answer.body, "", answer.headers)


@vice("splits-headers", "C1.40", group="serve")
class SplitsHeaders(Server):
    """Decodes what callers send and puts it into a header."""

    def with_attributes(self, request: Request, answer: Answer) -> Answer:
        if value := request.headers.get(ATTRIBUTES.lower()):
            answer.headers[ATTRIBUTES] = unquote(value)
        return answer


@vice("echoes-anything", "C1.40", group="serve")
class EchoesAnything(Server):
    """Sends attributes back as they came."""

    def with_attributes(self, request: Request, answer: Answer) -> Answer:
        if value := request.headers.get(ATTRIBUTES.lower()):
            answer.headers[ATTRIBUTES] = value
        return answer


@vice("demands-a-type", "C1.41", group="serve")
class DemandsAType(Server):
    """Fails where Content-Type is missing."""

    def invocations(self, request: Request) -> Answer:
        _ = request.headers["content-type"]
        return super().invocations(request)


@vice("bare-session-id", "C1.42", group="serve")
class BareSessionId(Server):
    """Opens sessions that never expire."""

    def invocations(self, request: Request) -> Answer:
        answer = super().invocations(request)
        if request.headers.get("x-amzn-sagemaker-session-id") == "NEW_SESSION":
            answer.headers["X-Amzn-SageMaker-New-Session-Id"] = str(uuid.uuid4())
        return answer


@vice("refuses-sessions", "C1.44", group="serve")
class RefusesSessions(Server):
    """Fails requests that carry a session."""

    def invocations(self, request: Request) -> Answer:
        if "x-amzn-sagemaker-session-id" in request.headers:
            raise Refused(400, "Sessions are disabled")
        return super().invocations(request)


@vice("hanging-websocket", "C1.56", group="serve")
class HangingWebsocket(Server):
    """Leaves clients of bidirectional streams waiting."""

    def route(self, request: Request) -> Answer:
        if request.path == "/invocations-bidirectional-stream":
            time.sleep(3)
        return super().route(request)
