"""Requests between the containers of a pipeline, and their types (C4.22, C4.23, C4.25, C4.33)."""

import json

from container import contract
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.subject import BIND_TO_PORT
from local_test.conformance.traffic import CSV, JSON, LINES, invoke, media_type, padded
from local_test.process_runner import free_port

_CHARSETS = ("; charset=utf-8", ";charset=UTF-8", '; charset="utf-8"')
_TEXTS = {CSV, JSON, LINES}
_BETWEEN_BYTES = 5_000_000


@check(
    "C4.22",
    "C9.11",
    group="pipeline",
    title="Content types with a charset are understood",
    expected="status 200 for each",
)
def charsets_are_understood(lab: Lab) -> None:
    """The answer's type of one container is the request's type of the next, literally."""
    found = False
    for payload in lab.materials.payloads:
        if media_type(payload.content_type) not in _TEXTS:
            continue
        found = True
        for charset in _CHARSETS:
            content_type = media_type(payload.content_type) + charset
            reply = invoke(lab.server(), payload, Content_Type=content_type)
            if reply.status != 200:
                raise Violation(f"{content_type}: status {reply.status}", reply)
    if not found:
        raise NotChecked("needs a payload of JSON, JSON lines or CSV")


@check(
    "C4.23",
    group="pipeline",
    title="Five megabytes pass between containers",
    expected="no 413, no 5xx",
)
def five_megabytes_pass(lab: Lab) -> None:
    """What one container sends the next has to take."""
    payload = lab.materials.payload
    body = padded(payload, _BETWEEN_BYTES)
    reply = lab.server().post(contract.INVOCATIONS, body, payload.headers)
    if reply.status == 413 or reply.status >= 500:
        raise Violation(f"status {reply.status} for {len(body):,} bytes", reply)


@check(
    "C4.25",
    group="pipeline",
    title="Batch transform works on a moved port, too",
    expected="status 200",
)
def batch_works_on_a_moved_port(lab: Lab) -> None:
    """A pipeline can be a transform job."""
    variables = {"SAGEMAKER_BATCH": "true", BIND_TO_PORT: str(free_port())}
    with lab.fresh(variables=variables) as server:
        reply = invoke(server, lab.materials.payload)
        if reply.status != 200:
            raise Violation(f"status {reply.status}", reply)


@check(
    "C4.33",
    group="pipeline",
    title="The Content-Type of an answer is exact, bare and true",
    expected="no parameters, and a body of that type",
)
def answer_types_are_bare_and_true(lab: Lab) -> None:
    """Data capture compares it letter by letter."""
    for payload in lab.materials.payloads:
        reply = invoke(lab.server(), payload)
        if reply.status != 200:
            continue
        if ";" in reply.media_type:
            raise Violation(f"Content-Type {reply.media_type!r}", reply)
        if reply.media_type == JSON:
            try:
                json.loads(reply.body)
            except ValueError as error:
                raise Violation(f"called JSON, but {error}", reply) from error
