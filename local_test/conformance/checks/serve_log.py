"""What is told of the work: /metrics and the log (C1.57, C1.58, C1.62, C1.63, C4.35, C9.5)."""

import re
import time

from container import contract
from local_test.conformance import patience
from local_test.conformance.checks.serve_ping import lines_for
from local_test.conformance.lab import Lab
from local_test.conformance.registry import Violation, check
from local_test.conformance.traffic import invoke, pressed

_SECRET = "conformance-canary-4c1f2d"  # noqa: S105 - it is there to be looked for
_SAMPLE = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? +[-+]?([0-9.eE+-]+|Inf|NaN)( +-?\d+)?")
_SCRAPES = 5
_LONG_ENOUGH = 8  # bytes of a payload that are not in a log by chance


@check(
    "C1.57",
    group="serve",
    title="GET /metrics gives Prometheus text, or a clean 404",
    expected="status 404, or 200 with samples",
)
def metrics_are_prometheus(lab: Lab) -> None:
    """Scraped by default on endpoints made since June 2026."""
    reply = lab.server().get(contract.METRICS)
    if reply.status not in {200, 404}:
        raise Violation(f"status {reply.status}", reply)
    for line in reply.text.splitlines() if reply.status == 200 else ():
        if line.strip() and not line.startswith("#") and not _SAMPLE.fullmatch(line.strip()):
            raise Violation(f"not a sample: {line!r:.100}", reply)


@check(
    "C1.58",
    group="serve",
    title="/metrics exists, is prompt under load, and leaves no lines in the log",
    expected="status 200 within 2 s, quietly",
)
def metrics_are_prompt_and_quiet(lab: Lab) -> None:
    """It is scraped as often as every ten seconds, forever."""
    server = lab.server()
    with pressed(server, lab.materials.payload):
        for _ in range(_SCRAPES):
            reply = server.get(contract.METRICS)
            if reply.status != 200 or reply.seconds > contract.PING_SECONDS:
                seconds = f"{reply.seconds:.1f} s under load"
                raise Violation(f"status {reply.status} after {seconds}", reply)
    about = [each for each in lines_for(lab, contract.METRICS) if contract.METRICS in each]
    if about:
        raise Violation(f"{len(about)} lines, such as {about[-1]!r:.100}")


@check(
    "C1.62",
    group="serve",
    title="The log is plain lines: no colours, no carriage returns",
    expected="no escape sequences",
)
def log_is_plain(lab: Lab) -> None:
    """CloudWatch shows them as they are."""
    with lab.fresh() as server:
        payload = lab.materials.payload
        invoke(server, payload)
        server.post(contract.INVOCATIONS, b"\xff\0", payload.headers)
        time.sleep(patience.LOG_SECONDS)
        log = server.log
    for line in log.split("\n"):
        if "\x1b[" in line or "\r" in line.rstrip("\r"):
            raise Violation(f"{line!r:.120}")


@check(
    "C1.63",
    group="serve",
    title="Neither variables nor payloads appear in the log",
    expected="no trace of either",
)
def log_keeps_secrets(lab: Lab) -> None:
    """Users put secrets into both, and CloudWatch keeps them."""
    payload = lab.materials.payload
    with lab.fresh(variables={"CONFORMANCE_SECRET": _SECRET}) as server:
        for body in (payload.body, payload.body + _SECRET.encode()):
            server.post(contract.INVOCATIONS, body, payload.headers)
        time.sleep(patience.LOG_SECONDS)
        log = server.log
    if _SECRET in log:
        line = next(each for each in log.splitlines() if _SECRET in each)
        raise Violation(f"a secret is in the log: {line!r:.120}")
    sent = payload.body.decode("utf-8", "replace").strip()
    if len(sent) >= _LONG_ENOUGH and sent in log:
        raise Violation("the payload is in the log")


@check(
    "C4.35",
    group="serve",
    title="The caller's inference id is in the log",
    expected="a line with it",
)
def inference_id_is_logged(lab: Lab) -> None:
    """The key for joining an answer to what later turned out to be true."""
    server = lab.server()
    invoke(server, lab.materials.payload, **{contract.INFERENCE_ID: "canary-id-7351"})
    time.sleep(patience.LOG_SECONDS)
    if "canary-id-7351" not in server.log:
        raise Violation("the id is not in the log", server)


@check(
    "C9.5",
    group="serve",
    title="At SAGEMAKER_CONTAINER_LOG_LEVEL=40 good requests leave no line",
    expected="nothing new in the log",
)
def log_level_is_followed(lab: Lab) -> None:
    """40 is for errors."""
    with lab.fresh(variables={"SAGEMAKER_CONTAINER_LOG_LEVEL": "40"}) as server:
        time.sleep(patience.LOG_SECONDS)
        before = len(server.log)
        invoke(server, lab.materials.payload)
        time.sleep(patience.LOG_SECONDS)
        grown = server.log[before:].strip()
    if grown:
        raise Violation(f"{grown.splitlines()[-1]!r:.120}")
