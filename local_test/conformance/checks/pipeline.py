"""Inference pipelines: several containers share a machine, and pass bodies on (C4.20 - C4.25)."""

from container import contract
from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check
from local_test.conformance.sockets import listening_ports
from local_test.process_runner import free_port

SAFE_PORT_RANGE = "SAGEMAKER_SAFE_PORT_RANGE"
BATCH = "SAGEMAKER_BATCH"
_SAFE = range(25000, 26000)


@check(
    "C1.18",
    group="pipeline",
    title="SAGEMAKER_BIND_TO_PORT moves the server",
    expected="/ping on that port, and nothing on 8080",
)
def server_moves_to_the_port(lab: Lab) -> None:
    """Every container of a pipeline gets a port of its own on one machine."""
    port = free_port()
    with lab.fresh(variables={contract.BIND_TO_PORT: str(port)}) as server:
        if contract.PORT in listening_ports(server):
            raise Violation(f"it listens on {port} and on {contract.PORT}, too", server)


@check(
    "C1.19",
    group="pipeline",
    title="No further port is opened outside SAGEMAKER_SAFE_PORT_RANGE",
    expected=f"the server's own port, others from {_SAFE.start} to {_SAFE.stop - 1} only",
)
def further_ports_are_in_the_range(lab: Lab) -> None:
    """Other containers of the pipeline have theirs elsewhere."""
    span = f"{_SAFE.start}-{_SAFE.stop - 1}"
    with lab.fresh(variables={SAFE_PORT_RANGE: span}) as server:
        found = sorted(listening_ports(server) - {server.port} - set(_SAFE))
        if found:
            raise Violation(f"it listens on {', '.join(map(str, found))}", server)


@check(
    "C4.20",
    group="pipeline",
    title="An image that can move its port says so by the label",
    expected=f"{contract.LABEL_BIND_TO_PORT}=true",
    needs=(DOCKER,),
)
def port_is_promised(lab: Lab) -> None:
    """Creating a pipeline fails without the label, however well the server moves."""
    labels = (lab.subject.inspect().get("Config") or {}).get("Labels") or {}
    if labels.get(contract.LABEL_BIND_TO_PORT) == "true":
        return
    try:
        server_moves_to_the_port(lab)
    except Violation as violation:
        raise NotChecked(
            "it does not move its port, so it is not made for pipelines"
        ) from violation
    raise Violation("it moves its port, and has no label that says so")


@check(
    "C4.22",
    group="pipeline",
    title="A Content-Type with parameters is understood",
    expected="the same answer with and without `; charset=utf-8`",
)
def charset_is_understood(lab: Lab) -> None:
    """The container before sends its Content-Type along as it is."""
    payload, server = lab.materials.payload, lab.server()
    plain = server.post(contract.INVOCATIONS, payload.body, payload.headers)
    media_type = f"{payload.content_type}; charset=utf-8"
    headers = {**payload.headers, "Content-Type": media_type}
    reply = server.post(contract.INVOCATIONS, payload.body, headers)
    if plain.status != 200:
        raise NotChecked(f"the payload is answered by {plain.status} without parameters, too")
    if reply.status != 200 or reply.body != plain.body:
        raise Violation(f"status {reply.status}", reply, plain)


@check(
    "C4.22",
    "C4.33",
    group="pipeline",
    title="An answer's Content-Type has no parameters",
    expected="a bare media type",
)
def answers_are_bare(lab: Lab) -> None:
    """The container after may compare it literally, and so does data capture."""
    server = lab.server()
    for payload in lab.materials.payloads:
        reply = server.post(contract.INVOCATIONS, payload.body, payload.headers)
        if ";" in reply.media_type:
            raise Violation(f"Content-Type {reply.media_type}", reply)


@check(
    "C4.25",
    group="pipeline",
    title="Batch transform works on a moved port",
    expected="200 for a payload, with SAGEMAKER_BATCH=true and another port",
)
def batch_works_on_the_port(lab: Lab) -> None:
    """Pipelines run in batch jobs as well."""
    payload = lab.materials.payload
    moved = {contract.BIND_TO_PORT: str(free_port())}
    try:
        with lab.fresh(variables={**moved, BATCH: "true"}) as server:
            reply = server.post(contract.INVOCATIONS, payload.body, payload.headers)
    except Violation:
        with lab.fresh(variables=moved, ready=False) as server:
            if not server.is_ready(lab.start_seconds):
                raise NotChecked("it does not move its port at all; see C1.18") from None
        raise
    if reply.status != 200:
        raise Violation(f"status {reply.status}", reply)
