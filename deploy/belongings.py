"""What endpoints use and leave behind outside of SageMaker: logs, objects in S3, a repository.

An artefact or a repository stays where a model uses it that stays, and where its tags say that it
was not put there by us.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from deploy import bucket, naming
from deploy.endpoint import config, failure, model
from deploy.endpoint.wanted import TAG_ENDPOINT
from deploy.errors import MissingError
from deploy.inventory import Inventory, Left, tags_of
from deploy.options import Common


@dataclass
class Uses:
    """What models point to.

    Attributes:
        artifacts: Of models that go.
        artifacts_kept: Of models that stay.
        repositories_kept: Of models that stay.
    """

    artifacts: dict[str, None] = field(default_factory=dict)
    artifacts_kept: set[str] = field(default_factory=set)
    repositories_kept: set[str] = field(default_factory=set)

    def note(self, container: Mapping[str, Any], *, goes: bool) -> None:
        """Note a container of a model."""
        artifact = container.get("ModelDataUrl")
        if goes and artifact:
            self.artifacts[artifact] = None
        elif artifact:
            self.artifacts_kept.add(artifact)
        if not goes and (name := model.repository(container.get("Image", ""))):
            self.repositories_kept.add(name)


def uses(common: Common, found: Inventory) -> Uses:
    """Read what all models of the account and region point to.

    Raises:
        DeployError: AWS does not say.
    """
    noted = Uses()
    for each in common.aws.pages("sagemaker", "ListModels", "Models"):
        name = each["ModelName"]
        there = common.aws.read("sagemaker", "DescribeModel", ModelName=name)
        for container in (there.get("PrimaryContainer"), *there.get("Containers", ())):
            if container:
                noted.note(container, goes=name in found.models)
    return noted


def add_logs(common: Common, found: Inventory) -> None:
    """Add the log groups of endpoints.

    Raises:
        DeployError: AWS does not say.
    """
    for name in found.endpoints:
        group = failure.LOG_GROUP.format(name)
        groups = common.aws.pages(
            "logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=group
        )
        if any(each["logGroupName"] == group for each in groups):
            forget = partial(_forget, common, "logs", "DeleteLogGroup", logGroupName=group)
            found.add("log group", group, forget)


def add_artifacts(common: Common, found: Inventory, noted: Uses) -> None:
    """Add the archives of models that go, and what their endpoints have written to S3.

    Raises:
        DeployError: AWS does not say.
    """
    aws, project = common.aws, common.tags[naming.TAG_PROJECT]
    for uri in noted.artifacts:
        tags = bucket.tags(aws, uri)
        if tags is None:
            continue
        if uri in noted.artifacts_kept:
            found.left.append(Left("artefact", uri, "another model uses it"))
        elif naming.ours(tags, project):
            found.add("artefact", uri, partial(bucket.remove, aws, uri))
        else:
            found.left.append(Left("artefact", uri, "it was not uploaded here"))
    for place in _places(common, found):  # also where nothing is yet: endpoints write until they go
        what = f"{bucket.counted(bucket.count(aws, place))} below"
        found.add(what, place, partial(bucket.remove_below, aws, place))


def add_repository(common: Common, found: Inventory, noted: Uses, name: str) -> None:
    """Add a repository in ECR with all its images.

    Raises:
        DeployError: AWS does not say.
    """
    aws, project = common.aws, common.tags[naming.TAG_PROJECT]
    try:
        there = aws.read("ecr", "DescribeRepositories", repositoryNames=[name])["repositories"][0]
    except MissingError:
        return
    arn = there["repositoryArn"]
    tags = naming.as_mapping(aws.read("ecr", "ListTagsForResource", resourceArn=arn)["tags"])
    if name in noted.repositories_kept:
        found.left.append(Left("repository", name, "another model uses it"))
    elif not naming.ours(tags, project):
        found.left.append(Left("repository", name, "it was not made here"))
    else:
        forget = partial(
            _forget, common, "ecr", "DeleteRepository", repositoryName=name, force=True
        )
        found.add("repository", name, forget)


def _places(common: Common, found: Inventory) -> list[str]:
    """Where endpoints with the configurations that go have written to."""
    places: dict[str, None] = {}
    for name in found.configurations:
        there = common.aws.read("sagemaker", "DescribeEndpointConfig", EndpointConfigName=name)
        tags = tags_of(common, there["EndpointConfigArn"])
        places |= dict.fromkeys(config.places(there, tags[TAG_ENDPOINT]))
    return list(places)


def _forget(common: Common, service: str, operation: str, **parameters: Any) -> None:
    """Delete something; what is gone is no fault."""
    try:
        common.aws.write(service, operation, **parameters)
    except MissingError:
        return
