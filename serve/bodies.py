"""Reading a request's body within bounds: of its size, and of the memory that waiting ones hold.

The first part is read before a request waits for its turn, so that small bodies never keep a slot
waiting for the network; the rest of a large one is read when its turn has come, so that the queue
cannot fill the memory (C1.32 to C1.34).
"""

from typing import Protocol

from serve.errors import Kind, ServeError

FIRST_PART = 1 << 20  # bytes
_STEP = 1 << 20


class Readable(Protocol):
    """What bodies come from: a WSGI input or any binary file."""

    def read(self, size: int, /) -> bytes:
        """Give up to so many bytes, none at the end."""
        ...


class Body:
    """One body on its way.

    Args:
        stream: Ends where the body ends, chunked or not (C1.34).
        length: As the head of the request says; None where it does not.
        largest: Bytes that are taken.

    Raises:
        ServeError: It is said to be larger (413).
    """

    def __init__(self, stream: Readable, length: int | None, largest: int) -> None:
        self._stream = stream
        self._length = length
        self._largest = largest
        self._parts: list[bytes] = []
        self._size = 0
        self._ended = False
        if length is not None and length > largest:
            raise self._too_large(f"{length:,}")

    def read_first(self) -> None:
        """Read what may be held while waiting.

        Raises:
            ServeError: It cannot be read, or is too large.
        """
        self._read_until(FIRST_PART)

    def read_all(self) -> bytes:
        """Read the rest and give the whole.

        Raises:
            ServeError: It cannot be read, or is too large.
        """
        self._read_until(self._largest + 1)
        if self._length is not None and self._size < self._length:
            raise ServeError(
                Kind.BAD_REQUEST,
                f"The body ends after {self._size:,} of {self._length:,} bytes.",
            )
        whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts = [whole]  # or a body would be held twice while it is answered
        return whole

    def _read_until(self, size: int) -> None:
        while not self._ended and self._size < size:
            try:
                part = self._stream.read(min(_STEP, self._largest + 1 - self._size))
            except BlockingIOError:
                raise ServeError(
                    Kind.TIMEOUT, f"The body stalled after {self._size:,} bytes."
                ) from None
            except Exception as error:  # a server's own errors for a body that is no sound HTTP
                raise ServeError(
                    Kind.BAD_REQUEST,
                    f"The body cannot be read after {self._size:,} bytes: {type(error).__name__}.",
                ) from error
            self._ended = not part
            self._parts.append(part)
            self._size += len(part)
            if self._size > self._largest:
                raise self._too_large(f"more than {self._largest:,}")

    def _too_large(self, size: str) -> ServeError:
        return ServeError(
            Kind.TOO_LARGE,
            f"The body has {size} bytes; at most {self._largest:,} are taken.",
            hint="Send fewer records at once, or raise SAGEMAKER_MAX_PAYLOAD_IN_MB.",
        )
