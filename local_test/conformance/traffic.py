"""Requests that no HTTP library would send: halves of them, very many, very large ones."""

import contextlib
import http.client
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from container import contract
from local_test.conformance import http as plain
from local_test.conformance.http import Headers, NoAnswer, Reply
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Payload
from local_test.conformance.registry import NotChecked
from local_test.conformance.subject import Container

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
_FILLERS = {JSON: b" ", CSV: b"\n", LINES: b"\n"}  # what a parser passes over
_HEAVY = 500  # records


def media_type(value: str) -> str:
    """A media type without its parameters."""
    return value.partition(";")[0].strip().lower()


def invoke(server: Container, payload: Payload, **headers: str) -> Reply:
    """Send a payload; `X_Y` stands for the header X-Y, added to the payload's own.

    Raises:
        NoAnswer: None came.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.post(contract.INVOCATIONS, payload.body, payload.headers | named)


def whole(lab: Lab) -> list[Payload]:
    """The payloads whose answers come in one piece.

    Raises:
        NotChecked: There are none.
    """
    found = [each for each in lab.materials.payloads if not each.streams]
    if not found:
        raise NotChecked("needs a payload (--payload FILE:TYPE)")
    return found


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """The head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: model.aws.local:8080"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def read_reply(connection: socket.socket, request: str, method: str = "POST") -> Reply:
    """Read one answer from a connection and leave that open.

    Raises:
        NoAnswer: What came is none.
    """
    answer = http.client.HTTPResponse(connection, method=method)
    with contextlib.closing(answer):
        try:
            answer.begin()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{request}: no answer ({error or type(error).__name__})") from error
        return Reply(answer.status, Headers(answer.getheaders()), body, request)


class Upload:
    """A request whose end is still to come; as a context manager it ends with its block.

    Args:
        server: Where to.
        payload: What for.
        timeout: Of every step in seconds.
        late: Bytes that are still to come.

    Raises:
        NoAnswer: Nobody listens, or the connection breaks.
    """

    def __init__(
        self,
        server: Container,
        payload: Payload,
        *,
        timeout: float = plain.SECONDS,
        late: int = 1,
    ) -> None:
        late = min(late, len(payload.body))
        self._last = payload.body[-late:]
        self._socket = server.open(timeout=timeout)
        length = {"Content-Length": str(len(payload.body))}
        fields = payload.headers | length
        self._send(head("POST", contract.INVOCATIONS, fields) + payload.body[:-late])

    def finish(self) -> Reply:
        """Send what is missing and read the answer.

        Raises:
            NoAnswer: None came.
        """
        self._send(self._last)
        return read_reply(self._socket, "POST /invocations, its last byte sent late")

    def trickle(self, seconds: float) -> bool:
        """Send all but the last byte, evenly over so many seconds; tells whether it got through."""
        pause = seconds / max(1, len(self._last) - 1)
        while len(self._last) > 1:
            if self._is_answered(pause):
                return False
            self._send(self._last[:1])
            self._last = self._last[1:]
        return not self._is_answered(0.0)

    def _is_answered(self, seconds: float) -> bool:
        """Whether the server answers or hangs up within so many seconds, all unfinished."""
        readable, _, _ = select.select([self._socket], [], [], seconds)
        return bool(readable)

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise NoAnswer(f"POST /invocations: the connection broke ({error})") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def records(payload: Payload) -> list[bytes]:
    """The lines of a payload of CSV or JSON lines.

    Raises:
        NotChecked: It has no such lines.
    """
    if media_type(payload.content_type) not in {CSV, LINES}:
        raise NotChecked("needs a payload of text/csv or application/jsonlines")
    return [each for each in payload.body.splitlines() if each.strip()]


def padded(payload: Payload, size: int) -> bytes:
    """A payload's body grown to so many bytes by what changes nothing in it.

    Raises:
        NotChecked: Its format has no such filler.
    """
    filler = _FILLERS.get(media_type(payload.content_type))
    if filler is None:
        raise NotChecked("needs a payload of JSON, JSON lines or CSV")
    return payload.body.ljust(size, filler)


def heavy(payload: Payload) -> bytes:
    """A body of many records where the format allows it, else the payload's own."""
    try:
        lines = records(payload)
    except NotChecked:
        return payload.body
    return b"\n".join((lines * _HEAVY)[:_HEAVY]) + b"\n"


@contextlib.contextmanager
def pressed(server: Container, payload: Payload, clients: int = 16) -> Iterator[None]:
    """Keep a server busy: so many clients ask again and again until the block ends."""
    over = threading.Event()
    body = heavy(payload)

    def ask() -> None:
        while not over.is_set():
            with contextlib.suppress(NoAnswer):
                server.post(contract.INVOCATIONS, body, payload.headers)

    with ThreadPoolExecutor(clients) as pool:
        for _ in range(clients):
            pool.submit(ask)
        try:
            yield
        finally:
            over.set()


def together(server: Container, payload: Payload, number: int) -> list[Reply]:
    """Send so many requests before any answer is read.

    Raises:
        NoAnswer: One of them got none.
    """
    fields = payload.headers | {"Content-Length": str(len(payload.body)), "Connection": "close"}
    request = head("POST", contract.INVOCATIONS, fields) + payload.body
    replies = []
    with contextlib.ExitStack() as opened:
        connections = []
        for count in range(number):
            connections.append(opened.enter_context(server.open()))
            try:
                connections[-1].sendall(request)
            except OSError as error:
                raise NoAnswer(f"request {count + 1} of {number} was dropped ({error})") from error
        for count, each in enumerate(connections, 1):
            replies.append(read_reply(each, f"POST /invocations, {count} of {number} at once"))
    return replies
