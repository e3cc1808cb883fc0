"""The hosts of one job watch over each other, so that none waits forever for one that is gone.

Every host holds one TCP connection to the first one, and both ends say a word every few seconds:

    {"word": "hello", "host": "algo-2"}                        at first, from all but the first host
    {"word": "alive"}                                          every five seconds, both ways
    {"word": "done"}                                           all is well and this host leaves
    {"word": "failed", "host": "algo-3", "cause": "was lost"}  that host failed; all others follow

A connection that ends without `done`, or stays silent for twenty seconds, is a lost host (C5.54).
"""

import contextlib
import json
import logging
import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from container import contract
from container.environment import Hosts
from container.errors import PlatformError

PORT: Final = contract.PARAMETER_SERVER_PORT + 1
PATIENCE: Final = 900.0  # seconds for all hosts to appear: their names may be known late (C5.25)
BEAT: Final = 5.0  # seconds between two words
SILENCE: Final = 20.0  # seconds without a word, after which a host counts as lost
REMINDER: Final = 30.0  # seconds between log lines while hosts are missing

_LONGEST: Final = 1 << 16  # bytes of a word
_RETRY: Final = 0.2  # seconds between attempts
_PARTING: Final = 2.0  # seconds for the last word to arrive

_log = logging.getLogger("blerssi.train")


class LostHostError(PlatformError):
    """Another host of the job is gone or failed.

    Attributes:
        host: Its name.
        cause: What happened to it, the rest of a sentence that begins with the host.
    """

    code = "lost_host"

    def __init__(self, host: str, cause: str) -> None:
        super().__init__(f"Host {host} {cause}", hint="A job needs all of its hosts to the end.")
        self.host = host
        self.cause = cause


class _Link:
    """A connection to another host.

    Attributes:
        socket: Its socket.
        heard: When the last word came in.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(BEAT)
        self.socket = connection
        self.heard = time.monotonic()
        self._buffer = b""

    def tell(self, word: Mapping[str, str]) -> None:
        """Send a word; that the other end is gone shows when it is listened to."""
        with contextlib.suppress(OSError):
            self.socket.sendall(json.dumps(word).encode() + b"\n")

    def words(self) -> list[dict[str, str]]:
        """Give the words that have come in.

        Raises:
            OSError: The connection is broken.
            EOFError: It has ended.
            ValueError: It does not speak as a host does.
        """
        received = self.socket.recv(_LONGEST)
        if not received:
            raise EOFError
        self.heard = time.monotonic()
        *lines, self._buffer = (self._buffer + received).split(b"\n")
        if len(self._buffer) > _LONGEST:
            raise ValueError(self._buffer[:40])
        words = [json.loads(line) for line in lines]
        if not all(isinstance(word, dict) for word in words):
            raise ValueError(words)
        return words

    def close(self) -> None:
        """End the connection so that what was said last arrives: unread bytes would reset it."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(_PARTING)
            while self.socket.recv(_LONGEST):
                pass
        self.socket.close()


class Peers:
    """The connections of one host to the others; leave the context to say how it ended.

    Args:
        hosts: All hosts of the job, and which of them this one is.
        patience: Seconds for all of them to appear.

    Attributes:
        address: This host's address, as the others see it.
        root: The address of the first host.
    """

    def __init__(self, hosts: Hosts, patience: float = PATIENCE) -> None:
        self._hosts = hosts
        self._patience = patience
        self._links: dict[str, _Link] = {}
        self._met: set[str] = set()  # also those that have left since
        self._listener: socket.socket | None = None
        self._said = 0.0
        self.address = self.root = ""

    @property
    def have_left(self) -> bool:
        """Whether every host that this one is connected to is done; the first one is so last."""
        return not self._links

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        if error is None:
            self._tell({"word": "done"})
        elif isinstance(error, LostHostError):
            self.tell_failure(error.host, error.cause)
        else:
            self.tell_failure(self._hosts.current, f"failed: {error or type(error).__name__}")
        for link in self._links.values():
            link.close()
        if self._listener is not None:
            self._listener.close()

    def meet(self, stop: Callable[[], bool]) -> None:
        """Wait until all hosts of the job are connected.

        Args:
            stop: Whether the platform wants the job to end.

        Raises:
            PlatformError: Some did not appear in time, or the job was stopped before they did.
            LostHostError: One appeared and is gone again.
        """
        attempt = self._invite if self._hosts.is_first else self._join
        started = reminded = time.monotonic()
        while missing := attempt():
            now = time.monotonic()
            if stop() or now - started >= self._patience:
                when = "before the job was stopped" if stop() else f"within {self._patience:g} s"
                raise PlatformError(
                    f"{self._hosts.current} did not find {missing} {when}.",
                    hint="All hosts of resourceconfig.json have to run this program, and reach the "
                    f"first of them at ports {contract.PARAMETER_SERVER_PORT} and {PORT}.",
                )
            if now - reminded >= REMINDER:
                reminded = now
                _log.info("Waiting for %s since %.0f s", missing, now - started)
        _log.info("%s is %s; the first of %d hosts is %s", *self._names())

    def listen(self, seconds: float) -> None:
        """Hear what the others say for at most so long, and tell them that this host is alive.

        Raises:
            LostHostError: One of them is gone, or says that one failed.
        """
        with selectors.DefaultSelector() as selector:
            for host, link in self._links.items():
                selector.register(link.socket, selectors.EVENT_READ, host)
            if self._listener is not None:
                selector.register(self._listener, selectors.EVENT_READ)
            for key, _ in selector.select(seconds):
                if key.fileobj is self._listener:
                    self._welcome(*self._listener.accept())
                else:
                    self._hear(key.data)
        now = time.monotonic()
        if now - self._said >= BEAT:
            self._said = now
            self._tell({"word": "alive"})
        for host, link in self._links.items():
            if now - link.heard > SILENCE:
                raise LostHostError(host, f"was lost: not a word came from it for {SILENCE:g} s.")

    def tell_failure(self, host: str, cause: str) -> None:
        """Tell all others that a host failed."""
        self._tell({"word": "failed", "host": host, "cause": cause})

    def _tell(self, word: Mapping[str, str]) -> None:
        for link in self._links.values():
            link.tell(word)

    def _names(self) -> tuple[Any, ...]:
        return self._hosts.current, self.address, len(self._hosts.all), self._hosts.all[0]

    def _invite(self) -> str:
        """The first host's part: be there, and give the names of those that are missing."""
        if self._listener is None:
            try:
                self.address = self.root = socket.gethostbyname(self._hosts.current)
                self._listener = socket.create_server((self.address, PORT))
            except OSError as error:
                time.sleep(_RETRY)
                return f"its own address ({error})"
        self.listen(_RETRY)
        return ", ".join(self._missing())

    def _missing(self) -> list[str]:
        return [host for host in self._hosts.all if host not in {self._hosts.current, *self._met}]

    def _welcome(self, connection: socket.socket, address: tuple[str, int]) -> None:
        """Take a new connection, if it is one of the missing hosts."""
        link = _Link(connection)
        with contextlib.suppress(OSError, EOFError, ValueError):
            match link.words():
                case [{"word": "hello", "host": host}, *others] if host in self._missing():
                    self._links[host] = link
                    self._met.add(host)
                    self._heed(host, others)  # what it said at once arrives together
                    return
        _log.warning("%s is none of the missing hosts and is not let in", address[0])
        connection.close()

    def _join(self) -> str:
        """Any other host's part: reach the first one, or give its name."""
        first = self._hosts.all[0]
        try:
            link = _Link(socket.create_connection((first, PORT), timeout=BEAT))
        except OSError as error:
            time.sleep(_RETRY)
            return f"{first} ({error})"
        link.tell({"word": "hello", "host": self._hosts.current})
        self._links[first] = link
        self.address, self.root = link.socket.getsockname()[0], link.socket.getpeername()[0]
        return ""

    def _hear(self, host: str) -> None:
        link = self._links[host]
        try:
            words = link.words()
        except (OSError, EOFError, ValueError) as error:
            why = "its connection ended" if isinstance(error, EOFError) else str(error)
            raise LostHostError(host, f"was lost: {why}.") from error
        self._heed(host, words)

    def _heed(self, host: str, words: Sequence[Mapping[str, str]]) -> None:
        for word in words:
            match word:
                case {"word": "done"}:
                    self._links.pop(host).close()
                    return
                case {"word": "failed", "host": str(failed), "cause": str(cause)}:
                    raise LostHostError(failed, cause)
