"""What one run has made, so that a failure leaves nothing behind."""

from collections.abc import Callable
from typing import NamedTuple

from deploy.errors import CredentialsError, DeployError, OverdueError, UnreachableError
from deploy.screen import Screen

_LEAVE = (
    CredentialsError,
    UnreachableError,
    OverdueError,
)  # nothing can be removed, or AWS is still at it


class _Thing(NamedTuple):
    name: str
    remove: Callable[[], object]


class Made:
    """Things that were made, in order.

    Args:
        screen: Where it is told what goes.
        keep: Leave all of it, whatever happens.
    """

    def __init__(self, screen: Screen, *, keep: bool) -> None:
        self._screen = screen
        self._keep = keep
        self._things: list[_Thing] = []

    @property
    def names(self) -> list[str]:
        """What was made: "model blerssi-0123456789"."""
        return [each.name for each in self._things]

    def add(self, name: str, remove: Callable[[], object]) -> None:
        """Remember a thing and how it goes."""
        self._things.append(_Thing(name, remove))

    def forget(self) -> None:
        """Leave all of it from now on: something uses it."""
        self._keep = True

    def undo(self, error: DeployError) -> None:
        """Remove all of it, newest first, and say in the error's hint what has become of it."""
        if not self._things:
            return
        if self._keep or isinstance(error, _LEAVE):
            _add(error, f"Left as they are: {', '.join(self.names)}.")
            return
        gone, left = [], []
        for thing in reversed(self._things):
            self._screen.say(f"Removing {thing.name} again.")
            try:
                thing.remove()
                gone.append(thing.name)
            except DeployError as second:
                left.append(f"{thing.name} ({second.message})")
        if gone:
            _add(error, f"Removed again: {', '.join(gone)}.")
        if left:
            _add(error, f"Could not be removed: {', '.join(left)}; try python -m deploy destroy.")


def _add(error: DeployError, text: str) -> None:
    error.hint = f"{error.hint}\n{text}".lstrip()
