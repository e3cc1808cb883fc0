"""Application Auto Scaling of variants: what moto only keeps is made so here.

A scalable target holds a variant's instance count within its bounds. A target-tracking policy
moves it: so many instances that the metric of each comes down, or up, to the target. Cooldowns are
kept; step and scheduled scaling are not done.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.sagemaker import endpoints, metrics, statistics
from local_test.aws.sagemaker.resources import ENDPOINT

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
DEFAULT_COOLDOWN = 300  # seconds
PER_INSTANCE = "SageMakerVariantInvocationsPerInstance"
_TARGET = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_WINDOW = timedelta(seconds=60)  # over which a metric is looked at


@dataclass(frozen=True)
class Bounds:
    """A scalable target's limits.

    Attributes:
        least: Instances.
        most: Instances.
    """

    least: int
    most: int

    def hold(self, count: int) -> int:
        """Move a count within the limits."""
        return max(self.least, min(count, self.most))


def adjust(cloud: Cloud) -> None:
    """Give every variant that is a scalable target the instance count that it should have.

    Raises:
        ClientError, BotoCoreError: The services that know do not answer.
    """
    if cloud.tasks.stopping.is_set() or not len(ENDPOINT.table(cloud)):
        return
    client = cloud.client("application-autoscaling")
    found = client.describe_scalable_targets(ServiceNamespace=NAMESPACE)
    for target in found["ScalableTargets"]:
        if names := _TARGET.fullmatch(target["ResourceId"]):
            bounds = Bounds(target["MinCapacity"], target["MaxCapacity"])
            _adjust(cloud, names[1], names[2], bounds, list(_policies(client, target)))


def tracked(current: int, value: float, target: float) -> int:
    """How many instances bring a metric of each to its target.

    Args:
        current: Instances now.
        value: Of the metric, an instance.
        target: That it should have.
    """
    return math.ceil(max(current, 1) * value / target - 1e-9)


def _adjust(
    cloud: Cloud, name: str, variant: str, bounds: Bounds, policies: list[Mapping[str, Any]]
) -> None:
    document = ENDPOINT.table(cloud).get(name)
    if document is None or document["EndpointStatus"] != "InService":
        return
    rows = {each["VariantName"]: each for each in document["Variants"]}
    if variant not in rows:
        return
    current = rows[variant]["DesiredInstanceCount"]
    state = _State(current, datetime.now(UTC) - document["LastModifiedTime"])
    wanted = [
        _wanted(statistic, policy, state)
        for policy in policies
        if (statistic := _measured(cloud, name, variant, policy)) is not None
    ]
    count = bounds.hold(max(wanted, default=current))
    if count == current:
        return
    try:
        endpoints.resize(cloud, name, [{"VariantName": variant, "DesiredInstanceCount": count}])
    except AwsError:
        return  # somebody was faster; next time


@dataclass(frozen=True)
class _State:
    """A variant as it is.

    Attributes:
        count: Of instances.
        unchanged: How long it has been that way.
    """

    count: int
    unchanged: timedelta


def _wanted(value: float, policy: Mapping[str, Any], state: _State) -> int:
    """How many instances a target-tracking policy wants now."""
    count = tracked(state.count, value, policy["TargetValue"])
    if count < state.count and policy.get("DisableScaleIn"):
        return state.count
    cooldown = "ScaleOutCooldown" if count > state.count else "ScaleInCooldown"
    is_ready = state.unchanged >= timedelta(seconds=policy.get(cooldown, DEFAULT_COOLDOWN))
    return count if is_ready else state.count


def _measured(cloud: Cloud, name: str, variant: str, policy: Mapping[str, Any]) -> float | None:
    """A policy's metric; None where nothing is known, and nothing is to be changed."""
    end = datetime.now(UTC)
    return statistics.value(cloud, _query(name, variant, policy), end - _WINDOW, end)


def _query(name: str, variant: str, policy: Mapping[str, Any]) -> statistics.Query:
    custom = policy.get("CustomizedMetricSpecification")
    if custom:
        dimensions, statistic = custom.get("Dimensions", ()), custom["Statistic"]
        namespace, metric = custom["Namespace"], custom["MetricName"]
    else:
        dimensions, statistic = metrics.dimensions(name, variant), "Sum"
        namespace, metric = metrics.NAMESPACE, "InvocationsPerInstance"
    pairs = frozenset((each["Name"], each["Value"]) for each in dimensions)
    return statistics.Query(namespace, metric, pairs, statistic)


def _policies(client: Any, target: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The target-tracking configurations of a scalable target."""
    found = client.describe_scaling_policies(
        ServiceNamespace=NAMESPACE,
        ResourceId=target["ResourceId"],
        ScalableDimension=DIMENSION,
    )
    for policy in found["ScalingPolicies"]:
        config = policy.get("TargetTrackingScalingPolicyConfiguration")
        if config and (
            config.get("CustomizedMetricSpecification")
            or config.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
            == PER_INSTANCE
        ):
            yield config
