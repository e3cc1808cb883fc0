"""Multi-model endpoints: listing, describing, unloading and asking models (C3.7 - C3.14)."""

from container import contract
from local_test.conformance.hub import Hub, as_object, hub, require, route
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check

_UNKNOWN = "nobody"
_LIMIT = 2  # models a page
_PAGE = 100  # the usual size of a page (C3.8)


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


@check(
    "C3.14",
    group="multi-model",
    title="Wrong methods are 405, and errors of these routes are JSON",
    expected="405 for PUT /models and GET /models/NAME/invoke; JSON objects",
)
def model_errors_are_json(lab: Lab) -> None:
    """Nobody tries these routes by hand."""
    many = hub(lab)
    with many.loaded() as name:
        for method, path in (("PUT", contract.MODELS_ROUTE), ("GET", f"{route(name)}/invoke")):
            as_object(require(many.server.request(method, path), 405))
        as_object(many.describe("nobody"))
        as_object(many.load(name))
