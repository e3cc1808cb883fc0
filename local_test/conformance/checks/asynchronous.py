"""Asynchronous endpoints: large, long and many requests (C4.8 - C4.10)."""

import time

from container import contract
from local_test.conformance import patience
from local_test.conformance.lab import Lab
from local_test.conformance.registry import Violation, check
from local_test.conformance.traffic import Upload, head, together

_ONE_GIGABYTE = 1_000_000_000
_AT_ONCE = 128  # of up to 1,000 that the API allows
_ANSWERS = {200, 429, 503}
_PIECE = 1 << 20
_GRACE = 1.0
_TRICKLED = 16  # bytes that arrive one by one: no pause is long, the whole is


@check(
    "C4.8",
    group="asynchronous",
    title="A body of 1 GB is not refused where SAGEMAKER_MAX_PAYLOAD_IN_MB allows it",
    expected="no 413 while the body is being sent",
)
def a_gigabyte_is_taken(lab: Lab) -> None:
    """Only its beginning is sent: the refusal, if there is one, comes by the length."""
    payload = lab.materials.payload
    with lab.fresh(variables={"SAGEMAKER_MAX_PAYLOAD_IN_MB": "1024"}) as server:
        fields = payload.headers | {"Content-Length": str(_ONE_GIGABYTE)}
        with server.open(timeout=_GRACE) as connection:
            connection.sendall(head("POST", contract.INVOCATIONS, fields))
            try:
                connection.sendall(b" " * _PIECE)
                early = connection.recv(1)
            except TimeoutError:
                return
            except OSError as error:
                raise Violation(f"the connection broke: {error}", server) from error
            what = "hung up" if not early else "answered before it had the body"
            raise Violation(f"it {what}", server)


@check(
    "C4.9",
    "C2.7",
    "C9.10",
    group="asynchronous",
    title="A request that takes longer than a minute is still answered",
    expected="status 200 after more than 60 s",
)
def long_requests_are_answered(lab: Lab) -> None:
    """An hour is allowed; the timeouts of web servers are mostly a minute or less."""
    payload = lab.materials.payload
    with lab.fresh() as server, Upload(server, payload, late=_TRICKLED) as upload:
        started = time.monotonic()
        if not upload.trickle(patience.LONG_SECONDS):
            raise Violation(f"it was cut after {time.monotonic() - started:.0f} s", server)
        reply = upload.finish()
        if reply.status != 200:
            raise Violation(f"status {reply.status}", reply)


@check(
    "C4.10",
    "C9.8",
    group="asynchronous",
    title=f"Of {_AT_ONCE} requests at once each gets an answer",
    expected="200, or 503 where the queue is full",
)
def no_request_is_dropped(lab: Lab) -> None:
    """A dropped socket looks like a broken container."""
    for reply in together(lab.server(), lab.materials.payload, _AT_ONCE):
        if reply.status not in _ANSWERS:
            raise Violation(f"status {reply.status}", reply)


@check(
    "C4.34",
    group="asynchronous",
    title="Requests leave nothing behind on the disk",
    expected="no new files in /tmp",
    needs=("docker",),
)
def nothing_is_left_on_the_disk(lab: Lab) -> None:
    """Data capture pauses when the disk fills up."""
    server, payload = lab.server(), lab.materials.payload
    listing = ("/bin/sh", "-c", "ls -A /tmp | sort")
    server.post(contract.INVOCATIONS, payload.body, payload.headers)
    before = server.run(*listing)
    for body in (payload.body, payload.body + b" " * (2 << 20), b"\xff\0" * (1 << 20)):
        server.post(contract.INVOCATIONS, body, payload.headers)
    with Upload(server, payload):
        pass
    after = server.run(*listing)
    if grown := set(after.output.splitlines()) - set(before.output.splitlines()):
        raise Violation(f"left in /tmp: {', '.join(sorted(grown))}")
