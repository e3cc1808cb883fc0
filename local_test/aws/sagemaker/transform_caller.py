"""The requests of a transform job: sent, repeated where that helps, and explained where not.

A container's 5xx and its silence are tried again, up to InvocationsMaxRetries times; a 4xx is not,
since the same data would be refused again (C2.7, C2.13).
"""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from container import contract
from local_test.aws.sagemaker.records import Batch
from local_test.client import Answer

_QUOTED: Final = 500  # characters of an answer in a FailureReason
_SEARCH_SECONDS: Final = 20.0  # for the record that a model refuses among many
_CHUNK: Final = 1 << 16
_PAUSE: Final = 0.2  # seconds before a request is sent again
_BATCH: Final[Mapping[str, Callable[[Any], bool]]] = {  # what may be said, and which values fit
    "BatchStrategy": lambda value: value in {"SINGLE_RECORD", "MULTI_RECORD"},
    "MaxConcurrentTransforms": lambda value: isinstance(value, int) and value > 0,
    "MaxPayloadInMB": lambda value: isinstance(value, int) and value >= 0,
}


class CallError(Exception):
    """A request that got no answer of use.

    Attributes:
        status: Of HTTP; 0 without an answer.
        told: What the container said, or what happened instead.
    """

    def __init__(self, status: int, told: str) -> None:
        super().__init__(status, told)
        self.status = status
        self.told = told

    @property
    def is_refusal(self) -> bool:
        """Whether the data are to blame."""
        return 400 <= self.status < 500

    @property
    def kind(self) -> str:
        """Who can mend it, as a FailureReason begins."""
        return "ClientError" if self.is_refusal else "AlgorithmError"


@dataclass(frozen=True)
class Call:
    """How a job calls its container.

    Attributes:
        content_type: Of what is sent; empty sends no header (C2.8).
        accept: Likewise.
        seconds: How long an answer may take.
        retries: How often a request is sent again.
        chunked: Whether bodies are sent in chunks, as for MaxPayloadInMB 0 (C2.5).
    """

    content_type: str
    accept: str
    seconds: float
    retries: int
    chunked: bool


class Caller:
    """Calls one container from several threads, each over a connection of its own.

    Args:
        url: Where it listens.
        call: How it is called.
        stopping: When set, nothing is sent again.
    """

    def __init__(self, url: str, call: Call, stopping: threading.Event) -> None:
        self._host = urlsplit(url).netloc
        self._call = call
        self._stopping = stopping
        self._closed = threading.Event()
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []

    def parameters(self) -> dict[str, Any]:
        """What GET /execution-parameters says; what makes no sense is passed over (C2.3)."""
        try:
            answer = self._send("GET", contract.EXECUTION_PARAMETERS, None)
            found = json.loads(answer.body) if answer.status == 200 else {}
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: found[name] for name, fits in _BATCH.items() if fits(found.get(name))}

    def ask(self, body: bytes) -> Answer:
        """Have records predicted.

        Raises:
            CallError: The container refuses, or there is no answer, not even to the last try.
        """
        left = self._call.retries
        while True:
            try:
                return self._asked(body)
            except CallError as error:
                final = error.is_refusal or left == 0 or self._closed.is_set()
                if final or self._stopping.wait(_PAUSE):
                    raise
                left -= 1

    def blame(self, batch: Batch, bodies: list[bytes], error: CallError) -> str:
        """Name the record that a container refuses among those of a request.

        The platform gives up here. Halves are asked again, until one record is left that is
        refused alone; without one, in time, all of them are named.
        """
        first, last = 0, len(bodies)
        deadline = time.monotonic() + _SEARCH_SECONDS
        while last - first > 1 and error.is_refusal and time.monotonic() < deadline:
            middle = (first + last) // 2
            if found := self._refusal(bodies[first:middle]):
                error, last = found, middle
            else:
                first = middle
        single = last - first == 1
        if single and len(bodies) > 1:
            found = self._refusal(bodies[first:last])
            single, error = found is not None, found or error
        blamed = Batch(batch.first + first, batch.records[first:last]) if single else batch
        return f"{blamed}: {_sentence(error)}"

    def close(self) -> None:
        """Close all connections; requests that are on their way end in an error, for good."""
        self._closed.set()
        for each in self._connections:
            with contextlib.suppress(OSError):
                if each.sock is not None:
                    each.sock.shutdown(socket.SHUT_RDWR)
            each.close()

    def _refusal(self, bodies: list[bytes]) -> CallError | None:
        try:
            self._asked(b"".join(bodies))
        except CallError as error:
            return error if error.is_refusal else None
        return None

    def _asked(self, body: bytes) -> Answer:
        try:
            answer = self._send("POST", contract.INVOCATIONS, body)
        except TimeoutError as error:
            raise CallError(0, f"no answer within {self._call.seconds:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise CallError(0, f"no answer: {error or type(error).__name__}") from error
        if answer.status != 200:
            raise CallError(answer.status, answer.body.decode("utf-8", "replace"))
        return answer

    def _send(self, method: str, path: str, body: bytes | None) -> Answer:
        """Send over a connection that is kept; one that was closed meanwhile is opened anew."""
        connection = self._connection()
        was_open = connection.sock is not None
        try:
            return self._exchange(connection, method, path, body)
        except TimeoutError:
            connection.close()
            raise
        except (ConnectionError, http.client.HTTPException):
            connection.close()
            if not was_open:
                raise
        except OSError:
            connection.close()
            raise
        try:
            return self._exchange(connection, method, path, body)
        except (OSError, http.client.HTTPException):
            connection.close()
            raise

    def _exchange(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None
    ) -> Answer:
        headers = {"Content-Type": self._call.content_type, "Accept": self._call.accept}
        headers = {name: value for name, value in headers.items() if value}
        chunked = self._call.chunked and body is not None
        if chunked and body is not None:
            headers["Transfer-Encoding"] = "chunked"
            connection.request(method, path, _pieces(body), headers, encode_chunked=True)
        else:
            connection.request(method, path, body, headers)
        if self._closed.is_set():  # it did not see this connection, which is new
            raise ConnectionAbortedError("closed")
        response = connection.getresponse()
        media_type = response.headers.get("Content-Type", "")
        return Answer(response.status, media_type, response.read())

    def _connection(self) -> http.client.HTTPConnection:
        found = getattr(self._local, "connection", None)
        if found is None:
            found = http.client.HTTPConnection(self._host, timeout=self._call.seconds)
            self._local.connection = found
            self._connections.append(found)
        connection: http.client.HTTPConnection = found
        return connection


def _sentence(error: CallError) -> str:
    told = " ".join(error.told.split())[:_QUOTED]
    return f"the model answered {error.status}: {told}" if error.status else f"{told}."


def _pieces(body: bytes) -> Iterator[bytes]:
    return (body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))
