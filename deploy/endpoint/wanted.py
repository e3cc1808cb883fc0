"""An endpoint as it is wanted: the one description that everything is derived from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from container.errors import UserError
from deploy import naming
from deploy.endpoint.alarms import Limits
from deploy.endpoint.config import Configuration, Serverless
from deploy.endpoint.model import Found, Model
from deploy.endpoint.rollout import Rollout
from deploy.endpoint.scaling import Scaling

TAG_ENDPOINT: Final = "endpoint"  # on everything that is made for one
DEFAULT_NAME: Final = naming.PROJECT
_ONE_ZONE: Final = (
    "One instance stands in one zone: no zone redundancy. Two or more (--instances 2) are spread "
    "over zones."
)
_NO_GUARD: Final = "Without alarms nothing takes a bad version back."
_LONGEST_STEM: Final = 52  # what a name leaves beside the digits of its content


@dataclass(frozen=True)
class Wanted:
    """An endpoint and what belongs to it.

    Attributes:
        name: The endpoint's; it stays the same over all versions.
        model: What runs.
        configuration: Where it runs.
        limits: What the alarms watch; None for no alarms.
        scaling: How many instances, by load; None for a fixed number.
        rollout: How traffic moves to a new version.
        model_stem: What models' names begin with; the endpoint's name by default.
        config_stem: What configurations' names begin with.
    """

    name: str
    model: Model
    configuration: Configuration
    limits: Limits | None = field(default_factory=Limits)
    scaling: Scaling | None = None
    rollout: Rollout = field(default_factory=Rollout)
    model_stem: str = ""
    config_stem: str = ""

    @property
    def asynchronous(self) -> bool:
        """Whether requests come through S3."""
        return self.configuration.asynchronous is not None

    def check(self) -> None:
        """See that it can be had.

        Raises:
            UserError: It cannot; the message names all that is wrong.
        """
        instances = self.configuration.instances
        found = [*self.model.problems(), *self.configuration.problems()]
        found += self.limits.problems() if self.limits else []
        if self.scaling:
            found += self.scaling.problems(instances, asynchronous=self.asynchronous)
        found += self.rollout.problems(instances)
        if self.serverless and self.model.isolated:  # C4.5
            found.append("a serverless endpoint cannot be without network")
        if found:
            raise UserError(f"No such endpoint can be made: {'; '.join(found)}.")
        naming.check(self.name, "--name")
        naming.check(self._stem(self.model_stem), "--model-name", longest=_LONGEST_STEM)
        naming.check(self._stem(self.config_stem), "--config-name", longest=_LONGEST_STEM)

    @property
    def serverless(self) -> bool:
        """Whether it has no instances of its own."""
        return isinstance(self.configuration.hosting, Serverless)

    def notes(self) -> list[str]:
        """What somebody should know of it beforehand."""
        found = []
        if self.configuration.instances == 1 and not (self.scaling and self.scaling.least > 1):
            found.append(_ONE_ZONE)
        if self.rollout.rollback and not (self.limits or self.serverless):
            found.append(_NO_GUARD)
        return found

    def tags(self, common: Mapping[str, str]) -> dict[str, str]:
        """The tags of everything that is made for it."""
        return {**common, TAG_ENDPOINT: self.name}

    def model_name(self, found: Found) -> str:
        """The model's name, which follows from its content."""
        return found.name(self._stem(self.model_stem))

    def config_name(self, content: Mapping[str, object]) -> str:
        """The configuration's name, which follows from its content."""
        return naming.named(self._stem(self.config_stem), content)

    def _stem(self, given: str) -> str:
        return given or self.name[:_LONGEST_STEM].rstrip("-")
