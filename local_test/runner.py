"""What both runners share: a program to run, and a program that runs.

    Program ──▶ Runner.start ──▶ Running: its log, its URL, its end
                ├── process_runner.ProcessRunner    python -m container ARGUMENT ...
                └── docker_runner.DockerRunner      docker run IMAGE ARGUMENT ...

Commands know only this interface, so that a laptop without Docker takes the same path.
"""

import abc
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

STOP_SECONDS = 10.0  # SIGTERM to SIGKILL where nobody said otherwise; compose's own figure (C7.14)
TAIL_LINES = 60

Show = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """What the platform starts: `docker run IMAGE ARGUMENT ...` (C1.1, C5.1).

    Attributes:
        arguments: `train` or `serve` with flags, or any other command of the image (C7.24), which
            runs in the base folder, so that relative names mean the same everywhere.
        base: The folder that is /opt/ml inside.
        variables: What the job's or model's own environment adds (C1.4, C5.30).
        port: For a server: the port on this machine, 0 for any that is free. A server gets the
            model folder alone, read-only where the runner can do that (C1.10).
        entrypoint: What a job runs instead of the image's ENTRYPOINT (C5.2); empty for that one.
        network: A Docker network that the program joins, `none` for none at all; only containers
            can.
        host: The name under which the others on that network know it (C5.23).
    """

    arguments: tuple[str, ...]
    base: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    entrypoint: tuple[str, ...] = ()
    network: str | None = None
    host: str | None = None

    @property
    def is_server(self) -> bool:
        """Whether it listens for requests."""
        return self.port is not None


class Running(abc.ABC):
    """A program that was started; as a context manager it never outlives its block.

    Args:
        output: What it writes to stdout and stderr, as the platform's log would get it (C1.62).
        show: Called with every line from another thread; None shows nothing.
        url: Where a server listens.
    """

    def __init__(self, output: Iterable[bytes], show: Show | None, url: str | None) -> None:
        self.url = url
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._reader = threading.Thread(target=self._read, args=(output, show), daemon=True)
        self._reader.start()

    @property
    def tail(self) -> str:
        """The last lines of the log."""
        return "\n".join(self._tail)

    @abc.abstractmethod
    def poll(self) -> int | None:
        """The exit code, as a shell counts; None while it runs."""

    @abc.abstractmethod
    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """Send SIGTERM, and SIGKILL after so many seconds, as the platform does (C1.15, C5.5)."""

    @abc.abstractmethod
    def _wait(self) -> int:
        """Wait for the end and give the exit code."""

    @abc.abstractmethod
    def _kill(self) -> None:
        """End it and its children at once."""

    @abc.abstractmethod
    def _clear(self) -> None:
        """Remove what is left of a program that has ended."""

    def wait(self) -> int:
        """Wait until it ends and all of its log was shown; gives the exit code."""
        code = self._wait()
        self._reader.join()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.poll() is None:
                self.stop()
        finally:
            if self.poll() is None:  # whoever waited is tired of it
                self._kill()
            self._reader.join()
            self._clear()

    def _read(self, output: Iterable[bytes], show: Show | None) -> None:
        """Read to the end whatever happens, since a full pipe would halt the program."""
        for line in lines(output):
            self._tail.append(line)
            if show is None:
                continue
            try:
                show(line)
            except OSError:  # whoever read our output has left
                show = None


class Runner(Protocol):
    """A place where programs run."""

    @property
    def place(self) -> str:
        """Where that is, for people."""

    @property
    def has_networks(self) -> bool:
        """Whether programs can join a network of their own."""

    def start(self, program: Program, show: Show | None = None) -> Running:
        """Start a program; its log goes to `show`, line by line.

        Raises:
            ContainerError: It cannot be started.
        """


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Put a stream of bytes together into lines; a last one without line break counts."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from map(_text, whole)
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")
