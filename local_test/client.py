"""HTTP as the platform speaks it to a container: /ping and /invocations, standard library only."""

import contextlib
import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from container import contract
from container.errors import PlatformError, UserError
from local_test import again

INVOCATION_SECONDS = 70.0  # what the platform advises clients to wait at most (C1.31)
CONTENT_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/jsonlines",
    ".jsonlines": "application/jsonlines",
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
}


@dataclass(frozen=True)
class Answer:
    """What came back from /invocations.

    Attributes:
        status: Of HTTP.
        content_type: As the server wrote it.
        body: The bytes.
    """

    status: int
    content_type: str
    body: bytes


def content_type(path: Path) -> str:
    """Guess a payload's media type from its suffix.

    Raises:
        UserError: The suffix says nothing.
    """
    guessed = CONTENT_TYPES.get(path.suffix.lower())
    if guessed is None:
        known = ", ".join(CONTENT_TYPES)
        raise UserError(
            f"The media type of {path} cannot be told from its name; known are {known}.",
            hint="Say it with --content-type.",
        )
    return guessed


def is_healthy(url: str) -> bool:
    """Whether GET /ping is answered by 200 within 2 s (C1.22, C1.23)."""
    try:
        with _connected(url, contract.PING_SECONDS) as (connection, prefix):
            connection.request("GET", prefix + contract.PING)
            return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False


def invoke(
    url: str,
    body: bytes,
    content_type: str,
    *,
    accept: str | None = None,
    attributes: str | None = None,
) -> Answer:
    """POST a payload to /invocations (C1.30); an error status is an answer too.

    Args:
        url: Of the server, without a path.
        body: The payload.
        content_type: Its media type.
        accept: Media types wanted; None sends no header (C1.41).
        attributes: Custom attributes such as `top_k=5` (C1.40).

    Raises:
        PlatformError: Nobody answers.
    """
    headers = {"Content-Type": content_type}
    if accept is not None:
        headers["Accept"] = accept
    if attributes is not None:
        headers[contract.CUSTOM_ATTRIBUTES] = attributes
    try:
        with _connected(url, INVOCATION_SECONDS) as (connection, prefix):
            connection.request("POST", prefix + contract.INVOCATIONS, body, headers)
            response = connection.getresponse()
            media_type = response.headers.get("Content-Type", "")
            return Answer(response.status, media_type, response.read())
    except (OSError, http.client.HTTPException) as error:
        raise PlatformError(
            f"No server answers at {url}: {error or type(error).__name__}.",
            hint=f"Start one: {again.command('serve', '--model', 'MODEL')}",
        ) from error


@contextlib.contextmanager
def _connected(url: str, seconds: float) -> Iterator[tuple[http.client.HTTPConnection, str]]:
    """Open a connection; gives it and what stands before the path. No proxy is ever asked."""
    parts = urlsplit(url)
    connect = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if parts.scheme not in connect or not parts.hostname:
        raise UserError(f"{url!r} is not a URL such as http://127.0.0.1:{contract.PORT}.")
    connection = connect[parts.scheme](parts.netloc, timeout=seconds)
    try:
        yield connection, parts.path.rstrip("/")
    finally:
        connection.close()
