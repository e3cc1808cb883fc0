"""What the parts of one run share: what is wanted, what was made, how long is waited."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deploy.aws import Aws
from deploy.endpoint import state
from deploy.endpoint.made import Made
from deploy.endpoint.state import Described
from deploy.endpoint.wanted import Wanted
from deploy.options import Common


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Task:
    """One run.

    Attributes:
        common: AWS, screen and tags.
        wanted: The endpoint.
        made: What goes again when it fails.
        seconds: How long one change of the endpoint may take.
        every: Seconds between two questions how it stands.
        since: When it began; older log lines are another version's.
        changes: What was made or changed, for people.
    """

    common: Common
    wanted: Wanted
    made: Made
    seconds: float
    every: float
    since: datetime.datetime = field(default_factory=_now)
    changes: list[str] = field(default_factory=list)

    @property
    def aws(self) -> Aws:
        """All calls."""
        return self.common.aws

    @property
    def name(self) -> str:
        """The endpoint's."""
        return self.wanted.name

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags of everything that is made."""
        return self.wanted.tags(self.common.tags)

    def settled(self) -> Described | None:
        """Wait for the endpoint to stand still; gives how it stands, None where it is gone.

        Raises:
            OverdueError: It does not.
        """
        return state.settle(self.common, self.name, self.seconds, self.every)

    def has_made(self, name: str, undo: Callable[[], object]) -> None:
        """Note and say that something was made."""
        self.made.add(name, undo)
        self.changes.append(name)
        if not self.aws.plan:
            self.common.screen.say(f"Made {name}.")
