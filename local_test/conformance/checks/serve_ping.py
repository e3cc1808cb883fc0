"""GET /ping: the health check that decides whether an endpoint lives (C1.22 - C1.29)."""

from container import contract
from local_test.conformance.lab import Lab
from local_test.conformance.registry import Violation, check


@check(
    "C1.22",
    "C1.28",
    group="serve",
    title="GET /ping answers 200 with an empty body",
    expected="status 200, Content-Length 0",
)
def ping_is_empty(lab: Lab) -> None:
    """The batch documentation waits for a 200 with an empty body."""
    with lab.fresh(ready=False) as server:
        reply = server.until_ping(lab.start_seconds)
        if reply.body or reply.headers.get("Content-Length") != "0":
            length = reply.headers.get("Content-Length", "none")
            raise Violation(f"{len(reply.body)} bytes, Content-Length {length}", reply)
        reply = server.get(contract.PING)
        if reply.status != 200:
            raise Violation(f"status {reply.status} after a 200", reply)
