"""Batch transform: the same server under other rules (C2)."""

from container import contract
from local_test.conformance.http import Reply
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Payload
from local_test.conformance.registry import Violation, check
from local_test.conformance.subject import Container
from local_test.conformance.traffic import media_type

MAX_PAYLOAD_MB = 32  # more than servers take by themselves
PLATFORM = {
    "SAGEMAKER_BATCH": "true",
    "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(MAX_PAYLOAD_MB),
    "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD",
    "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "1",
}
_LOCAL = {"SAGEMAKER_BATCH": "True", "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "1"}  # C7.15


@check(
    "C2.1",
    "C2.16",
    group="batch",
    title="Started for batch transform, it answers as ever",
    expected="an empty 200 from /ping, 200 from /invocations",
)
def batch_is_the_same_server(lab: Lab) -> None:
    """There is no second mode of the program."""
    payload = lab.materials.payload
    with lab.fresh(variables=PLATFORM) as server:
        require(server.get(contract.PING), "/ping")
        require(ask(server, payload, payload.body), "a payload")


@check(
    "C2.2",
    "C7.15",
    group="batch",
    title="SAGEMAKER_BATCH=True, as local mode spells it, works as well",
    expected="the same answer as with `true`",
)
def local_spelling_is_understood(lab: Lab) -> None:
    """The SDK writes a Python bool."""
    payload = lab.materials.payload
    with lab.fresh(variables=_LOCAL) as server:
        local = ask(server, payload, payload.body)
    platform = ask(lab.server(**PLATFORM), payload, payload.body)
    if (local.status, media_type(local.media_type)) != (200, media_type(platform.media_type)):
        raise Violation(f"status {local.status} in {local.media_type}", local, platform)


@check(
    "C2.7",
    group="batch",
    title="A call can be repeated",
    expected="the same answer again",
)
def calls_can_be_repeated(lab: Lab) -> None:
    """A job repeats a call up to three times."""
    payload, server = lab.materials.payload, lab.server(**PLATFORM)
    first, second = (ask(server, payload, payload.body) for _ in range(2))
    require(second, "a payload sent again")
    if first.body != second.body:
        raise Violation("another answer to the same request", first, second)


def ask(server: Container, payload: Payload, body: bytes) -> Reply:
    """Send a body of a payload's type.

    Raises:
        NoAnswer: None came.
    """
    return server.post(contract.INVOCATIONS, body, payload.headers)


def require(reply: Reply, what: str) -> None:
    """Raise Violation where something was not answered by 200."""
    if reply.status != 200:
        raise Violation(f"status {reply.status} for {what}", reply)
