"""HTTP as the platform speaks it, with everything kept that a finding may quote."""

import http.client
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SECONDS = 70.0  # what the platform advises clients to wait at most (C1.31)
_SHOWN = 600  # bytes of a body that a finding quotes

Body = bytes | Iterable[bytes]


class NoAnswer(Exception):  # noqa: N818 - it says what happened
    """A request that got no answer; the suite takes it for a violation."""


class Headers(Mapping[str, str]):
    """Header fields, whatever the case of their names; repeated ones are joined by commas."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs = tuple(pairs)
        self._values: dict[str, str] = {}
        for name, value in self.pairs:
            known = self._values.get(name.lower())
            self._values[name.lower()] = value if known is None else f"{known}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True)
class Reply:
    """What a container answered.

    Attributes:
        status: Of HTTP.
        headers: As they came.
        body: All of it.
        request: Method, path and headers of the question, for the evidence.
        seconds: From connecting to the last byte.
    """

    status: int
    headers: Headers
    body: bytes
    request: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def media_type(self) -> str:
        """The Content-Type as it came; empty without one."""
        return self.headers.get("Content-Type", "")

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def __str__(self) -> str:
        head = [f"> {self.request}", f"< {self.status}"]
        head += [f"< {name}: {value}" for name, value in self.headers.pairs]
        cut = "" if len(self.body) <= _SHOWN else f" ... ({len(self.body)} bytes)"
        return "\n".join([*head, repr(self.body[:_SHOWN])[2:-1] + cut])


def ask(  # noqa: PLR0913 - they are the parts of a request
    url: str,
    method: str,
    path: str,
    body: Body = b"",
    headers: Mapping[str, str] | None = None,
    *,
    seconds: float = SECONDS,
) -> Reply:
    """Send one request on a connection of its own.

    Args:
        url: Of the server, without a path.
        method: GET, POST ...
        path: With its query.
        body: Bytes, or parts that are sent chunked (C1.34).
        headers: As they are to be sent; Host and the length are added where they are missing.
        seconds: How long any single step may take.

    Raises:
        NoAnswer: Nobody listens, the time is over, or what came is not HTTP.
    """
    fields = dict(headers or {})
    shown = "".join(f"; {name}: {value}" for name, value in fields.items())
    request = f"{method} {path}{shown}"
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=seconds)
    started = time.monotonic()
    try:
        _send(connection, method, path, body, fields)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        waited = time.monotonic() - started
        raise NoAnswer(
            f"{request}: no answer after {waited:.1f} s ({error or type(error).__name__})"
        ) from error
    finally:
        connection.close()
    found = Headers(answer.getheaders())
    return Reply(answer.status, found, content, request, time.monotonic() - started)


def _send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Body,
    headers: Mapping[str, str],
) -> None:
    """Send a request; a server may answer before it has read all of a body (C1.33)."""
    named = {name.lower() for name in headers}
    connection.putrequest(method, path, skip_host="host" in named, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    if not isinstance(body, bytes):
        connection.putheader("Transfer-Encoding", "chunked")
    elif "content-length" not in named and (body or method in {"POST", "PUT"}):
        connection.putheader("Content-Length", str(len(body)))
    try:
        connection.endheaders(body or None, encode_chunked=not isinstance(body, bytes))
    except (BrokenPipeError, ConnectionResetError):
        if connection.sock is None:
            raise
