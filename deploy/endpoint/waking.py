"""Wakes an asynchronous endpoint that has no instance: one request that waits starts one.

Target tracking alone would let requests wait until they are more than its target. So an alarm on
HasBacklogWithoutCapacity calls a step of its own.
"""

from collections.abc import Mapping
from typing import Any, Final

from deploy import naming
from deploy.aws import Aws
from deploy.endpoint import alarms, scaling
from deploy.endpoint.likeness import covers

POLICY: Final = "blerssi-wake"
_PAUSE_SECONDS: Final = 300
_IN_A_PLAN: Final = f"(the ARN of the policy {POLICY})"


def policy_request(endpoint: str) -> dict[str, Any]:
    """The PutScalingPolicy: one instance more."""
    return {
        **scaling.variant(endpoint),
        "PolicyName": POLICY,
        "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
            "Cooldown": _PAUSE_SECONDS,
            "MetricAggregationType": "Average",
        },
    }


def alarm_request(endpoint: str, policy: str) -> dict[str, Any]:
    """The PutMetricAlarm without tags.

    Args:
        endpoint: Its name.
        policy: The ARN of the policy that it calls.
    """
    return {
        "AlarmName": alarm_name(endpoint),
        "AlarmDescription": f"Requests wait at {endpoint}, which has no instance",
        "ActionsEnabled": True,
        "AlarmActions": [policy],
        "Namespace": alarms.NAMESPACE,
        "MetricName": "HasBacklogWithoutCapacity",
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }


def alarm_name(endpoint: str) -> str:
    """Name the alarm."""
    return f"{alarms.PREFIX}{endpoint}/wake"


def ensure(aws: Aws, endpoint: str, tags: Mapping[str, str]) -> bool:
    """Make policy and alarm what they should be; tells whether something had to be changed.

    Raises:
        DeployError: AWS does not let them be made.
    """
    wanted = policy_request(endpoint)
    there = scaling.policy(aws, endpoint, POLICY)
    changed = not covers(there, wanted)
    if changed:
        there = aws.write(scaling.SERVICE, "PutScalingPolicy", **wanted)
    alarm = alarm_request(endpoint, (there or {}).get("PolicyARN", _IN_A_PLAN))
    if not covers(alarms.existing(aws, endpoint).get(alarm["AlarmName"]), alarm):
        aws.write("cloudwatch", "PutMetricAlarm", **alarm, Tags=naming.as_list(tags))
        changed = True
    return changed


def remove(aws: Aws, endpoint: str) -> bool:
    """Delete policy and alarm; tells whether there was something to delete.

    Raises:
        DeployError: AWS does not let them be deleted.
    """
    alarm, policy = alarm_name(endpoint), scaling.policy(aws, endpoint, POLICY)
    rings = alarm in alarms.existing(aws, endpoint)
    if rings:
        alarms.remove(aws, [alarm])
    if policy:
        scaling.remove_policy(aws, endpoint, POLICY)
    return bool(rings or policy)
