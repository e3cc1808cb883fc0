"""Whether the log takes a line now: where nobody reads it, whoever writes a line waits."""

import select
from typing import TextIO


class Outlet:
    """A stream that lines are written to.

    Args:
        stream: Usually stderr. One that is no file of the system takes every line at once.
    """

    def __init__(self, stream: TextIO) -> None:
        self._poll = select.poll()
        try:
            self._poll.register(stream.fileno(), select.POLLOUT)
        except (OSError, ValueError):  # io.UnsupportedOperation is both
            self._known = False
        else:
            self._known = True

    def flows(self) -> bool:
        """Whether a line of a few hundred characters is taken without waiting."""
        return not self._known or bool(self._poll.poll(0))
