"""The load generator: keep-alive connections that each ask again once they are answered.

One thread and epoll, so that it takes little of the processors that it shares with the servers.
"""

import select
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.errors import BenchmarkError

HOST: Final = "127.0.0.1"
_STALL_SECONDS: Final = 60.0  # without any answer, after which a server is given up
_CHUNK: Final = 1 << 18
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


@dataclass(frozen=True)
class Load:
    """What came of some load.

    Attributes:
        seconds: From the first request to the last answer.
        latencies: Seconds of each answered request.
    """

    seconds: float
    latencies: tuple[float, ...]

    @property
    def count(self) -> int:
        """How many requests were answered."""
        return len(self.latencies)


def message(
    path: str, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> bytes:
    """A POST request as it goes over the wire."""
    given = {"Host": HOST, "Content-Type": content_type, "Content-Length": str(len(body))}
    lines = [f"{name}: {value}" for name, value in {**given, **(headers or {})}.items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode() + body


def drive(port: int, request: bytes, connections: int, seconds: float) -> Load:
    """Send one request over and over.

    Args:
        port: Of a server on this machine.
        request: From `message`.
        connections: That are kept open, each with one request at a time.
        seconds: For which new requests are sent.

    Raises:
        BenchmarkError: An answer is not a 200, or none comes.
    """
    latencies: list[float] = []
    poller = select.epoll()
    asking = {each.socket.fileno(): each for each in _opened(port, request, connections)}
    started = time.perf_counter()
    try:
        for number, each in asking.items():
            each.send()
            poller.register(number, select.EPOLLIN)
        while asking:
            ready = poller.poll(_STALL_SECONDS)
            if not ready:
                raise BenchmarkError(f"Port {port} has not answered for {_STALL_SECONDS:.0f} s.")
            for number, _ in ready:
                if asking[number].receive():
                    now = time.perf_counter()
                    latencies.append(now - asking[number].sent)
                    if now - started < seconds:
                        asking[number].send()
                    else:
                        poller.unregister(number)
                        asking.pop(number).socket.close()
        return Load(time.perf_counter() - started, tuple(latencies))
    finally:
        poller.close()
        for each in asking.values():
            each.socket.close()


def ask(port: int, request: bytes, timeout: float = _STALL_SECONDS) -> bytes:
    """Send one request on a connection of its own and give the body of its answer.

    Raises:
        BenchmarkError: The answer is not a 200.
        OSError: There is no answer.
    """
    with socket.create_connection((HOST, port), timeout) as client:
        connection = _Connection(client, request)
        connection.send()
        while not connection.receive():
            pass
        return connection.body


class _Connection:
    """One connection and what has come of the answer that it waits for."""

    def __init__(self, client: socket.socket, request: bytes) -> None:
        self.socket = client
        self.sent = 0.0
        self.body = b""
        self._request = request
        self._parts: list[bytes] = []
        self._came = 0
        self._end = -1  # of the answer; -1 until its head is there

    def send(self) -> None:
        self._parts, self._came, self._end = [], 0, -1
        self.sent = time.perf_counter()
        self.socket.sendall(self._request)

    def receive(self) -> bool:
        """Take what has come; True once the answer is complete."""
        part = self.socket.recv(_CHUNK)
        if not part:
            shown = b"".join(self._parts)[:200]
            raise BenchmarkError(f"The connection ended in the middle of an answer: {shown!r}")
        self._parts.append(part)
        self._came += len(part)
        if self._end < 0:
            self._read_head()
        if self._end < 0 or self._came < self._end:
            return False
        head, _, self.body = b"".join(self._parts).partition(_HEAD_END)
        if not head.startswith(b"HTTP/1.1 200"):
            raise BenchmarkError(f"The answer is not a 200: {head[:100]!r} {self.body[:500]!r}")
        return True

    def _read_head(self) -> None:
        head, found, _ = b"".join(self._parts).partition(_HEAD_END)
        if not found:
            return
        lengths = [
            int(line.partition(b":")[2])
            for line in head.splitlines()
            if line.lower().startswith(_LENGTH)
        ]
        if len(lengths) != 1:
            raise BenchmarkError(f"The answer has no Content-Length: {head[:500]!r}")
        self._end = len(head) + len(_HEAD_END) + lengths[0]


def _opened(port: int, request: bytes, connections: int) -> list[_Connection]:
    clients = [socket.create_connection((HOST, port), _STALL_SECONDS) for _ in range(connections)]
    for client in clients:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return [_Connection(client, request) for client in clients]
