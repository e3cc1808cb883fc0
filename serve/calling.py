"""Calling a user's code: whatever it raises becomes an answer or a refusal to load, never a crash.

An exception with a `status_code` from 400 to 599 is the handler's own way to refuse a request, as
in AWS's toolkit; any other one is its failure (500).
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final, ParamSpec, TypeVar

from model.errors import ModelError
from serve.errors import HandlerRefusalError, Kind, ServeError

P = ParamSpec("P")
R = TypeVar("R")

_END: Final = object()

_log = logging.getLogger("blerssi.serve")


class HandlerError(ModelError):
    """A user's program that cannot be used."""

    code = "handler_error"


def call(name: str, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Call one of a handler's functions for a request.

    Raises:
        ServeError: It refused the request, or failed; then the log has the traceback.
    """
    try:
        return function(*arguments, **named)
    except (Exception, SystemExit) as error:  # SystemExit would end the whole worker
        raise failure(name, error) from error


def prepare(name: str, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """Call one of a handler's functions while the model is loaded.

    Raises:
        HandlerError: It failed; the log has the traceback.
        ModelError: It failed on a model of ours.
    """
    try:
        return function(*arguments, **named)
    except ModelError:
        raise
    except (Exception, SystemExit) as error:
        _log.exception("%s failed.", name)
        raise HandlerError(f"{name} failed with {described(error)}") from error


def failure(name: str, error: BaseException) -> ServeError:
    """The answer to what a handler raised."""
    if isinstance(error, ServeError | ModelError | MemoryError):
        return ServeError.of(error)
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and 400 <= status < 600:
        message = getattr(error, "message", None) or getattr(error, "detail", None) or error
        return HandlerRefusalError(str(message) or f"{name} refused the request.", status)
    _log.error("%s failed.", name, exc_info=error)
    return ServeError(
        Kind.HANDLER_FAILURE,
        f"{name} failed with {described(error)}",
        hint="The container's log has the traceback under this request id.",
    )


def described(error: BaseException) -> str:
    """An exception of the user's code in a sentence."""
    return f"{type(error).__name__}: {error}".rstrip(":. ") + "."


def as_bytes(body: object) -> bytes:
    """A body, or a piece of one, as a handler gives it (C6.11).

    Raises:
        ValueError: It is something else than text, bytes or nothing.
    """
    match body:
        case None:
            return b""
        case str():
            return body.encode()
        case bytes():
            return body
        case bytearray() | memoryview():
            return bytes(body)
        case _:
            raise ValueError(
                f"the answer is of the type {type(body).__name__}; "
                "str, bytes, or an iterator of them was expected"
            )


class Pieces:
    """What a handler's iterator gives, piece by piece; each one is made under the handler's lock.

    The first is made at once: until it is there, a failure still has a status of its own (C1.51).

    Args:
        name: The function that the iterator came from.
        made: The user's iterator.
        lock: Held while the user's code runs.

    Raises:
        ServeError: The first piece cannot be made.
    """

    def __init__(self, name: str, made: Iterator[Any], lock: threading.RLock) -> None:
        self._name = name
        self._made = made
        self._lock = lock
        self._first = self._make()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """Give the next piece that is not empty.

        Raises:
            ServeError: It cannot be made.
        """
        piece, self._first = self._first or self._make(), b""
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        """End the user's generator (C1.53)."""
        close = getattr(self._made, "close", None)
        if close is not None:
            with self._lock, contextlib.suppress(ServeError):
                call(self._name, close)

    def _make(self) -> bytes:
        """The next piece; nothing at the end."""
        with self._lock:
            while (piece := call(self._name, next, self._made, _END)) is not _END:
                if data := call(self._name, as_bytes, piece):
                    return data
        return b""
