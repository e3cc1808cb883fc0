"""What happens to an endpoint in the background: created, updated, resized, deleted, resumed.

    Creating ──▶ InService ──▶ Updating ──▶ InService           the new configuration
        │            ▲             │
        ▼            └─ RollingBack ┘                           the old one, and a FailureReason
      Failed

An update is blue/green: the new fleets are started beside the old ones, get their part of the
requests step by step while alarms are watched, and then all of them; the old ones answer what they
have begun and are stopped. Whatever fails on the way leads back to the old ones, which were there
all the time.
"""

import contextlib
import logging
import time
from collections.abc import Mapping
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import alarms, colour, hosting, policy, tags
from local_test.aws.sagemaker.colour import Colour
from local_test.aws.sagemaker.hosting import Live
from local_test.aws.sagemaker.instances import UnhealthyError
from local_test.aws.sagemaker.model_data import ModelDataError
from local_test.aws.sagemaker.resources import ENDPOINT, now
from local_test.aws.store import Document

REASON_LIMIT = 1024  # characters of a FailureReason
_PAUSE = 0.25  # seconds between two looks at the alarms


class _RollBackError(Exception):
    """Why an update is given up."""


class _CancelledError(Exception):
    """The endpoint is being deleted, or the laptop stops: somebody else takes over."""


_EXPLAINED = (ModelDataError, UnhealthyError, _RollBackError)
_LOG = logging.getLogger(__name__)


def create(cloud: Cloud, name: str) -> None:
    """Bring a new endpoint into service, or let it fail with the reason."""
    live = hosting.of(cloud).open(name)
    with live.changed():
        document = ENDPOINT.table(cloud).get(name)
        if document is None or live.cancelled.is_set():
            return
        stops = (live.cancelled, cloud.tasks.stopping)
        try:
            found = colour.bring_up(cloud, name, document["Variants"], *stops)
        except Exception as error:
            if not _is_over(cloud, live):
                _change(cloud, name, EndpointStatus="Failed", FailureReason=_reason(error))
            return
        live.serve(found)
        _change(cloud, name, EndpointStatus="InService", FailureReason=None)


def update(cloud: Cloud, name: str) -> None:
    """Move an endpoint to its pending configuration, or back (C1.14)."""
    live = hosting.of(cloud).open(name)
    with live.changed():
        document = ENDPOINT.table(cloud).get(name)
        if document is None or "Pending" not in document or live.cancelled.is_set():
            return
        try:
            _deploy(cloud, live, document["Pending"])
        except _CancelledError:
            return
        except Exception as error:
            if not _is_over(cloud, live):
                _change(
                    cloud,
                    name,
                    EndpointStatus="InService",
                    FailureReason=_reason(error),
                    Pending=None,
                )


def resize(cloud: Cloud, name: str) -> None:
    """Give an endpoint the weights and instances that its document wants, or go back."""
    live = hosting.of(cloud).open(name)
    with live.changed():
        document = ENDPOINT.table(cloud).get(name)
        if document is None or live.colour is None or live.cancelled.is_set():
            return
        before = dict(live.colour.weights), dict(live.colour.wanted)
        _want(live.colour, document["Variants"])
        try:
            live.colour.scale(live.cancelled, cloud.tasks.stopping)
        except Exception as error:
            if _is_over(cloud, live):
                return
            _change(cloud, name, EndpointStatus="RollingBack")
            live.colour.weights, live.colour.wanted = before
            with contextlib.suppress(UnhealthyError):  # what has died meanwhile is renewed later
                live.colour.scale(live.cancelled, cloud.tasks.stopping)
            _change(cloud, name, FailureReason=_reason(error), Variants=_wanted(document, *before))
        else:
            _change(cloud, name, FailureReason=None)
        _change(cloud, name, EndpointStatus="InService")


def delete(cloud: Cloud, name: str) -> None:
    """Stop an endpoint and forget it; requests that it has begun are answered."""
    live = hosting.of(cloud).open(name)
    live.cancelled.set()
    with live.changed():
        live.close()
        hosting.of(cloud).forget(name)
        ENDPOINT.table(cloud).delete(name)
        tags.forget(cloud, ENDPOINT.arn(cloud, name))


def resume(cloud: Cloud, name: str) -> None:
    """Bring back an endpoint that ran when the laptop was stopped, and what it was in."""
    document = ENDPOINT.find(cloud, name)
    if document["EndpointStatus"] == "Failed":
        return
    if document["EndpointStatus"] == "Deleting":
        delete(cloud, name)
        return
    if document["EndpointStatus"] != "Creating":
        _change(cloud, name, EndpointStatus="SystemUpdating")
    create(cloud, name)
    if document.get("Pending") and hosting.of(cloud).open(name).colour:
        _change(cloud, name, EndpointStatus="Updating")
        update(cloud, name)


def _deploy(cloud: Cloud, live: Live, pending: Mapping[str, Any]) -> None:
    """Start the new fleets, move the traffic and stop the old fleets.

    Raises:
        ModelDataError, UnhealthyError, _RollBackError: The old fleets have all of the traffic.
        _CancelledError: The endpoint goes away.
    """
    stops = (live.cancelled, cloud.tasks.stopping)
    _progress(cloud, live, "Creating")
    green = colour.bring_up(cloud, live.name, pending["Variants"], *stops)
    blue = live.colour
    try:
        if blue is not None:
            _shift(cloud, live, blue, green, pending)
    except BaseException as error:
        if isinstance(error, _RollBackError):
            _change(cloud, live.name, EndpointStatus="RollingBack")
        if blue is not None:
            live.serve(blue)
        green.close()
        raise
    live.serve(green)
    members = ("EndpointConfigName", "Variants", "DataCaptureConfig", "AsyncInferenceConfig")
    _change(
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
        _progress(cloud, live, "ActivatingTraffic")
        live.traffic.route([(blue, 1 - step.part), (green, step.part)])
        _progress(cloud, live, "Baking")
        _watch(cloud, live, plan, step.bake_seconds, deadline)
    _progress(cloud, live, "Deleting")
    _watch(cloud, live, plan, plan.linger_seconds, deadline)


def _watch(cloud: Cloud, live: Live, plan: policy.Policy, seconds: float, deadline: float) -> None:
    """Let the new fleet bake while its alarms are watched.

    Raises:
        _RollBackError: An alarm goes off, or the update takes too long.
        _CancelledError: The endpoint goes away.
    """
    until = time.monotonic() + seconds
    while True:
        if live.cancelled.is_set() or cloud.tasks.stopping.is_set():
            raise _CancelledError
        if ringing := alarms.ringing(cloud, plan.alarms):
            raise _RollBackError(
                f"The update was rolled back because of CloudWatch alarms: {', '.join(ringing)}."
            )
        left = until - time.monotonic()
        if left <= 0:
            return
        if time.monotonic() > deadline:
            raise _RollBackError(
                f"The update was rolled back: it took more than {plan.maximum_seconds:g} s."
            )
        live.cancelled.wait(min(left, _PAUSE))


def _want(found: Colour, planned: list[dict[str, Any]]) -> None:
    found.weights = {each["VariantName"]: each["DesiredWeight"] for each in planned}
    found.wanted = {each["VariantName"]: each["DesiredInstanceCount"] for each in planned}
    for each in planned:
        if serverless := each.get("ServerlessConfig"):
            found.fleets[each["VariantName"]].most = serverless["MaxConcurrency"]


def _wanted(
    document: Document, weights: Mapping[str, float], wanted: Mapping[str, int]
) -> list[dict[str, Any]]:
    """A document's variants with other weights and counts."""
    return [
        {
            **each,
            "DesiredWeight": weights[each["VariantName"]],
            "DesiredInstanceCount": wanted[each["VariantName"]],
        }
        for each in document["Variants"]
    ]


def _progress(cloud: Cloud, live: Live, status: str) -> None:
    """Note how far the pending deployment is, as DescribeEndpoint shows it."""

    def change(document: Document) -> None:
        if pending := document.get("Pending"):
            pending["VariantStatus"] = [{"Status": status, "StartTime": now()}]

    ENDPOINT.table(cloud).change(live.name, change)


def _change(cloud: Cloud, name: str, **members: Any) -> None:
    """Change members of an endpoint's document; None removes one.

    A status is not written over `Deleting`: that is the one way out of an endpoint's life.
    """

    def change(document: Document) -> None:
        if document["EndpointStatus"] == "Deleting":
            return
        document.update(members, LastModifiedTime=now())
        for member in [key for key, value in document.items() if value is None]:
            del document[member]

    ENDPOINT.table(cloud).change(name, change)


def _is_over(cloud: Cloud, live: Live) -> bool:
    return live.cancelled.is_set() or cloud.tasks.stopping.is_set()


def _reason(error: Exception) -> str:
    """Say why; whatever it is, an endpoint must not be left in the middle of something."""
    text = str(error)
    if not isinstance(error, _EXPLAINED):
        _LOG.error("A deployment failed.", exc_info=error)
        text = f"Internal failure of the laptop's SageMaker, see its log: {text}"
    return text if len(text) <= REASON_LIMIT else f"{text[: REASON_LIMIT - 1]}…"
