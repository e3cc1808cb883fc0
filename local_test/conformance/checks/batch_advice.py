"""What a server advises for a batch job by /execution-parameters (C2.3 - C2.6)."""

import json
from collections.abc import Mapping
from typing import Any

from container import contract
from local_test.conformance.checks.batch import MAX_PAYLOAD_MB, PLATFORM, ask, require
from local_test.conformance.http import Reply
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.subject import Container
from local_test.conformance.traffic import padded, together

_PRODUCT = 100  # C2.5
_KEYS: Mapping[str, type] = {
    "MaxConcurrentTransforms": int,
    "BatchStrategy": str,
    "MaxPayloadInMB": int,
}
_STRATEGIES = {"SINGLE_RECORD", "MULTI_RECORD"}


@check(
    "C2.3",
    group="batch",
    title="GET /execution-parameters gives its three values, or a clean 404",
    expected="404, or 200 with JSON of the right names and types",
)
def execution_parameters_have_their_form(lab: Lab) -> None:
    """Asked before the first call."""
    reply = lab.server(**PLATFORM).get(contract.EXECUTION_PARAMETERS)
    if reply.status == 404:
        return
    require(reply, "/execution-parameters")
    for name, value in _parameters(reply).items():
        if name in _KEYS and (type(value) is not _KEYS[name]):
            raise Violation(f"{name} is {value!r}", reply)
    if missing := _KEYS.keys() - _parameters(reply).keys():
        raise Violation(f"{', '.join(sorted(missing))} missing", reply)
    if _parameters(reply)["BatchStrategy"] not in _STRATEGIES:
        raise Violation(f"BatchStrategy {_parameters(reply)['BatchStrategy']!r}", reply)


@check(
    "C2.5",
    group="batch",
    title="What is advised keeps to the platform's limits",
    expected="MaxConcurrentTransforms x MaxPayloadInMB at most 100",
)
def advice_keeps_to_the_limits(lab: Lab) -> None:
    """Advice beyond them makes the job fail."""
    reply = _advice(lab.server(**PLATFORM))
    found = _parameters(reply)
    transforms, size = found["MaxConcurrentTransforms"], found["MaxPayloadInMB"]
    if size > _PRODUCT or transforms * size > _PRODUCT or size < 0 or transforms < 0:
        raise Violation(f"{transforms} x {size} MB", reply)


@check(
    "C2.6",
    group="batch",
    title="What is advised can be done: that many requests at once, and a body that large",
    expected="status 200 for each, no 413",
)
def advice_can_be_followed(lab: Lab) -> None:
    """503 or 413 in the middle of a job fails it."""
    server, payload = lab.server(**PLATFORM), lab.materials.payload
    found = _parameters(_advice(server))
    number = min(max(1, found["MaxConcurrentTransforms"]), _PRODUCT)
    for reply in together(server, payload, number):
        require(reply, f"one of {number} requests at once")
    body = padded(payload, MAX_PAYLOAD_MB * 1_000_000)
    reply = ask(server, payload, body)
    if reply.status == 413:
        raise Violation(f"413 for {MAX_PAYLOAD_MB} MB, as SAGEMAKER_MAX_PAYLOAD_IN_MB says", reply)


def _advice(server: Container) -> Reply:
    reply = server.get(contract.EXECUTION_PARAMETERS)
    if reply.status == 404:
        raise NotChecked("it gives no advice")
    found = _parameters(reply) if reply.status == 200 else {}
    if not all(type(found.get(name)) is kind for name, kind in _KEYS.items()):
        raise NotChecked("its advice has not the right form; see C2.3")
    return reply


def _parameters(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError as error:
        raise Violation(f"no JSON: {error}", reply) from error
    if not isinstance(found, dict):
        raise Violation("no JSON object", reply)
    return found
