"""GET /ping: the health check that decides whether an endpoint lives (C1.22 - C1.29)."""

from container import contract
from local_test.conformance.lab import Lab
from local_test.conformance.registry import Violation, check


@check(
    "C1.22",
    group="serve",
    title="GET /ping answers 200 soon after the start, and again",
    expected="status 200 twice",
)
def ping_answers(lab: Lab) -> None:
    """The one check for which a server that never becomes ready is a violation of its own."""
    with lab.fresh(ready=False) as server:
        server.until_ping(lab.start_seconds)
        reply = server.get(contract.PING)
        if reply.status != 200:
            raise Violation(f"status {reply.status} after a 200", reply)


@check(
    "C1.28",
    group="serve",
    title="The answer to /ping has no body",
    expected="Content-Length 0",
)
def ping_is_empty(lab: Lab) -> None:
    """Batch transform is documented to wait for a 200 with an empty body."""
    reply = lab.server().get(contract.PING)
    length = reply.headers.get("Content-Length")
    if reply.body or length != "0":
        raise Violation(f"{len(reply.body)} bytes, Content-Length {length}", reply)
