"""The real server in a process of its own, as the image starts it, and clients that misbehave."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60.0  # deadline of every wait
_LOG_SHOWN = 4000  # characters


class Reply(NamedTuple):
    """An answer, its headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ServerProcess:
    """`python -m container serve` over a base folder, on a port of its own."""

    def __init__(self, base: Path, output: int | None = None, /, **variables: str) -> None:
        self.base = base
        self.port = free_port()
        self.log_file = base / f"server-{self.port}.log"
        own = {"SAGEMAKER_BASE_DIR": str(base), "SAGEMAKER_BIND_TO_PORT": str(self.port)}
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "container", "serve"],
                cwd=ROOT,
                env={**os.environ, "MXNET_ENGINE_TYPE": "NaiveEngine", **own, **variables},
                stdout=log if output is None else output,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Poll until something holds; fail with the server's log."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not happen.\n{self.log}"
            time.sleep(0.02)

    def wait_until_ping(self, status: int = 200) -> None:
        def answered() -> bool:
            assert self.process.poll() is None, f"The server ended.\n{self.log}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.request("GET", "/ping").status == status
            return False

        self.wait_for(answered, f"/ping {status}")

    def request(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str
    ) -> Reply:
        """Ask once, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        with contextlib.closing(connection), self._log_with_failure():
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())

    @contextlib.contextmanager
    def _log_with_failure(self) -> Iterator[None]:
        """Let a request that gets no answer show the end of the log."""
        try:
            yield
        except OSError as error:
            error.add_note(self.log[-_LOG_SHOWN:])
            raise

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels, 0 where it is not exposed yet."""
        text = self.request("GET", "/metrics").body.decode()
        found = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)
        return sum(map(float, found))

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        return [worker for master in _children(self.process.pid) for worker in _children(master)]

    def stop(self) -> int:
        """Ask the server to stop and give its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"The server does not stop.\n{self.log}") from None

    def kill(self) -> int:
        """Kill every process of the server at once, as the end of a container does."""
        groups = _children(self.process.pid)
        self.process.kill()
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        return self.process.wait(SECONDS)


class Unfinished:
    """A request that holds a slot for as long as its body is not finished.

    The body is one row and empty lines, more than the server reads before a request has its slot.
    """

    def __init__(self, server: ServerProcess, row: bytes, size: int = 3 << 19) -> None:
        self._socket = server.connect()
        self._body = row.ljust(size, b"\n")
        head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n"
        self._socket.sendall(f"{head}Content-Type: text/csv\r\n\r\n".encode() + self._body[:-1])

    def finish(self) -> None:
        """Send what is missing."""
        self._socket.sendall(self._body[-1:])

    def status(self) -> int:
        """Read the answer to its end and give its status."""
        with self._socket, contextlib.closing(http.client.HTTPResponse(self._socket)) as answer:
            answer.begin()
            answer.read()
            return answer.status

    def drop(self) -> None:
        """Go away without a word."""
        self._socket.close()


def finish(requests: Sequence[Unfinished]) -> list[int]:
    """Finish them all, whoever has a slot now, and give the statuses of their answers."""
    for each in requests:
        each.finish()
    return [each.status() for each in requests]


@contextlib.contextmanager
def running(
    base: Path, output: int | None = None, /, *, ping: int = 200, **variables: str
) -> Iterator[ServerProcess]:
    """A server that has answered /ping with a status, stopped at the end.

    Its log goes to a file, unless a file descriptor is given.
    """
    server = ServerProcess(base, output, **variables)
    try:
        server.wait_until_ping(ping)
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found
