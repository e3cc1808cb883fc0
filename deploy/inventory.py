"""What was made here and is still there, by its tags, in the order in which it may go.

    scaling ──▶ endpoint ──▶ alarms, dashboard, queries ──▶ configurations ──▶ models
                                            ──▶ logs, S3, ECR if asked for

What bears other tags is left alone.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from deploy import naming
from deploy.endpoint import alarms, config, model, scaling, state
from deploy.endpoint.wanted import TAG_ENDPOINT
from deploy.errors import MissingError
from deploy.observability import made
from deploy.options import Common

_OURS: Final = re.compile(r".+-[0-9a-f]{10}")  # names that `naming.named` gives


@dataclass(frozen=True)
class Thing:
    """Something that can be removed.

    Attributes:
        kind: "endpoint", "model", …
        name: Its name.
        remove: Removes it; a second time is no fault.
    """

    kind: str
    name: str
    remove: Callable[[], object]


@dataclass(frozen=True)
class Left:
    """Something that stays, and why."""

    kind: str
    name: str
    why: str


@dataclass
class Inventory:
    """What was found.

    Attributes:
        endpoints: Names of endpoints of the scope, whether they are still there or not.
        configurations: Names.
        models: Names.
        things: All that may go, in order.
        left: What was looked at and stays.
    """

    endpoints: list[str] = field(default_factory=list)
    configurations: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def add(self, kind: str, name: str, remove: Callable[[], object]) -> None:
        """Note something that may go after all that was noted before."""
        self.things.append(Thing(kind, name, remove))


def find(common: Common, endpoint: str | None) -> Inventory:
    """Look for what belongs to an endpoint of ours, or to all of the project.

    Args:
        common: AWS, and the project in its tags.
        endpoint: Its name, or None.

    Raises:
        DeployError: AWS does not say.
    """
    aws, found = common.aws, Inventory()
    scope = _Scope(common, endpoint)
    there = list(scope.endpoints(found))
    # What belongs to an endpoint that is gone may have stayed behind.
    found.endpoints = there or ([endpoint] if endpoint and not found.left else [])
    for name in found.endpoints:
        if scaling.registered(aws, name) is not None:
            found.add("scaling of", name, partial(scaling.remove, aws, name))
    for name in there:
        found.add("endpoint", name, partial(state.remove, common, name))
    for name in scope.alarms():
        found.add("alarm", name, partial(alarms.remove, aws, [name]))
    for name in found.endpoints:
        for each in made.existing(aws, name):
            found.add(*each)
    found.configurations = list(scope.named("ListEndpointConfigs", "EndpointConfig"))
    for name in found.configurations:
        found.add("configuration", name, partial(config.remove, aws, name))
    found.models = list(scope.named("ListModels", "Model"))
    for name in found.models:
        found.add("model", name, partial(model.remove, aws, name))
    return found


def tags_of(common: Common, arn: str) -> dict[str, str]:
    """Read the tags of something in SageMaker; what is gone has none.

    Raises:
        DeployError: AWS does not say.
    """
    try:
        found = list(common.aws.pages("sagemaker", "ListTags", "Tags", ResourceArn=arn))
    except MissingError:
        return {}
    return naming.as_mapping(found)


class _Scope:
    """What is looked for.

    Args:
        common: AWS, and the project in its tags.
        endpoint: Its name; None for all.
    """

    def __init__(self, common: Common, endpoint: str | None) -> None:
        self._common, self._aws, self._endpoint = common, common.aws, endpoint
        self._project = common.tags[naming.TAG_PROJECT]

    def endpoints(self, found: Inventory) -> Iterator[str]:
        """Name the endpoints that are there and ours."""
        for each in self._listed("ListEndpoints", "Endpoint"):
            name = each["EndpointName"]
            if self._endpoint not in {None, name}:
                continue
            if naming.ours(tags_of(self._common, each["EndpointArn"]), self._project):
                yield name
            elif self._endpoint:
                found.left.append(Left("endpoint", name, "it was not made here"))

    def named(self, operation: str, kind: str) -> Iterator[str]:
        """Name configurations or models; tags are asked for where a name looks like ours."""
        for each in self._listed(operation, kind):
            name = each[f"{kind}Name"]
            if _OURS.fullmatch(name) and self._holds(tags_of(self._common, each[f"{kind}Arn"])):
                yield name

    def alarms(self) -> Iterator[str]:
        """Name alarms."""
        for name, each in alarms.existing(self._aws, self._endpoint).items():
            arn = each["AlarmArn"]
            found = self._aws.read("cloudwatch", "ListTagsForResource", ResourceARN=arn)["Tags"]
            if self._holds(naming.as_mapping(found)):
                yield name

    def _holds(self, tags: Mapping[str, str]) -> bool:
        """Whether something with these tags is ours, and of the endpoint."""
        return naming.ours(tags, self._project) and (
            self._endpoint is None or tags.get(TAG_ENDPOINT) == self._endpoint
        )

    def _listed(self, operation: str, kind: str) -> Iterator[dict[str, Any]]:
        return self._aws.pages("sagemaker", operation, f"{kind}s")
