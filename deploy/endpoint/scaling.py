"""How many instances, by load: target tracking of Application Auto Scaling.

A real-time endpoint follows the requests that an instance gets in a minute; an asynchronous one
follows the requests that wait for an instance, and may have none while nothing waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.aws import Aws
from deploy.endpoint.config import VARIANT
from deploy.endpoint.likeness import covers
from deploy.errors import MissingError

SERVICE: Final = "application-autoscaling"
DIMENSION: Final = "sagemaker:variant:DesiredInstanceCount"
_POLICY: Final = "blerssi-target"


@dataclass(frozen=True)
class Scaling:
    """The bounds, and what is aimed at.

    Attributes:
        least: Instances that always run; 0 only where requests come through S3.
        most: Instances at most.
        target: Requests an instance and minute; for asynchronous endpoints requests that wait.
        out_seconds: Pause after instances were added.
        in_seconds: Pause after instances were taken away.
    """

    least: int
    most: int
    target: float = 600.0
    out_seconds: int = 60
    in_seconds: int = 300

    def problems(self, instances: int | None, *, asynchronous: bool) -> list[str]:
        """What is wrong with it, in words; empty where nothing is.

        Args:
            instances: How many there are at first; None for a serverless endpoint.
            asynchronous: Whether requests come through S3.
        """
        if instances is None:
            return ["--scale is not for serverless endpoints, which scale by themselves"]
        found = []
        lowest = 0 if asynchronous else 1
        if not lowest <= self.least <= self.most or self.most < 1:
            found.append(f"--scale {self.least}:{self.most} is not LEAST:MOST, from {lowest}")
        elif not self.least <= instances <= self.most:
            found.append(f"--instances {instances} is not within --scale {self.least}:{self.most}")
        if self.target <= 0:
            found.append(f"--target {self.target:g} is not above 0")
        if min(self.out_seconds, self.in_seconds) < 0:
            found.append("a cool-down is below 0 seconds")
        return found

    def target_request(self, endpoint: str) -> dict[str, Any]:
        """The RegisterScalableTarget."""
        return {**variant(endpoint), "MinCapacity": self.least, "MaxCapacity": self.most}

    def policy_request(self, endpoint: str, *, asynchronous: bool) -> dict[str, Any]:
        """The PutScalingPolicy."""
        return {
            **variant(endpoint),
            "PolicyName": _POLICY,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": float(self.target),
                **(_backlog(endpoint) if asynchronous else _INVOCATIONS),
                "ScaleOutCooldown": self.out_seconds,
                "ScaleInCooldown": self.in_seconds,
            },
        }


_KEYS: Final = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_TARGET: Final = (*_KEYS, "MinCapacity", "MaxCapacity")
_POLICY_PARTS: Final = (
    *_KEYS,
    "PolicyName",
    "PolicyType",
    "TargetTrackingScalingPolicyConfiguration",
    "StepScalingPolicyConfiguration",
)
_INVOCATIONS: Final = {
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    }
}


def _backlog(endpoint: str) -> dict[str, Any]:
    return {
        "CustomizedMetricSpecification": {
            "MetricName": "ApproximateBacklogSizePerInstance",
            "Namespace": "AWS/SageMaker",
            "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
            "Statistic": "Average",
        }
    }


def variant(endpoint: str) -> dict[str, str]:
    """What a scalable target is told apart by."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{VARIANT}",
        "ScalableDimension": DIMENSION,
    }


def registered(aws: Aws, endpoint: str) -> Mapping[str, Any] | None:
    """Give the scalable target of an endpoint, None where it is not scaled.

    Raises:
        DeployError: AWS does not say.
    """
    where = variant(endpoint)
    ids = [where.pop("ResourceId")]
    found = aws.read(SERVICE, "DescribeScalableTargets", ResourceIds=ids, **where)[
        "ScalableTargets"
    ]
    return found[0] if found else None


def ensure(aws: Aws, endpoint: str, scaling: Scaling, *, asynchronous: bool) -> bool:
    """Make the scaling what it should be; tells whether something had to be changed.

    Raises:
        DeployError: AWS does not let it be made.
    """
    target = scaling.target_request(endpoint)
    tracking = scaling.policy_request(endpoint, asynchronous=asynchronous)
    changed = False
    if not covers(registered(aws, endpoint), target):
        aws.write(SERVICE, "RegisterScalableTarget", **target)
        changed = True
    if not covers(policy(aws, endpoint, _POLICY), tracking):
        aws.write(SERVICE, "PutScalingPolicy", **tracking)
        changed = True
    return changed


def remove(aws: Aws, endpoint: str) -> list[tuple[str, dict[str, Any]]]:
    """Take the scaling away, policies first; what is gone is no fault.

    Returns:
        The calls that `restore` makes to have it back.

    Raises:
        DeployError: AWS does not let it be deleted.
    """
    target = registered(aws, endpoint)
    if target is None:
        return []
    policies = _policies(aws, endpoint)
    for each in policies:
        remove_policy(aws, endpoint, each["PolicyName"])
    _delete(aws, "DeregisterScalableTarget", **variant(endpoint))
    calls: list[tuple[str, dict[str, Any]]] = [("RegisterScalableTarget", _only(target, _TARGET))]
    calls += [("PutScalingPolicy", _only(each, _POLICY_PARTS)) for each in policies]
    return calls


def restore(aws: Aws, calls: list[tuple[str, dict[str, Any]]]) -> None:
    """Bring back what `remove` took away.

    Raises:
        DeployError: AWS does not let it be made.
    """
    for operation, parameters in calls:
        aws.write(SERVICE, operation, **parameters)


def policy(aws: Aws, endpoint: str, name: str) -> Mapping[str, Any] | None:
    """Give a policy of an endpoint, None where it has none of that name.

    Raises:
        DeployError: AWS does not say.
    """
    found = (each for each in _policies(aws, endpoint) if each["PolicyName"] == name)
    return next(found, None)


def remove_policy(aws: Aws, endpoint: str, name: str) -> None:
    """Delete a policy; one that is gone is no fault.

    Raises:
        DeployError: AWS does not let it be deleted.
    """
    _delete(aws, "DeleteScalingPolicy", PolicyName=name, **variant(endpoint))


def _delete(aws: Aws, operation: str, **parameters: str) -> None:
    try:
        aws.write(SERVICE, operation, **parameters)
    except MissingError:
        return


def _only(found: Mapping[str, Any], parts: tuple[str, ...]) -> dict[str, Any]:
    return {part: found[part] for part in parts if part in found}


def _policies(aws: Aws, endpoint: str) -> list[dict[str, Any]]:
    where = variant(endpoint)
    found: list[dict[str, Any]] = aws.read(SERVICE, "DescribeScalingPolicies", **where)[
        "ScalingPolicies"
    ]
    return found
