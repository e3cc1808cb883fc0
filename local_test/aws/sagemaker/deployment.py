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
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.sagemaker import colour, data_capture, hosting, progress, rollout, tags
from local_test.aws.sagemaker.colour import Colour
from local_test.aws.sagemaker.hosting import Live
from local_test.aws.sagemaker.instances import UnhealthyError
from local_test.aws.sagemaker.model_data import ModelDataError
from local_test.aws.sagemaker.resources import ENDPOINT
from local_test.aws.sagemaker.rollout import CancelledError, RollBackError
from local_test.aws.store import Document

REASON_LIMIT = 1024  # characters of a FailureReason
_EXPLAINED = (ModelDataError, UnhealthyError, RollBackError)
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
                progress.change(cloud, name, EndpointStatus="Failed", FailureReason=_reason(error))
            return
        live.serve(found)
        progress.change(cloud, name, EndpointStatus="InService", FailureReason=None)


def update(cloud: Cloud, name: str) -> None:
    """Move an endpoint to its pending configuration, or back (C1.14)."""
    live = hosting.of(cloud).open(name)
    with live.changed():
        document = ENDPOINT.table(cloud).get(name)
        if document is None or "Pending" not in document or live.cancelled.is_set():
            return
        try:
            rollout.deploy(cloud, live, document["Pending"])
        except CancelledError:
            return
        except Exception as error:
            if not _is_over(cloud, live):
                progress.change(
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
            progress.change(cloud, name, EndpointStatus="RollingBack")
            live.colour.weights, live.colour.wanted = before
            with contextlib.suppress(UnhealthyError):  # what has died meanwhile is renewed later
                live.colour.scale(live.cancelled, cloud.tasks.stopping)
            progress.change(
                cloud, name, FailureReason=_reason(error), Variants=_wanted(document, *before)
            )
        else:
            progress.change(cloud, name, FailureReason=None)
        progress.change(cloud, name, EndpointStatus="InService")


def delete(cloud: Cloud, name: str) -> None:
    """Stop an endpoint and forget it; requests that it has begun are answered."""
    live = hosting.of(cloud).open(name)
    live.cancelled.set()
    with live.changed():
        try:
            live.close()
            with contextlib.suppress(ClientError, BotoCoreError, AwsError):  # it is tried again
                data_capture.write(cloud, hosting.of(cloud).captured)  # nothing comes after its end
        finally:  # whatever Docker says: a name must not be taken for ever
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
        progress.change(cloud, name, EndpointStatus="SystemUpdating")
    create(cloud, name)
    if document.get("Pending") and hosting.of(cloud).open(name).colour:
        progress.change(cloud, name, EndpointStatus="Updating")
        update(cloud, name)


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


def _is_over(cloud: Cloud, live: Live) -> bool:
    return live.cancelled.is_set() or cloud.tasks.stopping.is_set()


def _reason(error: Exception) -> str:
    """Say why; whatever it is, an endpoint must not be left in the middle of something."""
    text = str(error)
    if not isinstance(error, _EXPLAINED):
        _LOG.error("A deployment failed.", exc_info=error)
        text = f"Internal failure of the laptop's SageMaker, see its log: {text}"
    return text if len(text) <= REASON_LIMIT else f"{text[: REASON_LIMIT - 1]}…"
