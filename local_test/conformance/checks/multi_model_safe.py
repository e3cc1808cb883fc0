"""Multi-model endpoints: models apart from each other, in their folders alone (C3.15 - C3.18)."""

import json
from pathlib import Path

from container import contract
from local_test.conformance.http import Reply
from local_test.conformance.hub import Hub, hub, require, require_multi_model
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check

_WHO = ("first", "second")
_PROGRAM = """import json
import who
def model_fn(model_dir):
    return None
def transform_fn(model, request_body, content_type, accept):
    return json.dumps({"who": who.AM_I}), "application/json"
"""


@check(
    "C3.15",
    group="multi-model",
    title="Two models with modules of the same name run their own code",
    expected="each answers with what its own module says",
)
def code_does_not_leak(lab: Lab) -> None:
    """Python keeps modules by name."""
    many = hub(lab)
    placed = [_place_code(many, who) for who in _WHO]
    try:
        for name in placed:
            if (reply := many.load(name)).status != 200:
                raise NotChecked(f"loading a model with code is answered by {reply.status}")
        found = [_who(many.invoke(name)) for name in placed]
    finally:
        for name in placed:
            many.unload(name)
    if not any(found):
        raise NotChecked("it does not run code/inference.py of a model")
    if found != list(_WHO):
        raise Violation(f"the models {', '.join(_WHO)} answer as {', '.join(map(str, found))}")


@check(
    "C3.17",
    group="multi-model",
    title="Names and urls do not lead out of /opt/ml/models",
    expected="an error for a url elsewhere and for names with slashes; names percent-decoded",
)
def nothing_leads_out(lab: Lab) -> None:
    """Otherwise any file of the container can be loaded, or looked for."""
    require_multi_model(lab)
    base = lab.base()
    (base / contract.MODELS).mkdir()
    with lab.fresh(base=base, variables={contract.MULTI_MODEL: "true"}) as server:
        many = Hub(lab, server)
        name, _ = many.place()
        inside = many.url(name)
        elsewhere = server.path(contract.MODEL)
        for wanted in (
            {"model_name": "a", "url": elsewhere},
            {"model_name": "b", "url": f"{inside}/../../../{contract.MODEL}"},
            {"model_name": "../c", "url": inside},
            {"model_name": "d/e", "url": inside},
        ):
            if (reply := many.post(wanted)).status < 400:
                raise Violation(f"status {reply.status} for {json.dumps(wanted)}", reply)
        for path in ("..", "../../etc/passwd"):
            require(many.describe(path), 400, 403, 404)
        require(many.load("x+y z", inside), 200)
        require(many.describe("x+y z"), 200)


@check(
    "C3.18",
    group="multi-model",
    title="Nothing is written below /opt/ml/models",
    expected="the same files with the same times, after a load, a request and an unload",
)
def models_are_only_read(lab: Lab) -> None:
    """The folder is read-only on the platform."""
    many = hub(lab)
    name, folder = many.place()
    before = _stamps(folder.parent)
    if (reply := many.load(name)).status != 200:
        raise NotChecked(f"loading a model is answered by {reply.status}; see C3.4")
    many.invoke(name)
    many.unload(name)
    if changed := sorted(before.items() ^ _stamps(folder.parent).items()):
        raise Violation(f"new, changed or gone: {', '.join({path for path, _ in changed})}")


def _place_code(many: Hub, who: str) -> str:
    """Place a model with a program of its own, and a module that says who it is."""
    name, folder = many.place()
    code = folder / contract.CODE
    code.mkdir(exist_ok=True)
    (code / contract.DEFAULT_PROGRAM).write_text(_PROGRAM, encoding="utf-8")
    (code / "who.py").write_text(f"AM_I = {who!r}\n", encoding="utf-8")
    return name


def _who(reply: Reply) -> str | None:
    """What a model's program answered; None where something else did."""
    try:
        found = json.loads(reply.body)
    except ValueError:
        return None
    return str(found["who"]) if isinstance(found, dict) and "who" in found else None


def _stamps(folder: Path) -> dict[str, int]:
    """The time of the last change of everything in a folder."""
    found = [folder, *folder.rglob("*")]
    return {str(each.relative_to(folder.parent)): each.stat().st_mtime_ns for each in found}
