"""Multi-model endpoints: starting empty, loading, and memory that is full (C3.1 - C3.6, C3.9)."""

import shutil

from container import contract
from local_test.conformance.http import NoAnswer, Reply
from local_test.conformance.hub import Hub, as_object, has_label, hub, require, require_multi_model
from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check
from local_test.conformance.subject import Container, Limits

_OPAQUE = "5f0c7c1de29b4b8f9a3d60e1b7c4a2f85f0c7c1de29b4b8f9a3d60e1b7c4a2f8"
_UNKNOWN = "nobody"
_MOST_MODELS = 400
_ROOM = 64 << 20  # bytes for models, beside what the empty server takes
_MEMORY_FILES = (
    "/sys/fs/cgroup/memory.peak",
    "/sys/fs/cgroup/memory/memory.max_usage_in_bytes",
    "/sys/fs/cgroup/memory.current",
)


@check(
    "C3.1",
    group="multi-model",
    title="An image for multi-model endpoints says so by the label",
    expected=f"{contract.LABEL_MULTI_MODELS}=true",
    needs=(DOCKER,),
)
def multi_model_is_promised(lab: Lab) -> None:
    """Creating the endpoint fails without it, whatever the server can."""
    if has_label(lab):
        return
    require_multi_model(lab)
    raise Violation("it is said to serve many models, and has no label that says so")


@check(
    "C3.2",
    group="multi-model",
    title="Without any model /ping answers 200",
    expected="status 200",
)
def empty_server_is_healthy(lab: Lab) -> None:
    """The one check for which a server that never becomes ready is a violation of its own."""
    lab.once(_list_at_start)


@check(
    "C3.9",
    "C9.13",
    group="multi-model",
    title="GET /models answers 200 without any model",
    expected='status 200, {"models": []}',
)
def empty_list_is_answered(lab: Lab) -> None:
    """The platform asks for the list while the endpoint is made."""
    try:
        reply = lab.once(_list_at_start)
    except Violation as violation:
        raise NotChecked(f"without models: {violation}; see C3.2") from violation
    if as_object(require(reply, 200)).get("models") != []:
        raise Violation("no empty list under `models`", reply)


def _list_at_start(lab: Lab) -> Reply:
    """What a server that has just become healthy says of its models."""
    require_multi_model(lab)
    with lab.fresh(variables={contract.MULTI_MODEL: "true"}, ready=False) as server:
        server.until_ping(lab.start_seconds)
        return Hub(lab, server).list()


@check(
    "C3.4",
    group="multi-model",
    title="POST /models answers 200, and the model can be asked at once",
    expected="200 for the load, and 200 for the first request on it",
)
def load_means_ready(lab: Lab) -> None:
    """The platform passes the caller's request on as soon as it has the answer."""
    many = hub(lab)
    for _ in range(3):
        name, _ = many.place()
        try:
            require(many.load(name), 200)
            require(many.invoke(name), 200)
        finally:
            many.unload(name)


@check(
    "C3.3",
    group="multi-model",
    title="A model's name may be a long hash",
    expected="200 for a load under 64 hexadecimal digits",
)
def names_are_opaque(lab: Lab) -> None:
    """Nobody sees the name that the caller wrote."""
    many = hub(lab)
    with many.loaded():
        name, folder = many.place(_OPAQUE)
        try:
            require(many.load(name), 200)
        finally:
            many.unload(name)
            shutil.rmtree(folder.parent)


@check(
    "C3.5",
    group="multi-model",
    title="Loading what is loaded is answered by 409",
    expected="status 409, and the model goes on answering",
)
def second_load_is_a_conflict(lab: Lab) -> None:
    """409 tells the platform that the model is there."""
    many = hub(lab)
    with many.loaded() as name:
        require(many.load(name), 409)
        require(many.invoke(name), 200)


@check(
    "C3.6",
    group="multi-model",
    title="A load without url is 400, of an absent folder 404, of a broken model 500",
    expected="400, 404 and 500",
)
def impossible_loads_say_why(lab: Lab) -> None:
    """The caller sees whose fault it is."""
    many = hub(lab)
    with many.loaded():
        name, folder = many.place()
        require(many.post({"model_name": name}), 400)
        require(many.load(_UNKNOWN), 404)
        for each in folder.rglob("*"):
            if each.is_file():
                each.write_bytes(b"broken\0")
        try:
            require(many.load(name), 500)
        finally:
            many.unload(name)


@check(
    "C3.5",
    group="multi-model",
    title="Models that do not fit into memory are answered by 507, and nothing is killed",
    expected="507 sooner or later, with /ping 200 and the loaded models alive",
    needs=(DOCKER,),
)
def full_memory_is_said(lab: Lab) -> None:
    """On 507 the platform unloads other models and tries again."""
    limit = _memory(hub(lab).server) + _ROOM
    with lab.fresh(variables={contract.MULTI_MODEL: "true"}, limits=Limits(memory=limit)) as server:
        many = Hub(lab, server)
        names = many.place_many(_MOST_MODELS)
        for number, name in enumerate(names):
            try:
                reply = many.load(name)
            except NoAnswer as error:
                raise Violation(f"no answer to load {number + 1}: {error}", server) from error
            if reply.status != 200:
                break
        else:
            raise NotChecked(f"{_MOST_MODELS} models fit into {limit >> 20} MiB")
        require(reply, 507)
        require(server.get(contract.PING), 200)
        require(many.invoke(names[0]), 200, 507)
        require(many.unload(names[0]), 200)


def _memory(server: Container) -> int:
    """Bytes that a server has taken at most so far."""
    for path in _MEMORY_FILES:
        ran = server.run("cat", path)
        if ran.code == 0 and ran.output.strip().isdigit():
            return int(ran.output)
    raise NotChecked("its control group does not tell how much memory it takes")
