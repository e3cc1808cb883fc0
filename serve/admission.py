"""Who may compute, who waits and who is sent away: bounded at the door, first come first served.

Computing takes a slot; a request without one waits, and one more than may wait is refused at once
(C4.10). Health checks and metrics never pass through here (C1.23, C1.58).
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator

from serve.errors import Kind, ServeError


class Admission:
    """The slots of one worker and the queue before them.

    Args:
        slots: Requests that compute at the same time.
        queue: Requests that may wait.
    """

    def __init__(self, slots: int, queue: int) -> None:
        self._slots = slots
        self._most = slots + queue
        self._lock = threading.Lock()
        self._inside = 0
        self._free = slots
        self._waiting: deque[threading.Lock] = deque()

    def enter(self) -> bool:
        """Take a place and a slot, as long as nobody computes; never waits.

        Returns:
            Whether both were taken; then `leave` gives them back.
        """
        with self._lock:
            if self._free < self._slots or self._inside >= self._most:
                return False
            self._free -= 1
            self._inside += 1
            return True

    def leave(self) -> None:
        """Give back what `enter` took."""
        with self._lock:
            self._inside -= 1
        self._give()

    @contextlib.contextmanager
    def admit(self) -> Iterator[None]:
        """Let a request in until it is answered.

        Raises:
            ServeError: Every slot is busy and the queue is full (503).
        """
        with self._lock:
            if self._inside >= self._most:
                raise ServeError(
                    Kind.OVERLOADED,
                    f"All {self._most} places of this worker are taken.",
                    hint="Try again after the seconds that Retry-After says, or add instances.",
                )
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1

    @contextlib.contextmanager
    def slot(self) -> Iterator[float]:
        """Wait for a slot and hold it; gives the seconds waited."""
        started = time.perf_counter()
        self._take()
        try:
            yield time.perf_counter() - started
        finally:
            self._give()

    def _take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()  # released by whoever hands its slot over

    def _give(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
