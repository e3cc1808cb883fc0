"""What passes between the containers of a pipeline that share a machine (C4.21, C4.23, C4.33)."""

import json

from container import contract
from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, Violation, check
from local_test.conformance.subject import Limits
from local_test.conformance.traffic import JSON, invoke, media_type, padded

_BETWEEN_BYTES = 5_000_000


@check(
    "C4.21",
    group="pipeline",
    title="/ping stays green on half a processor while requests come",
    expected="status 200 within 2 s",
    needs=(DOCKER,),
)
def ping_is_prompt_on_a_share(lab: Lab) -> None:
    """All containers of a pipeline share one instance."""
    with lab.fresh(limits=Limits(cpus=0.5)) as server:
        for _ in range(20):
            invoke(server, lab.materials.payload)
            reply = server.get(contract.PING)
            if reply.status != 200 or reply.seconds > contract.PING_SECONDS:
                raise Violation(f"status {reply.status} after {reply.seconds:.1f} s", reply)


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
    "C4.33",
    group="pipeline",
    title="The Content-Type of an answer is true",
    expected="what is called JSON can be read as JSON",
)
def answer_types_are_true(lab: Lab) -> None:
    """The next container believes it, and so does data capture."""
    _ = lab.materials.payload
    for payload in lab.materials.payloads:
        reply = invoke(lab.server(), payload)
        if media_type(reply.media_type) == JSON:
            try:
                json.loads(reply.body)
            except ValueError as error:
                raise Violation(f"called JSON, but {error}", reply) from error
