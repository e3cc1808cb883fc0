"""Memory that the workers share: which of them have a model that answers.

A worker that was just replaced must not turn /ping red while its siblings serve (C1.25, C1.26).
The master numbers the workers, makes this before it forks, and clears the place of a dead one.
"""

import mmap
from collections.abc import Collection

SLOTS = 1024  # more than the most workers that can be set


class Board:
    """One byte a worker, in anonymous memory that forks share and that ends with them."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, SLOTS)

    def set(self, slot: int, *, ready: bool) -> None:
        """Say whether the worker of a slot answers."""
        self._memory[slot] = int(ready)

    def any_ready(self) -> bool:
        """Whether some worker answers."""
        return any(self._memory[:])


def free_slot(taken: Collection[int]) -> int:
    """The lowest number that no living worker has."""
    return next(slot for slot in range(SLOTS) if slot not in taken)
