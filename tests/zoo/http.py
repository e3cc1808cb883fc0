"""Just enough HTTP for a container: requests in, answers out, chunks both ways."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from tests.zoo.server import Server

Headers = Mapping[str, str]


@dataclass
class Request:
    """What came, its body read; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Headers
    body: bytes

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass
class Answer:
    """What goes back; a body in parts is sent in chunks."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    media_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - it says what happened
    """A request that is answered by an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def as_json(value: Any, status: int = 200) -> Answer:
    """An answer that holds JSON."""
    return Answer(status, json.dumps(value).encode(), "application/json")


class Handler(BaseHTTPRequestHandler):
    """Hands requests to the animal and writes its answers."""

    protocol_version = "HTTP/1.1"
    animal: "Server"

    def handle_one_request(self) -> None:
        """Let a peer go that has gone."""
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _answer(self) -> None:
        with self.animal.busy():
            try:
                body = self._body()
            except Refused as refusal:
                self.close_connection = True
                return self._write(self.animal.error(refusal.status, str(refusal)))
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, parts.path, parse_qs(parts.query), headers, body)
            return self._write(self.animal.respond(request))

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        length = int(self.headers.get("Content-Length") or 0)
        if length > self.animal.body_limit:
            raise Refused(413, f"The body has {length} bytes, {self.animal.body_limit} are allowed")
        return self.rfile.read(length)

    def _chunks(self) -> Iterable[bytes]:
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.media_type:
            self.send_header("Content-Type", answer.media_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        whole = isinstance(answer.body, bytes)
        if isinstance(answer.body, bytes):
            self.send_header("Content-Length", str(len(answer.body)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command == "HEAD":
            return
        for part in (answer.body,) if isinstance(answer.body, bytes) else answer.body:
            self.wfile.write(part if whole else b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()
        if not whole:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Log no requests: /ping comes every five seconds, forever (C1.29)."""
