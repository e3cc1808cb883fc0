"""Programs that users put beside their models, as AWS's toolkits call them (C6.10 - C6.21, C9.14).

Not every container runs such programs: the configuration says whether this one does.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from container import contract
from local_test.conformance.http import Reply
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.subject import Container

PROGRAM, SUBMIT_DIRECTORY = "SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"
JSON, CSV, BYTES = "application/json", "text/csv", "application/octet-stream"
_CODE = "code"
_FOUR = """
import json

def model_fn(model_dir):
    return "a model"

def input_fn(body, content_type):
    return [type(body).__name__, content_type]

def predict_fn(data, model):
    return data + [model]

def output_fn(prediction, accept):
    return json.dumps(prediction)
"""
_TRANSFORM = """
def model_fn(model_dir, context):
    return "a model"

def transform_fn(model, data, content_type, accept, context):
    return '["{0}", "{1}"]'.format(model, content_type)
"""
_TYPE = """
def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    return '["{}"]'.format(type(data).__name__)
"""
_FORMS = """
def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    form = data if isinstance(data, str) else data.decode()
    if "pair" in form:
        return "[1]", "application/json"
    return {"str": str, "bytes": str.encode, "bytearray": lambda text: bytearray(text.encode())}[
        form.strip('"')]("[1]")
"""
_HELPED = """
from conformance_helper import ANSWER

def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept):
    return ANSWER
"""
_ATTRIBUTES = """
def model_fn(model_dir):
    return None

def transform_fn(model, data, content_type, accept, context):
    name = "X-Amzn-SageMaker-Custom-Attributes"
    value = context.get_request_header(0, name)
    context.set_response_header(0, name, value + "-back")
    return "[1]"
"""


@check(
    "C6.10",
    group="sdk-harness",
    title="The four functions of a handler are called in turn",
    expected="the answer of output_fn, made from what the others gave",
)
def four_functions_are_called(lab: Lab) -> None:
    """model_fn, input_fn, predict_fn and output_fn."""
    with _serving(lab, {f"{_CODE}/inference.py": _FOUR}) as server:
        _expect(_ask(server, b"[1]", JSON), ["str", JSON, "a model"])


@check(
    "C6.10",
    group="sdk-harness",
    title="transform_fn takes the place of three functions, and gets a context where it asks",
    expected="the answer of transform_fn",
)
def transform_function_is_called(lab: Lab) -> None:
    """Each function may take one argument more."""
    with _serving(lab, {f"{_CODE}/inference.py": _TRANSFORM}) as server:
        _expect(_ask(server, b"[1]", JSON), ["a model", JSON])


@check(
    "C6.11",
    group="sdk-harness",
    title="Handlers may return text, bytes, or a pair with the type",
    expected="the same body from str, bytes, bytearray and a pair",
)
def every_form_is_taken(lab: Lab) -> None:
    """AWS's toolkit takes them all."""
    with _serving(lab, {f"{_CODE}/inference.py": _FORMS}) as server:
        for form in ("str", "bytes", "bytearray", "pair"):
            _expect(_ask(server, f'"{form}"'.encode(), JSON), [1])


@check(
    "C6.12",
    group="sdk-harness",
    title="Handlers get text for JSON and CSV, bytes otherwise",
    expected="str, str with a charset too, bytes for application/octet-stream",
)
def bodies_have_their_type(lab: Lab) -> None:
    """What `body.split(',')` relies on."""
    wanted = {JSON: "str", CSV: "str", f"{CSV}; charset=utf-8": "str", BYTES: "bytes"}
    with _serving(lab, {f"{_CODE}/inference.py": _TYPE}) as server:
        for content_type, name in wanted.items():
            reply = _ask(server, b"[1]", content_type)
            if reply.status != 200 or f'"{name}"' not in reply.text:
                raise Violation(f"{content_type}: not {name}", reply)


@check(
    "C6.20",
    group="sdk-harness",
    title="A user's program is found wherever the SDK puts it, and so is what it imports",
    expected="its answer, whatever its name and folder",
)
def program_is_found(lab: Lab) -> None:
    """Named by SAGEMAKER_PROGRAM with and without .py, in `code` and in the model's folder."""
    places: list[tuple[str, str, dict[str, str]]] = [
        (_CODE, "serving.py", {PROGRAM: "serving.py"}),
        (_CODE, "serving.py", {PROGRAM: "serving"}),
        (".", "inference.py", {}),
    ]
    for folder, name, variables in places:
        files = {f"{folder}/{name}": _HELPED, f"{folder}/conformance_helper.py": "ANSWER = '[7]'"}
        with _serving(lab, files, variables) as server:
            _expect(_ask(server, b"[1]", JSON), [7])


@check(
    "C7.26",
    group="sdk-harness",
    title="A user's program is found though SAGEMAKER_SUBMIT_DIRECTORY misses it",
    expected="the answer of inference.py in the model's own folder",
)
def program_is_found_without_its_folder(lab: Lab) -> None:
    """The third SDK names a folder that it does not make."""
    files = {"inference.py": _HELPED, "conformance_helper.py": "ANSWER = '[7]'"}
    base = _base(lab, files)
    missing = lab.subject.path(base, f"{contract.MODEL}/{_CODE}")
    with _started(lab, base, {PROGRAM: "inference.py", SUBMIT_DIRECTORY: missing}) as server:
        _expect(_ask(server, b"[1]", JSON), [7])


@check(
    "C6.21",
    group="sdk-harness",
    title="Requirements that cannot be installed do not stop the start",
    expected="ready as ever",
)
def requirements_do_not_stop_the_start(lab: Lab) -> None:
    """Without a network no installation succeeds (C1.61)."""
    files = {f"{_CODE}/inference.py": _TYPE, f"{_CODE}/requirements.txt": "./no-such-folder\n"}
    with _serving(lab, files) as server:
        _expect(_ask(server, b"[1]", JSON), ["str"])


@check(
    "C9.14",
    group="sdk-harness",
    title="Handlers can read and set custom attributes",
    expected="what came in by the header, with the handler's addition",
)
def attributes_reach_the_handler(lab: Lab) -> None:
    """The only header that callers fill freely and get back."""
    with _serving(lab, {f"{_CODE}/inference.py": _ATTRIBUTES}) as server:
        headers = {"Content-Type": JSON, contract.CUSTOM_ATTRIBUTES: "there"}
        reply = server.post(contract.INVOCATIONS, b"[1]", headers)
        if reply.headers.get(contract.CUSTOM_ATTRIBUTES) != "there-back":
            raise Violation(f"{contract.CUSTOM_ATTRIBUTES} came back otherwise", reply)


@contextlib.contextmanager
def _serving(
    lab: Lab, files: Mapping[str, str], variables: Mapping[str, str] | None = None
) -> Iterator[Container]:
    with _started(lab, _base(lab, files), variables or {}) as server:
        yield server


@contextlib.contextmanager
def _started(lab: Lab, base: Path, variables: Mapping[str, str]) -> Iterator[Container]:
    with lab.fresh(base=base, variables=variables) as server:
        yield server


def _base(lab: Lab, files: Mapping[str, str]) -> Path:
    """A base folder whose model has these files beside it."""
    if not lab.materials.handlers:
        raise NotChecked("needs `handlers = true` in the configuration")
    base = lab.base()
    for name, text in files.items():
        path = base / contract.MODEL / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return base


def _ask(server: Container, body: bytes, content_type: str) -> Reply:
    headers = {"Content-Type": content_type, "Accept": JSON}
    return server.post(contract.INVOCATIONS, body, headers)


def _expect(reply: Reply, wanted: object) -> None:
    try:
        found = json.loads(reply.body)
    except ValueError:
        found = None
    if reply.status != 200 or found != wanted:
        raise Violation(f"status {reply.status}, {found!r:.80} and not {wanted}", reply)
