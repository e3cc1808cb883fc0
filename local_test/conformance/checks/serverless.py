"""Serverless endpoints: little memory, few rights (C4.1 - C4.6), and small shares (C4.31, C9)."""

import os
import time

from container import contract
from local_test.conformance import patience
from local_test.conformance.http import NoAnswer
from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check
from local_test.conformance.subject import Limits
from local_test.conformance.traffic import invoke, padded

_BYTES = 4 << 20  # C4.1
_SECONDS = 60.0
_READY_SECONDS = 180.0  # C4.2
_MEMORY = 1 << 30  # C4.4
_TIGHT_MEMORY = 48 << 20  # too little for most
_UNPRIVILEGED = "12345:12345"


@check(
    "C4.1",
    group="serverless",
    title="A request of 4 MB is answered within 60 s, by 4 MB at most",
    expected="status 200 or 400, in time",
)
def four_megabytes_are_answered(lab: Lab) -> None:
    """The payload, grown by white space or empty lines."""
    payload = lab.materials.payload
    body = padded(payload, _BYTES)
    reply = lab.server().post(contract.INVOCATIONS, body, payload.headers)
    if reply.status == 413 or reply.status >= 500 or reply.seconds > _SECONDS:
        raise Violation(f"status {reply.status} after {reply.seconds:.1f} s", reply)
    if len(reply.body) > _BYTES:
        raise Violation(f"an answer of {len(reply.body):,} bytes", reply)


@check(
    "C4.2",
    group="serverless",
    title="It is ready within three minutes",
    expected="/ping 200 in time",
)
def is_ready_in_three_minutes(lab: Lab) -> None:
    """Scaling from zero waits for it."""
    with lab.fresh(ready=False) as server:
        server.until_ping(min(_READY_SECONDS, lab.start_seconds))


@check(
    "C4.4",
    "C4.21",
    group="serverless",
    title="It starts and answers in 1,024 MB of memory",
    expected="status 200",
    needs=(DOCKER,),
)
def works_in_a_gigabyte(lab: Lab) -> None:
    """The smallest size on offer."""
    _require_answer(lab, Limits(memory=_MEMORY, cpus=1.0), "in 1,024 MB")


@check(
    "C4.6",
    "C9.12",
    group="serverless",
    title="It runs as any user, on a read-only root, with /tmp alone",
    expected="status 200",
    needs=(DOCKER,),
)
def works_without_rights(lab: Lab) -> None:
    """Files in the image may be neither readable nor writable as built."""
    limits = Limits(user=_UNPRIVILEGED, read_only=True, shm=1 << 20)
    _require_answer(lab, limits, f"as {_UNPRIVILEGED} on a read-only root")


@check(
    "C4.31",
    group="serverless",
    title="It starts and answers on a quarter of a processor",
    expected="status 200, and pings within 2 s",
    needs=(DOCKER,),
)
def works_on_a_quarter_processor(lab: Lab) -> None:
    """The smallest share of an inference component."""
    _require_answer(lab, Limits(cpus=0.25), "on a quarter of a processor")


@check(
    "C9.1",
    group="serverless",
    title="It does not start a process for each of the machine's processors on a share of one",
    expected="fewer processes on one processor than on all, where there are as many as processors",
    needs=(DOCKER,),
)
def sizes_itself_by_its_share(lab: Lab) -> None:
    """The number of processors that a container sees is the machine's."""
    processors = os.cpu_count() or 1
    if processors < 2:
        raise NotChecked("this machine has one processor")
    variables = {"CONFORMANCE": "share"}
    with lab.fresh(variables=variables) as server:
        whole = len(server.processes())
    if whole < processors:
        return  # whatever it counts, it is not these
    with lab.fresh(variables=variables, limits=Limits(cpus=1.0)) as server:
        share = len(server.processes())
    if share >= whole:
        raise Violation(f"{share} processes on one processor, {whole} on all {processors}")


@check(
    "C9.9",
    group="serverless",
    title="With far too little memory it ends or stays red, and does not loop",
    expected="no 200 from /ping that is followed by lost requests",
    needs=(DOCKER,),
)
def too_little_memory_is_told(lab: Lab) -> None:
    """Green pings between two crashes keep a useless instance in service."""
    lab.server()
    with lab.fresh(limits=Limits(memory=_TIGHT_MEMORY), ready=False) as server:
        deadline = time.monotonic() + 2 * patience.WATCHED_SECONDS
        while time.monotonic() < deadline and server.poll() is None:
            try:
                if server.get(contract.PING, timeout=contract.PING_SECONDS).status == 200:
                    break
            except NoAnswer:
                time.sleep(0.1)
        else:
            return
        reply = invoke(server, lab.materials.payload)
        if reply.status != 200:
            raise Violation(f"/ping is 200 and requests get {reply.status}", reply)


def _require_answer(lab: Lab, limits: Limits, when: str) -> None:
    with lab.fresh(limits=limits) as server:
        reply = invoke(server, lab.materials.payload)
        if reply.status != 200:
            raise Violation(f"status {reply.status} {when}", reply)
        reply = server.get(contract.PING)
        if reply.status != 200 or reply.seconds > contract.PING_SECONDS:
            raise Violation(f"/ping: status {reply.status} after {reply.seconds:.1f} s", reply)
