"""One request to a container and its answer, as the platform's own client sends it.

A time limit is for the whole answer, not for every read: a container that trickles is cut off too.
"""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from container import contract

AT_ONCE = 1 << 16  # bytes of one read
_HOST = "model.aws.local:8080"  # what the platform sends (C1.21)
_AGENT = "AHC/2.0"

Cause = Literal["refused", "timeout", "broken"]


class NoAnswerError(Exception):
    """The container gave no answer, or not all of it.

    Attributes:
        cause: `refused` before anything was sent, so that another instance may be asked;
            `timeout`, or `broken` when the connection ended.
    """

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True)
class Call:
    """What a container is asked.

    Attributes:
        headers: By name.
        body: The bytes, which pass unmodified (C1.30).
        seconds: Until the answer must be complete.
    """

    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Answer:
    """A container's answer: its status and headers are there, its body comes.

    Args:
        response: Of which nothing of the body is read yet.
        connection: Its socket, whose time limit is moved on.
        deadline: Of the monotonic clock, for the whole of it.

    Attributes:
        status: Of HTTP.
        headers: Its headers.
    """

    def __init__(
        self, response: http.client.HTTPResponse, connection: socket.socket, deadline: float
    ) -> None:
        self.status = response.status
        self.headers = Headers(response.getheaders())
        self._response = response
        self._connection = connection
        self._deadline = deadline

    def parts(self) -> Iterator[bytes]:
        """Give the body piece by piece, each as soon as it is there.

        Raises:
            NoAnswerError: It does not come to its end.
        """
        while True:
            with _faults(self._deadline):
                self._connection.settimeout(_left(self._deadline))
                part = self._response.read1(AT_ONCE)
            if part:
                yield part
            elif self._response.length:  # fewer bytes than were promised
                raise NoAnswerError("broken")
            else:
                return

    def body(self, limit: int) -> bytes:
        """Give the body as a whole, cut after the first byte beyond a limit.

        Raises:
            NoAnswerError: It does not come to its end.
        """
        found = bytearray()
        for part in self.parts():
            found += part
            if len(found) > limit:
                break
        return bytes(found[: limit + 1])


@contextlib.contextmanager
def asked(url: str, call: Call) -> Iterator[Answer]:
    """Send a request; gives the answer, which is read inside of the block.

    Raises:
        NoAnswerError: None comes.
    """
    deadline = time.monotonic() + call.seconds
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=call.seconds)
    with contextlib.closing(connection):
        try:
            connection.connect()
        except OSError as error:
            raise NoAnswerError("refused") from error
        headers = {"Host": _HOST, "User-Agent": _AGENT, **call.headers}
        with _faults(deadline):
            connected: socket.socket = connection.sock
            connection.request("POST", contract.INVOCATIONS, call.body, headers)
            response = connection.getresponse()
        with contextlib.closing(response):  # which holds the socket, read to the end or not
            yield Answer(response, connected, deadline)


@contextlib.contextmanager
def _faults(deadline: float) -> Iterator[None]:
    """Turn what sockets raise into one of the causes."""
    try:
        yield
    except TimeoutError as error:
        raise NoAnswerError("timeout") from error
    except (OSError, http.client.HTTPException) as error:
        cause: Cause = "timeout" if time.monotonic() >= deadline else "broken"
        raise NoAnswerError(cause) from error


def _left(deadline: float) -> float:
    """Seconds until a deadline.

    Raises:
        TimeoutError: It is over.
    """
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return left
