"""An answer that is made while it is sent (C1.50 to C1.53)."""

import contextlib
import errno
import logging
from collections.abc import Callable, Iterator

_log = logging.getLogger("blerssi.serve")


class Stream:
    """The pieces of one answer on their way to the client.

    A failure on the way becomes a broken pipe: the connection ends without the mark of a complete
    answer, as the status cannot be changed any more (C1.51). The server calls `close` in any case,
    also where the client has left; then the handler's generator ends and the slot is free (C1.53).

    Args:
        pieces: Closed at the end where it is a generator.
        held: What the request holds until it is answered.
        failed: Called where a piece cannot be made.
    """

    def __init__(
        self, pieces: Iterator[bytes], held: contextlib.ExitStack, failed: Callable[[], None]
    ) -> None:
        self._pieces = pieces
        self._held = held
        self._failed = failed

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            raise
        except Exception as error:
            _log.error("A streamed answer broke off: %s", error)
            self._failed()
            raise BrokenPipeError(errno.EPIPE, "the answer cannot be completed") from None

    def close(self) -> None:
        """End the generator and give back what the request held; more than once does no harm."""
        with self._held:
            close = getattr(self._pieces, "close", None)
            if close is not None:
                close()
