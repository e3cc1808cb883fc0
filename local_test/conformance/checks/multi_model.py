"""Multi-model endpoints: loading, listing, unloading, asking (C3.1 - C3.12)."""

import shutil

from container import contract
from local_test.conformance.http import Reply
from local_test.conformance.hub import Hub, as_object, has_label, hub, require, require_multi_model
from local_test.conformance.lab import MULTI_MODEL, Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check

_OPAQUE = "5f0c7c1de29b4b8f9a3d60e1b7c4a2f85f0c7c1de29b4b8f9a3d60e1b7c4a2f8"
_UNKNOWN = "nobody"
_LIMIT = 2  # models a page
_PAGE = 100  # the usual size of a page (C3.8)


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
    with lab.fresh(variables={MULTI_MODEL: "true"}, ready=False) as server:
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
        require(many.load(name), 500)


@check(
    "C3.7",
    group="multi-model",
    title="GET /models lists names and urls, without a token where nothing more remains",
    expected='{"models": [{"modelName": ..., "modelUrl": ...}]}',
)
def list_has_names_and_urls(lab: Lab) -> None:
    """The members' names are those of the documentation."""
    many = hub(lab)
    with many.loaded() as name:
        reply = require(many.list(), 200)
        found = as_object(reply)
        wanted = {"modelName": name, "modelUrl": many.url(name)}
        if wanted not in found.get("models", ()):
            raise Violation(f"{wanted} is not in the list", reply)
        if found.get("nextPageToken"):
            raise Violation("there is a token, and no further model", reply)


@check(
    "C3.8",
    group="multi-model",
    title="Pages hold every model once, and the last has no token",
    expected="4 models on pages of 2, then 5; or 100 models on pages of the server's own size",
)
def pages_are_complete(lab: Lab) -> None:
    """A multiple of the page's size is where AWS's own server goes wrong."""
    many = hub(lab)
    names = many.place_many(2 * _LIMIT + 1)
    try:
        for name in names[:-1]:
            _load(many, name)
        first = as_object(many.list(limit=str(_LIMIT))).get("models", ())
        if len(first) <= _LIMIT:
            _walk(many, names[:-1], limit=str(_LIMIT))
            _load(many, names[-1])
            _walk(many, names, limit=str(_LIMIT))
            return
        names += many.place_many(_PAGE - len(names) + 1)
        for name in names[2 * _LIMIT : _PAGE]:
            _load(many, name)
        _walk(many, names[:_PAGE])
    finally:
        for name in names:
            many.unload(name)


def _load(many: Hub, name: str) -> None:
    if (reply := many.load(name)).status != 200:
        raise NotChecked(f"loading several models is answered by {reply.status}; see C3.4")


def _walk(many: Hub, names: list[str], **query: str) -> None:
    """Follow the tokens to the end."""
    found: list[str] = []
    token: dict[str, str] = {}
    for _ in range(len(names) + 1):
        reply = require(many.list(**query, **token), 200)
        page = as_object(reply)
        found += [str(each.get("modelName")) for each in page.get("models", ())]
        if not page.get("nextPageToken"):
            break
        if len(found) >= len(names):
            raise Violation("a token after the last model", reply)
        token = {"next_page_token": str(page["nextPageToken"])}
    if sorted(found) != sorted(names):
        double = len(found) - len(set(found))
        missing = len(set(names) - set(found))
        raise Violation(f"of {len(names)} models {missing} are missing, {double} are there twice")


@check(
    "C3.10",
    group="multi-model",
    title="GET /models/NAME describes a loaded model, and is 404 for any other",
    expected='{"modelName": ..., "modelUrl": ...}, and 404',
)
def model_is_described(lab: Lab) -> None:
    """An object, as documented; AWS's own server answers a list."""
    many = hub(lab)
    with many.loaded() as name:
        reply = require(many.describe(name), 200)
        found = as_object(reply)
        if (found.get("modelName"), found.get("modelUrl")) != (name, many.url(name)):
            raise Violation("modelName or modelUrl is missing or wrong", reply)
        require(many.describe(_UNKNOWN), 404)


@check(
    "C3.11",
    group="multi-model",
    title="DELETE /models/NAME unloads, and is 404 for what is not loaded",
    expected="200; then 404 for requests, for the description and for another DELETE; 200 to load",
)
def unload_is_effective(lab: Lab) -> None:
    """The platform takes the memory for free, and may load the same model again."""
    many = hub(lab)
    with many.loaded() as name:
        require(many.unload(name), 200)
        for reply in (many.invoke(name), many.describe(name), many.unload(name)):
            require(reply, 404)
        require(many.load(name), 200)


@check(
    "C3.12",
    group="multi-model",
    title="POST /models/NAME/invoke is like /invocations, and 404 for what is not loaded",
    expected="200 and the same media type for every payload, and 404",
)
def invoke_is_like_invocations(lab: Lab) -> None:
    """Formats are those of a server with one model."""
    many = hub(lab)
    single = lab.server()
    with many.loaded() as name:
        for payload in lab.materials.payloads:
            plain = single.post(contract.INVOCATIONS, payload.body, payload.headers)
            reply = require(many.invoke(name, payload), plain.status)
            if reply.media_type != plain.media_type:
                raise Violation(f"{reply.media_type}, not {plain.media_type}", reply, plain)
        require(many.invoke(_UNKNOWN), 404)
