"""What is under test, and a container of it that runs; the checks know nothing else.

Subject ──▶ start() ──▶ Container: its URL, log, processes, end
├── process_subject.ProcessSubject      COMMAND ARGUMENT ...
└── docker_subject.DockerSubject        docker run IMAGE ARGUMENT ...
"""

import abc
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self
from urllib.parse import urlsplit

from container import contract
from local_test.conformance import http
from local_test.conformance.http import Body, NoAnswer, Reply
from local_test.conformance.registry import NotChecked, Violation

NEEDS_DOCKER = "needs Docker (--image)"
_PAUSE = 0.02


@dataclass(frozen=True)
class Limits:
    """How a container is confined; a plain process cannot be.

    Attributes:
        user: `UID:GID` to run as (C4.6).
        read_only: Whether its own file system cannot be written; /tmp still can (C4.6).
        network: Whether it may open connections to elsewhere (C1.61).
        memory: Bytes.
        cpus: Processors, fractions too (C4.31).
        shm: Bytes of /dev/shm (C1.64).
        drop_capabilities: Whether root has its special rights taken away (C1.64).
        terminal: Whether it has a terminal instead of plain output (C7.3).
    """

    user: str | None = None
    read_only: bool = False
    network: bool = True
    memory: int | None = None
    cpus: float | None = None
    shm: int | None = None
    drop_capabilities: bool = False
    terminal: bool = False


UNLIMITED = Limits()


class Ran(NamedTuple):
    """What a command in a container came to: exit code and output."""

    code: int
    output: str


class Process(NamedTuple):
    """A process of a container; ids are those of this machine, `state` is ps's first letter."""

    pid: int
    parent: int
    state: str
    command: str


class Container(abc.ABC):
    """A container that was started; as a context manager it never outlives its block.

    Attributes:
        base: The folder here that is /opt/ml inside.
        port: The one inside that a server should listen on (C1.17, C1.18).
    """

    def __init__(self, base: Path, port: int) -> None:
        self.base = base
        self.port = port

    @property
    @abc.abstractmethod
    def url(self) -> str:
        """Where it should listen.

        Raises:
            Violation: It has ended.
        """

    @property
    @abc.abstractmethod
    def log(self) -> str:
        """All of stdout and stderr (C1.62), after its removal too."""

    @abc.abstractmethod
    def path(self, relative: str) -> str:
        """A path below the base folder as the container sees it, `model` for example."""

    @abc.abstractmethod
    def poll(self) -> int | None:
        """The exit code, as a shell counts; None while it runs."""

    @abc.abstractmethod
    def signal(self, number: int) -> None:
        """Send a signal to PID 1 alone, as the platform does (C5.6)."""

    @abc.abstractmethod
    def kill(self) -> None:
        """End every process of it at once, as SIGKILL to PID 1 does."""

    @abc.abstractmethod
    def restart(self) -> None:
        """Stop it and start the same container again (C1.14)."""

    @abc.abstractmethod
    def run(self, *command: str) -> Ran:
        """Run a command inside, as `docker exec` does.

        Raises:
            NotChecked: It is a plain process.
        """

    @abc.abstractmethod
    def processes(self) -> list[Process]:
        """Every process of it, zombies too."""

    @abc.abstractmethod
    def remove(self) -> None:
        """End it and clear away what is left, but for its base folder; twice is harmless."""

    def request(
        self,
        method: str,
        path: str,
        body: Body = b"",
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = http.SECONDS,
    ) -> Reply:
        """Send one request on a connection of its own; see `http.ask`.

        Raises:
            NoAnswer: None came.
        """
        return http.ask(self.url, method, path, body, headers, seconds=timeout)

    def get(self, path: str, **options: Any) -> Reply:
        """`request` with GET."""
        return self.request("GET", path, **options)

    def post(
        self, path: str, body: Body = b"", headers: Mapping[str, str] | None = None, **options: Any
    ) -> Reply:
        """`request` with POST."""
        return self.request("POST", path, body, headers, **options)

    def open(self, *, timeout: float = http.SECONDS) -> socket.socket:
        """Connect, for what no HTTP library would send.

        Raises:
            NoAnswer: Nobody listens.
        """
        parts = urlsplit(self.url)
        try:
            return socket.create_connection((str(parts.hostname), parts.port), timeout)
        except OSError as error:
            raise NoAnswer(f"connecting to {parts.netloc}: {error}") from error

    def wait(self, seconds: float) -> int:
        """Wait until it has ended by itself and give its exit code.

        Raises:
            Violation: The time is over.
        """
        deadline = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise Violation(f"still running after {seconds:g} s", self)
            time.sleep(_PAUSE)
        return code

    def stop(self, seconds: float) -> int:
        """Send SIGTERM, and SIGKILL after so many seconds (C1.15, C5.5); gives the exit code.

        137 is that of one that needed longer, as Docker has it.
        """
        if (code := self.poll()) is not None:
            return code
        self.signal(15)
        try:
            return self.wait(seconds)
        except Violation:
            self.kill()
            return self.wait(seconds=http.SECONDS)

    def until_ping(self, seconds: float, *, status: int = 200) -> Reply:
        """Wait for GET /ping to be answered by a status, and give that answer.

        Raises:
            Violation: It ended, or the time is over; the log is the evidence.
        """
        deadline = time.monotonic() + seconds
        last = "no answer"
        while time.monotonic() < deadline:
            if (code := self.poll()) is not None:
                raise Violation(f"ended with exit code {code} before /ping answered {status}", self)
            try:
                reply = self.get(contract.PING, timeout=contract.PING_SECONDS)
            except NoAnswer:
                reply = None
            if reply is not None and reply.status == status:
                return reply
            last = last if reply is None else f"status {reply.status}"
            time.sleep(_PAUSE)
        raise Violation(f"/ping: {last} after {seconds:g} s, not {status}", self)

    def is_ready(self, seconds: float) -> bool:
        """Whether GET /ping is answered by 200 before the time is over."""
        try:
            self.until_ping(seconds)
        except Violation:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Subject(Protocol):
    """What is under test."""

    @property
    def place(self) -> str:
        """What and where that is, for people."""

    @property
    def offers(self) -> frozenset[str]:
        """Which needs of checks it can meet."""

    def start(
        self,
        arguments: Sequence[str] = ("serve",),
        *,
        base: Path,
        variables: Mapping[str, str] | None = None,
        limits: Limits = UNLIMITED,
        entrypoint: Sequence[str] | None = None,
    ) -> Container:
        """Start `docker run IMAGE ARGUMENT ...`.

        What is in the base folder is mounted where the platform has it: for `serve` each of its
        folders read-only (C1.10), else the whole of it writable.

        Args:
            arguments: `train`, `serve`, nothing, or any other command.
            base: The folder that is /opt/ml inside.
            variables: Added to the container's environment (C1.4).
            limits: What it is not given.
            entrypoint: Replaces the image's own (C5.2).

        Raises:
            NotChecked: A plain process cannot be started this way.
            ContainerError: It cannot be started at all.
        """

    def path(self, base: Path, relative: str) -> str:
        """A path below a base folder as its container will see it, `model` for example."""

    def inspect(self) -> Mapping[str, Any]:
        """What `docker image inspect` says.

        Raises:
            NotChecked: It is no image.
        """

    def end(self) -> None:
        """End what was started here and is still there: an interrupted start may leave some."""

    def clear(self, folder: Path) -> None:
        """Remove a base folder, also where containers left files of another user."""


def refuse_without_docker(limits: Limits, entrypoint: object) -> None:
    """Refuse what only Docker can do.

    Raises:
        NotChecked: It was asked for.
    """
    if limits != UNLIMITED or entrypoint is not None:
        raise NotChecked(NEEDS_DOCKER)
