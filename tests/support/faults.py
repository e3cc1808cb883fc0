"""A proxy that fails as stores do, and a line that breaks as networks do, in front of anything."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_BUSY = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Busy.</Message></Error>"
_OF_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Proxy:
    """A running proxy.

    Attributes:
        endpoint: Its URL.
        fails: Called with the number of a request, from 1; true fails it.
        cuts: Whether a failure closes the connection instead of answering 503.
        requests: "METHOD path" of each so far.
        failed: The numbers of those that failed.
    """

    endpoint: str = ""
    fails: Callable[[int], bool] = lambda _: False
    cuts: bool = False
    requests: list[str] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)


@contextlib.contextmanager
def proxy(target: str, fails: Callable[[int], bool], *, cuts: bool = False) -> Iterator[Proxy]:
    """Pass requests on, their Host header kept, as signatures cover it; some fail."""
    state = Proxy(fails=fails, cuts=cuts)
    host = urlsplit(target).netloc
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            with lock:
                state.requests.append(f"{self.command} {self.path}")
                number = len(state.requests)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if state.fails(number):
                state.failed.append(number)
                self.close_connection = state.cuts
                if not state.cuts:
                    self._answer(503, {"Content-Type": "application/xml"}, _BUSY)
                return
            connection = http.client.HTTPConnection(host, timeout=60)
            with contextlib.closing(connection):
                connection.request(self.command, self.path, body or None, dict(self.headers))
                answer = connection.getresponse()
                self._answer(answer.status, dict(answer.getheaders()), answer.read())

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in _OF_CONNECTION:
                    self.send_header(name, value)
            length = str(len(body)) if self.command != "HEAD" else headers.get("Content-Length")
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = _pass  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Line:
    """A TCP line to a port of this machine, which breaks after so many bytes until it is mended.

    Args:
        target: The port that it leads to.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: set[socket.socket] = set()
        self._left: float = float("inf")
        self.port: int = self._listener.getsockname()[1]
        self.broken = False
        threading.Thread(target=self._listen, daemon=True).start()

    def break_after(self, count: int) -> None:
        """Break when so many bytes more have gone to the target."""
        self._left = count

    def mend(self) -> None:
        """Let everything pass again."""
        self._left = float("inf")
        self.broken = False

    def close(self) -> None:
        """End it."""
        self._listener.close()
        self._break()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                near, _ = self._listener.accept()
                if self.broken:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._target))
                self._sockets |= {near, far}
                for source, sink, counts in ((near, far, True), (far, near, False)):
                    pump = threading.Thread(
                        target=self._pump, args=(source, sink, counts), daemon=True
                    )
                    pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if counts:
                    self._left -= len(data)
                    if self._left < 0:
                        self._break()
                        return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def _break(self) -> None:
        self.broken = True
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._sockets = set()
