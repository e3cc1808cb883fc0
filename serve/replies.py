"""What is answered, whatever carries it: Flask, or the worker's own loop (`serve.quick`)."""

import logging
import re
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from container import contract
from serve import media
from serve.core import Answer
from serve.errors import ServeError
from serve.streaming import Stream

RETRY_AFTER_SECONDS = 1
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,64}")  # C1.37
_NOTHING: Mapping[str, str] = MappingProxyType({})

_log = logging.getLogger("blerssi.serve")


class Reply(NamedTuple):
    """An answer of any kind.

    Attributes:
        status: Of HTTP.
        media_type: The Content-Type.
        body: All of it, or its pieces.
        headers: Those beside the type and the length.
    """

    status: int
    media_type: str
    body: bytes | Stream
    headers: Mapping[str, str] = _NOTHING


def identify(given: str | None) -> str:
    """Give a request its id: the platform's where it can be used, or a new one (C4.35)."""
    return given if given and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def healthy() -> Reply:
    """What /ping says of a model that answers."""
    return Reply(200, "text/plain", b"")


def of_answer(answer: Answer, body: bytes | Stream) -> Reply:
    """A good answer.

    Args:
        answer: What the model said.
        body: What is sent of it: its bytes, or its pieces on their way.
    """
    if not answer.headers and answer.echo is None:
        return Reply(answer.status, answer.media_type, body)
    headers = dict(answer.headers)
    if answer.echo is not None:
        headers[contract.CUSTOM_ATTRIBUTES] = answer.echo
    return Reply(answer.status, answer.media_type, body, headers)


def of_error(error: Exception, request_id: str) -> Reply:
    """Any failure in the one form that errors have (C1.45, C1.49); an unknown one is logged."""
    if not isinstance(error, ServeError):
        _log.error("The server failed on this request.", exc_info=error)
    known = ServeError.of(error)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if known.status == 503 else _NOTHING
    return Reply(known.status, media.JSON, known.body(request_id), headers)
