"""The Flask application: what the routes are and how each is answered.

Routes parse and answer; everything else happens in the core, which knows no HTTP. Every error of
every route has the same body, made in `serve.errors`.
"""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from container import contract, logs
from container.settings import Settings
from serve import metrics, multi_model, replies
from serve.admission import Admission
from serve.core import Answerer
from serve.errors import Kind, ServeError
from serve.invocation import Invocations
from serve.metrics import Metrics
from serve.models import Models
from serve.outlet import Outlet
from serve.quick import Quick, Source
from serve.routing import Route, add
from serve.transport import respond, response

_KINDS = {404: Kind.NOT_FOUND, 405: Kind.METHOD_NOT_ALLOWED, 413: Kind.TOO_LARGE}


PING = Route(
    contract.PING,
    ("GET", "HEAD", "POST"),
    "200 and nothing else once the model answers, 503 before and after it failed to load.",
)
INVOCATIONS = Route(contract.INVOCATIONS, ("POST",), "Answers the records of the body.")
EXECUTION_PARAMETERS = Route(
    contract.EXECUTION_PARAMETERS, ("GET", "HEAD"), "How a batch transform job calls best."
)
METRICS = Route(contract.METRICS, ("GET", "HEAD"), "Metrics of all workers for Prometheus.")
ROUTES = (PING, INVOCATIONS, EXECUTION_PARAMETERS, METRICS)


class Model(Source, Protocol):
    """Where the one model of the server comes from: `serve.loading.Loading`, usually."""

    def core(self) -> Answerer:
        """The model, or a ServeError; waits a while for one that is loading."""
        ...


@dataclass(frozen=True)
class Parts:
    """What the routes work with.

    Attributes:
        loading: The model.
        settings: How the server runs.
        workers: How many processes share the port.
        metrics: Where requests are counted.
        models: The models of a multi-model endpoint; None where one model is served.
        admission: Who may compute.
        invocations: Answers within these bounds.
    """

    loading: Model
    settings: Settings
    workers: int = 1
    metrics: Metrics = field(default_factory=Metrics)
    models: Models | None = None
    admission: Admission = field(init=False)
    invocations: Invocations = field(init=False)

    def __post_init__(self) -> None:
        admission = Admission(self.settings.concurrency, self.settings.queue)
        object.__setattr__(self, "admission", admission)
        invocations = Invocations(self.settings, admission, self.metrics)
        object.__setattr__(self, "invocations", invocations)


def create_app(parts: Parts) -> Flask:
    """Make the application of one worker."""
    app = Flask("serve", static_folder=None)
    app.url_map.merge_slashes = False  # no redirects: every other path is a 404
    invocations = parts.invocations
    handlers = {
        PING: lambda: _ping(parts),
        INVOCATIONS: lambda: respond(invocations, lambda: nullcontext(parts.loading.core())),
        EXECUTION_PARAMETERS: lambda: _execution_parameters(parts),
        METRICS: lambda: _metrics(parts),
    }
    for route, handler in handlers.items():
        add(app, route, handler)
    if parts.models is not None:
        multi_model.add_routes(app, parts.models, invocations)
    app.before_request(_identify)
    routes = ROUTES if parts.models is None else (*ROUTES, *multi_model.ROUTES)
    app.register_error_handler(Exception, partial(_error, routes))
    return app


def quick(app: Flask, parts: Parts) -> Quick | None:
    """What answers small requests past an application of `create_app`.

    Returns:
        None where the application was extended by something that has to see every request or
        answer: functions before or after it, or another WSGI application around it.
    """
    around = (app.after_request_funcs, app.teardown_request_funcs, app.teardown_appcontext_funcs)
    before = app.before_request_funcs, app.url_value_preprocessors
    ours = before == ({None: [_identify]}, {}) and "wsgi_app" not in vars(app)
    if not ours or any(around):
        return None
    return Quick(parts.loading, parts.invocations, Outlet(sys.stderr))


def _identify() -> None:
    """Give the request its id (C4.35)."""
    g.request_id = replies.identify(request.headers.get(contract.INFERENCE_ID))
    logs.request_id.set(g.request_id)


def _ping(parts: Parts) -> Response:
    if not parts.loading.healthy():
        raise parts.loading.refusal()
    return response(replies.healthy())


def _execution_parameters(parts: Parts) -> Response:
    return jsonify(execution_parameters(parts.settings, parts.workers))


def execution_parameters(settings: Settings, workers: int) -> dict[str, int | str]:
    """What a batch transform job should use: both figures are what we can really do (C2.6).

    Their product may not exceed 100 (C2.5).
    """
    most = contract.BATCH_PRODUCT_LIMIT_MB
    transforms = min(workers * settings.concurrency, most)
    megabytes = min(settings.max_payload >> 20, most)
    if settings.max_payload_mb:
        transforms = min(transforms, most // megabytes)
    else:
        megabytes = min(megabytes, most // transforms)
    return {
        "MaxConcurrentTransforms": transforms,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": megabytes,
    }


def _metrics(parts: Parts) -> Response:
    return Response(parts.metrics.exposition(), content_type=metrics.CONTENT_TYPE)


def _error(routes: Sequence[Route], error: Exception) -> Response:
    """Answer any failure in the one form that errors have (C1.45, C1.49)."""
    allowed = None
    if isinstance(error, HTTPException):
        allowed = getattr(error, "valid_methods", None)
        error = _of_http(error, allowed, routes)
    answer = response(replies.of_error(error, g.request_id))
    if allowed:
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _of_http(
    error: HTTPException, allowed: list[str] | None, routes: Sequence[Route]
) -> ServeError:
    path = f"{request.method} {request.path}"
    match _KINDS.get(error.code or 0, Kind.BAD_REQUEST):
        case Kind.NOT_FOUND as kind:
            paths = ", ".join(dict.fromkeys(route.path for route in routes))
            hinted = routes is ROUTES and request.path.startswith(contract.MODELS_ROUTE)
            hint = multi_model.HINT if hinted else ""
            return ServeError(kind, f"{path:.200} is not a route; there are {paths}.", hint=hint)
        case Kind.METHOD_NOT_ALLOWED as kind:
            methods = ", ".join(sorted(allowed or ()))
            return ServeError(kind, f"{path:.200} is not allowed; use {methods}.")
        case kind:
            return ServeError(kind, f"{path:.200}: {error.description}")
