"""How a server ends: by SIGTERM, with work unfinished, or because its workers died (C1.15, C9)."""

import contextlib
import os
import signal
import time

from container import contract
from local_test.conformance import patience
from local_test.conformance.http import NoAnswer
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.subject import Container
from local_test.conformance.traffic import Upload

_SETTLE = 0.3  # seconds for a request, or a signal, to arrive inside
_PAUSE = 0.05


@check(
    "C1.15",
    group="serve",
    title="After SIGTERM a request that has begun is answered, and all ends within 30 s",
    expected="status 200, then the end",
)
def term_lets_requests_finish(lab: Lab) -> None:
    """Updates of an endpoint must not cost a caller an error."""
    with lab.fresh() as server, Upload(server, lab.materials.payload) as upload:
        time.sleep(_SETTLE)
        server.signal(signal.SIGTERM)
        time.sleep(_SETTLE)
        try:
            reply = upload.finish()
        except NoAnswer as lost:
            raise Violation(f"the request in flight is lost: {lost}", server) from lost
        if reply.status != 200:
            raise Violation(f"status {reply.status} for the request in flight", reply)
        server.wait(patience.STOP_SECONDS)


@check(
    "C1.16",
    group="serve",
    title="An idle server ends within 10 s of SIGTERM, with exit code 0",
    expected="exit code 0 in time",
)
def idle_server_stops_quickly(lab: Lab) -> None:
    """Local mode grants ten seconds."""
    with lab.fresh() as server:
        server.signal(signal.SIGTERM)
        code = server.wait(patience.IDLE_STOP_SECONDS)
        if code:
            raise Violation(f"exit code {code}", server)


@check(
    "C9.15",
    group="serve",
    title="When everything but process 1 is killed, it recovers or ends with an error",
    expected="/ping 200 again, or a non-zero exit code",
)
def container_does_not_outlive_its_server(lab: Lab) -> None:
    """A dead container that looks alive is never replaced."""
    with lab.fresh() as server:
        processes = server.processes()
        below = [each.pid for each in processes if each.parent in {one.pid for one in processes}]
        if not below:
            raise NotChecked("process 1 is all there is")
        _signal_all(below, signal.SIGKILL)
        time.sleep(_SETTLE)
        _require_recovery(server)


def _require_recovery(server: Container) -> None:
    deadline = time.monotonic() + patience.RECOVER_SECONDS
    while time.monotonic() < deadline:
        code = server.poll()
        if code == 0:
            raise Violation("it ended with exit code 0 after its server was killed", server)
        if code is not None:
            return
        with contextlib.suppress(NoAnswer):
            if server.get(contract.PING, timeout=contract.PING_SECONDS).status == 200:
                return
        time.sleep(_PAUSE)
    raise Violation(f"it neither recovers nor ends within {patience.RECOVER_SECONDS:g} s", server)


@check(
    "C4.7",
    group="serverless",
    title="It goes on after all its processes stood still for half a minute",
    expected="/ping 200 and status 200 soon afterwards",
)
def survives_a_freeze(lab: Lab) -> None:
    """Serverless may freeze a container between requests; watchdogs must not kill after it."""
    with lab.fresh() as server:
        every = [each.pid for each in server.processes()]
        _signal_all(every, signal.SIGSTOP)
        try:
            time.sleep(patience.FROZEN_SECONDS)
        finally:
            _signal_all(every, signal.SIGCONT)
        time.sleep(_SETTLE)
        payload = lab.materials.payload
        reply = server.post(contract.INVOCATIONS, payload.body, payload.headers)
        if reply.status != 200:
            raise Violation(f"status {reply.status} after the freeze", reply)
        time.sleep(2 * _SETTLE)
        server.until_ping(contract.PING_SECONDS)
        if lost := set(every) - {each.pid for each in server.processes()}:
            raise Violation(f"{len(lost)} processes were ended after the freeze", server)


def _signal_all(pids: list[int], number: int) -> None:
    """Signal processes of a container by their ids on this machine.

    Raises:
        NotChecked: They are another user's.
    """
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
        except PermissionError as error:
            raise NotChecked("needs the right to signal the container's processes") from error
