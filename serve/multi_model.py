"""The routes of a multi-model endpoint (C3), and what the others say there.

They exist only where SAGEMAKER_MULTI_MODEL is true.
"""

import base64
import binascii
import json
import re
from typing import Any

from flask import Flask, Response, jsonify, request

from container import contract
from model.errors import Problem
from serve.admission import Admission
from serve.bodies import Body
from serve.core import Answerer
from serve.errors import Kind, ServeError
from serve.invocation import Invocations
from serve.models import Models
from serve.routing import Route, add
from serve.transport import respond

HINT = "The routes of multi-model endpoints need SAGEMAKER_MULTI_MODEL=true."

LIST = Route(
    contract.MODELS_ROUTE,
    ("GET", "HEAD"),
    "Multi-model: the loaded models by name, `limit` a page (100), the next page under "
    "`next_page_token`.",
)
LOAD = Route(
    contract.MODELS_ROUTE,
    ("POST",),
    'Multi-model: loads `{"model_name": …, "url": …}`; 200 once it can serve.',
)
DESCRIBE = Route(
    f"{contract.MODELS_ROUTE}/{{name}}", ("GET", "HEAD"), "Multi-model: name and url of a model."
)
UNLOAD = Route(
    f"{contract.MODELS_ROUTE}/{{name}}",
    ("DELETE",),
    "Multi-model: unloads a model; 200 once its memory is free.",
)
INVOKE = Route(
    f"{contract.MODELS_ROUTE}/{{name}}/invoke",
    ("POST",),
    "Multi-model: as `/invocations`, with this model.",
)
ROUTES = (LIST, LOAD, DESCRIBE, UNLOAD, INVOKE)

_PAGE = 100  # models (C3.8)
_LONGEST_NAME = 1024  # characters (C1.37)
_LARGEST_BODY = 64 << 10  # bytes of a request to load a model
_LOADS, _WAITING = 4, 8  # so that managing models leaves threads for everything else


def add_routes(app: Flask, models: Models, invocations: Invocations) -> None:
    """Give an application the routes of a multi-model endpoint."""
    admission = Admission(_LOADS, _WAITING)

    def invoke(name: str) -> Response:
        return respond(invocations, lambda: models.use(name))

    add(app, LIST, lambda: _list(models))
    add(app, LOAD, lambda: _load(models, admission))
    add(app, DESCRIBE, lambda name: jsonify(_described(name, models.url(name))))
    add(app, UNLOAD, lambda name: _unload(models, admission, name))
    add(app, INVOKE, invoke)


class NoModel:
    """Stands where one model would be: healthy without any (C3.2), and never asked for one."""

    def healthy(self) -> bool:
        """What /ping says."""
        return True

    def refusal(self) -> ServeError:
        """What /invocations says."""
        return ServeError(
            Kind.NOT_FOUND,
            f"This is a multi-model endpoint; {contract.INVOCATIONS} has no model.",
            hint=f"Use POST {INVOKE.path}, or unset SAGEMAKER_MULTI_MODEL.",
        )

    def ready(self) -> Answerer | None:
        """Never one."""
        return None

    def core(self) -> Answerer:
        """Refuse."""
        raise self.refusal()


def _list(models: Models) -> Response:
    page = models.page(_after(request.args.get("next_page_token")), _limit())
    answer: dict[str, Any] = {"models": [_described(*each) for each in page.models]}
    if page.more:
        last, _ = page.models[-1]
        answer["nextPageToken"] = base64.urlsafe_b64encode(last.encode()).decode()
    return jsonify(answer)


def _load(models: Models, admission: Admission) -> Response:
    with admission.admit():
        name, url = _wanted()
        with admission.slot():
            models.load(name, url)
    return jsonify({"status": f"The model {name} is loaded."})


def _unload(models: Models, admission: Admission, name: str) -> Response:
    with admission.admit():
        models.unload(name)
    return jsonify({"status": f"The model {name} is unloaded."})


def _described(name: str, url: str) -> dict[str, str]:
    return {"modelName": name, "modelUrl": url}


def _wanted() -> tuple[str, str]:
    """Name and url of the model to load; everything wrong with them is said at once."""
    body = Body(request.environ["wsgi.input"], request.content_length, _LARGEST_BODY).read_all()
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ServeError(
            Kind.BAD_REQUEST, 'The body is not JSON of the form {"model_name": "…", "url": "…"}.'
        )
    name, url = document.get("model_name"), document.get("url")
    problems = [
        Problem(None, field, value, expected)
        for field, value, fine, expected in (
            ("model_name", name, _is_name(name), "1 to 1024 characters, none of them a slash"),
            ("url", url, isinstance(url, str) and bool(url), "the model's folder"),
        )
        if not fine
    ]
    if problems:
        wrong = " and ".join(str(each.field) for each in problems)
        raise ServeError(
            Kind.BAD_REQUEST, f"{wrong} cannot be used or is missing.", problems=problems
        )
    return str(name), str(url)


def _is_name(name: object) -> bool:
    """Whether a name can stand in a path, percent-encoded (C3.17)."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= _LONGEST_NAME
        and name.isprintable()
        and name not in {".", ".."}
        and not set(name) & {"/", "\\"}
    )


def _limit() -> int:
    """The size of a page: what is asked for from 1 to 100, else 100."""
    text = request.args.get("limit", "")
    return int(text) if re.fullmatch("[1-9][0-9]?", text) else _PAGE


def _after(token: str | None) -> str:
    """The name that a token stands for."""
    try:
        return base64.b64decode((token or "").encode(), b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise ServeError(
            Kind.BAD_REQUEST,
            f"The next_page_token {token!r:.100} did not come from here.",
            hint="Send the nextPageToken of the page before, or none.",
        ) from None
