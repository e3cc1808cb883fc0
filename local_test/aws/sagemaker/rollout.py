"""A blue/green update: the green fleets beside the blue ones, the traffic step by step, alarms.

Whatever fails, the blue fleets have all of the traffic again, as they had it before.
"""

import time
from collections.abc import Mapping
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import alarms, colour, policy, progress
from local_test.aws.sagemaker.colour import Colour
from local_test.aws.sagemaker.hosting import Live

_PAUSE = 0.25  # seconds between two looks at the alarms


class RollBackError(Exception):
    """Why an update is given up."""


class CancelledError(Exception):
    """The endpoint is being deleted, or the laptop stops: somebody else takes over."""


def deploy(cloud: Cloud, live: Live, pending: Mapping[str, Any]) -> None:
    """Start the new fleets, move the traffic and stop the old fleets.

    Raises:
        ModelDataError, UnhealthyError, RollBackError: The old fleets have all of the traffic.
        CancelledError: The endpoint goes away.
    """
    stops = (live.cancelled, cloud.tasks.stopping)
    progress.deployment(cloud, live.name, "Creating")
    green = colour.bring_up(cloud, live.name, pending["Variants"], *stops)
    blue = live.colour
    try:
        if blue is not None:
            _shift(cloud, live, blue, green, pending)
    except BaseException as error:
        if isinstance(error, RollBackError):
            progress.change(cloud, live.name, EndpointStatus="RollingBack")
        if blue is not None:
            live.serve(blue)
        green.close()
        raise
    live.serve(green)
    members = ("EndpointConfigName", "Variants", "DataCaptureConfig", "AsyncInferenceConfig")
    progress.change(
        cloud,
        live.name,
        **{member: pending.get(member) for member in members},
        LastDeploymentConfig=pending.get("DeploymentConfig"),
        EndpointStatus="InService",
        FailureReason=None,
        Pending=None,
    )
    if blue is not None:
        blue.close()


def _shift(
    cloud: Cloud, live: Live, blue: Colour, green: Colour, pending: Mapping[str, Any]
) -> None:
    plan = policy.read(pending.get("DeploymentConfig"), sum(green.wanted.values()))
    deadline = time.monotonic() + plan.maximum_seconds
    for step in plan.steps:
        progress.deployment(cloud, live.name, "ActivatingTraffic")
        live.traffic.route([(blue, 1 - step.part), (green, step.part)])
        progress.deployment(cloud, live.name, "Baking")
        _watch(cloud, live, plan, step.bake_seconds, deadline)
    progress.deployment(cloud, live.name, "Deleting")
    _watch(cloud, live, plan, plan.linger_seconds, deadline)


def _watch(cloud: Cloud, live: Live, plan: policy.Policy, seconds: float, deadline: float) -> None:
    """Let the new fleet bake while its alarms are watched.

    Raises:
        RollBackError: An alarm goes off, or the update takes too long.
        CancelledError: The endpoint goes away.
    """
    until = time.monotonic() + seconds
    while True:
        if live.cancelled.is_set() or cloud.tasks.stopping.is_set():
            raise CancelledError
        if ringing := alarms.ringing(cloud, plan.alarms):
            raise RollBackError(
                f"The update was rolled back because of CloudWatch alarms: {', '.join(ringing)}."
            )
        left = until - time.monotonic()
        if left <= 0:
            return
        if time.monotonic() > deadline:
            raise RollBackError(
                f"The update was rolled back: it took more than {plan.maximum_seconds:g} s."
            )
        live.cancelled.wait(min(left, _PAUSE))
