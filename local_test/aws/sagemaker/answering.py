"""One invocation: an instance is chosen, asked and counted, whoever called and however."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.sagemaker import forwarding, hosting, model_errors
from local_test.aws.sagemaker.fleet import BusyError, NoInstanceError
from local_test.aws.sagemaker.forwarding import Answer, Call, NoAnswerError
from local_test.aws.sagemaker.invocation_headers import invalid
from local_test.aws.sagemaker.metrics import Sample
from local_test.aws.sagemaker.model_errors import ModelError
from local_test.aws.sagemaker.resources import ENDPOINT
from local_test.aws.sagemaker.traffic import Lease, Traffic, UnknownVariantError
from local_test.aws.store import Document

INVOCATION_SECONDS = 60.0  # C1.31
STREAM_SECONDS = 480.0  # C1.31
LARGEST_BODY = 25 << 20  # bytes, both ways (C1.32)
LARGEST_ASYNCHRONOUS_BODY = 1 << 30  # C4.8
LARGEST_SERVERLESS_BODY = 4 << 20  # C4.1
_ANSWERING = ("InService", "Updating", "RollingBack", "SystemUpdating")


class InvocationError(Exception):
    """The container gave no good answer.

    Attributes:
        error: For the caller.
        variant: That was asked.
    """

    def __init__(self, error: ModelError, variant: str) -> None:
        super().__init__(error.message)
        self.error = error
        self.variant = variant


@dataclass(frozen=True)
class Invocation:
    """An answer that begins well; its body is read inside of the block that gives it.

    Attributes:
        variant: That answers.
        answer: The container's.
        limit: Bytes that its body may have.
    """

    variant: str
    answer: Answer
    limit: int

    def body(self, cloud: Cloud, endpoint: str) -> bytes:
        """Read all of it.

        Raises:
            NoAnswerError: It breaks off.
            InvocationError: It is too large.
        """
        found = self.answer.body(self.limit)
        if len(found) > self.limit:
            error = model_errors.too_large(cloud, endpoint, self.limit)
            raise InvocationError(error, self.variant)
        return found


def endpoint(cloud: Cloud, name: str) -> Document:
    """Give the endpoint that a request names.

    Raises:
        AwsError: There is none, or it does not answer.
    """
    document = ENDPOINT.table(cloud).get(name)
    if document is None or document["EndpointStatus"] not in _ANSWERING:
        raise invalid(f"Endpoint {name} of account {cloud.account} not found.")
    return document


def largest_body(document: Mapping[str, Any]) -> int:
    """How many bytes a request to an endpoint, or its answer, may have."""
    if document.get("AsyncInferenceConfig"):
        return LARGEST_ASYNCHRONOUS_BODY
    serverless = any(each.get("ServerlessConfig") for each in document["Variants"])
    return LARGEST_SERVERLESS_BODY if serverless else LARGEST_BODY


@contextlib.contextmanager
def asked(
    cloud: Cloud, document: Mapping[str, Any], call: Call, variant: str | None
) -> Iterator[Invocation]:
    """Ask one of an endpoint's instances; what happened is counted when the block ends.

    Only a connection that is refused leads on to another instance: whatever was sent may have had
    an effect.

    Args:
        cloud: Where.
        document: Of the endpoint.
        call: What the container is asked.
        variant: The one that is wanted; None for any.

    Raises:
        AwsError: Nobody can be asked.
        InvocationError: The container refuses, fails, or does not answer to the end.
    """
    name, limit, started = document["EndpointName"], largest_body(document), time.monotonic()
    while True:
        with _leased(cloud, name, variant) as lease, _counted(cloud, name, lease, started) as count:
            try:
                with forwarding.asked(lease.instance.url, call) as answer:
                    count.status = answer.status
                    if not 200 <= answer.status < 300:
                        error = model_errors.refused(cloud, name, answer.status, answer.body(limit))
                        raise InvocationError(error, lease.variant)
                    yield Invocation(lease.variant, answer, limit)
                    return
            except NoAnswerError as error:
                if error.cause != "refused":
                    count.status = 0
                    silent = model_errors.silent(cloud, name, error.cause)
                    raise InvocationError(silent, lease.variant) from error
                lease.fleet.discard(lease.instance)


@dataclass
class _Count:
    """What a request will count as; None where it is asked again elsewhere."""

    status: int | None = None


@contextlib.contextmanager
def _counted(cloud: Cloud, name: str, lease: Lease, started: float) -> Iterator[_Count]:
    """Measure a request that an instance was chosen for."""
    count, sent = _Count(), time.monotonic()
    try:
        yield count
    finally:
        if count.status is not None:
            took = time.monotonic() - sent
            sample = Sample(count.status, took, sent - started, lease.fleet.size)
            hosting.of(cloud).meter.add(name, lease.variant, sample)


@contextlib.contextmanager
def _leased(cloud: Cloud, name: str, variant: str | None) -> Iterator[Lease]:
    live = hosting.of(cloud).find(name)
    try:
        traffic = live.traffic if live else Traffic()
        with traffic.lease(variant) as lease:
            yield lease
    except UnknownVariantError as error:
        raise invalid(
            f"Variant {error} of endpoint {name} of account {cloud.account} not found."
        ) from error
    except BusyError as error:
        raise AwsError("ThrottlingException", f"Rate exceeded. {error}", 429) from error
    except NoInstanceError as error:
        raise AwsError("ServiceUnavailable", f"The service is unavailable. {error}", 503) from error
