"""What a laptop's AWS holds, counted by kind: how `destroy` is held to its word."""

from collections.abc import Callable
from typing import Any, Final

from local_test.aws import owner
from local_test.aws.laptop import Laptop

_List = Callable[[Any], int]


def _pages(operation: str, key: str) -> _List:
    def count(client: Any) -> int:
        return sum(len(page[key]) for page in client.get_paginator(operation).paginate())

    return count


def _targets(client: Any) -> int:
    found = client.describe_scalable_targets(ServiceNamespace="sagemaker")
    return len(found["ScalableTargets"])


_KINDS: Final[tuple[tuple[str, str, _List], ...]] = (
    ("endpoints", "sagemaker", _pages("list_endpoints", "Endpoints")),
    ("endpoint configurations", "sagemaker", _pages("list_endpoint_configs", "EndpointConfigs")),
    ("models", "sagemaker", _pages("list_models", "Models")),
    ("alarms", "cloudwatch", _pages("describe_alarms", "MetricAlarms")),
    ("scaling targets", "application-autoscaling", _targets),
    ("repositories", "ecr", _pages("describe_repositories", "repositories")),
    ("buckets", "s3", lambda client: len(client.list_buckets()["Buckets"])),
    ("roles", "iam", _pages("list_roles", "Roles")),
    ("users", "iam", lambda client: len(_users(client))),
    ("log groups", "logs", _pages("describe_log_groups", "logGroups")),
)


def count(aws: Laptop) -> dict[str, int]:
    """Count everything that somebody may have made.

    Jobs are left out, as nobody can delete them in AWS either, and so is the laptop's owner.
    """
    return {kind: of(aws.client(service)) for kind, service, of in _KINDS}


def _users(client: Any) -> list[str]:
    found = client.list_users()["Users"]
    return [each["UserName"] for each in found if each["UserName"] != owner.NAME]
