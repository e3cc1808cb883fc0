"""How bodies arrive: large, too large, in chunks, announced (C1.32 - C1.35)."""

from collections.abc import Iterator

from container import contract
from local_test.conformance import patience
from local_test.conformance.lab import Lab
from local_test.conformance.registry import Violation, check
from local_test.conformance.traffic import JSON, head, invoke, media_type, padded, read_reply, whole

_REAL_TIME_BYTES = 25_000_000  # C1.32
_CLAIMED_BYTES = 1 << 40  # no container takes a terabyte (C1.33)
_SENT_BYTES = 4 << 20


@check(
    "C1.32",
    group="serve",
    title="A body of 25 MB is not refused for its size",
    expected="an answer that is neither 413 nor 5xx",
)
def large_bodies_are_taken(lab: Lab) -> None:
    """The payload, grown by white space or empty lines: parsing it costs little."""
    found = [each for each in whole(lab) if media_type(each.content_type) == JSON]
    payload = found[0] if found else lab.materials.payload
    body = padded(payload, _REAL_TIME_BYTES)
    reply = lab.server().post(contract.INVOCATIONS, body, payload.headers)
    if reply.status == 413 or reply.status >= 500:
        raise Violation(f"status {reply.status} for {len(body):,} bytes", reply)


@check(
    "C1.33",
    group="serve",
    title="A body that claims a terabyte is refused while it is still being sent",
    expected="status 413, readable",
)
def too_large_bodies_are_refused(lab: Lab) -> None:
    """A reset connection hides the reason from the caller."""
    payload, server = lab.materials.payload, lab.server()
    fields = payload.headers | {"Content-Length": str(_CLAIMED_BYTES)}
    with server.open(timeout=10) as connection:
        connection.sendall(head("POST", contract.INVOCATIONS, fields))
        piece = padded(payload, 1 << 16)
        try:
            for _ in range(_SENT_BYTES // len(piece)):
                connection.sendall(piece)
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise Violation("it neither reads on nor answers within 10 s") from error
        reply = read_reply(connection, f"POST /invocations, Content-Length {_CLAIMED_BYTES}")
    if reply.status != 413:
        raise Violation(f"status {reply.status}", reply)


@check(
    "C1.34",
    "C2.5",
    group="serve",
    title="A body in chunks is answered like one with a length",
    expected="the same status and body",
)
def chunked_bodies_are_read(lab: Lab) -> None:
    """Batch transform sends chunks where MaxPayloadInMB is 0."""
    payload, server = lab.materials.payload, lab.server()
    plain, again = invoke(server, payload), invoke(server, payload)
    middle = len(payload.body) // 2

    def parts() -> Iterator[bytes]:
        yield payload.body[:middle]
        yield payload.body[middle:]

    reply = server.post(contract.INVOCATIONS, parts(), payload.headers)
    differs = plain.body == again.body != reply.body
    if reply.status != plain.status or differs:
        raise Violation(f"status {reply.status}, another answer", reply, plain)


@check(
    "C1.35",
    group="serve",
    title="`Expect: 100-continue` is answered before the body comes",
    expected="100 Continue, then 200",
)
def expectations_are_met(lab: Lab) -> None:
    """Without it curl waits a second with every large body, and some clients for ever."""
    payload, server = lab.materials.payload, lab.server()
    length = {"Content-Length": str(len(payload.body)), "Expect": "100-continue"}
    with server.open(timeout=patience.EXPECT_SECONDS) as connection:
        connection.sendall(head("POST", contract.INVOCATIONS, payload.headers | length))
        try:
            interim = connection.recv(1 << 12)
        except OSError as error:
            raise Violation(f"nothing within {patience.EXPECT_SECONDS:g} s") from error
        if not interim.startswith(b"HTTP/1.1 100"):
            raise Violation(f"{interim[:40]!r} instead of 100 Continue")
        connection.sendall(payload.body)
        reply = read_reply(connection, "POST /invocations with Expect")
    if reply.status != 200:
        raise Violation(f"status {reply.status}", reply)
