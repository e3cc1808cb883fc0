"""Waiting for AWS: asks again and again, shows how it stands, and ends at a deadline."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from deploy.errors import OverdueError, UnreachableError
from deploy.screen import Screen

Found = TypeVar("Found")

_PATIENCE = 5  # questions in a row that may stay without an answer
_FIRST_SECONDS = 0.2
_GROWTH = 1.6


@dataclass(frozen=True)
class Wait:
    """How long something is waited for, and where that is shown.

    Attributes:
        what: The thing, for people: "endpoint blerssi".
        screen: Where progress is shown.
        seconds: The deadline.
        every: Seconds between two questions; the first ones come faster.
    """

    what: str
    screen: Screen
    seconds: float
    every: float = 5.0

    def until(
        self,
        ask: Callable[[], Found],
        done: Callable[[Found], bool],
        text: Callable[[Found], str],
    ) -> Found:
        """Ask until it is done, and give the last answer, good or bad: the caller judges.

        A question that stays without an answer is asked again; one that is refused is not. Ctrl-C
        ends the waiting, and says that AWS goes on.

        Args:
            ask: Gives how it stands.
            done: Whether that is the end.
            text: How it stands, for people: "Creating".

        Raises:
            OverdueError: The deadline has passed.
            DeployError: What the question raised.
        """
        start = time.monotonic()
        silent, pause, shown = 0, min(_FIRST_SECONDS, self.every), "not known"
        try:
            while True:
                try:
                    found = ask()
                except UnreachableError:
                    silent += 1
                    if silent > _PATIENCE:
                        raise
                else:
                    silent, shown = 0, text(found)
                    if done(found):
                        return found
                self._report(shown, time.monotonic() - start)
                time.sleep(pause)
                pause = min(pause * _GROWTH, self.every)
        except KeyboardInterrupt:
            self.screen.say(
                f"No longer waiting for {self.what}; it was {shown}, and AWS goes on with it."
            )
            raise
        finally:
            self.screen.clear()

    def _report(self, shown: str, passed: float) -> None:
        self.screen.progress(f"{self.what}: {shown} ({passed:.0f} s)")
        if passed > self.seconds:
            raise OverdueError(
                f"{self.what} is still {shown} after {self.seconds:.0f} s.",
                hint="It may go on in AWS; run the command again to wait further.",
            )
