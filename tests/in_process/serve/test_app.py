"""Every route through Flask's client: statuses, headers and the one form of errors."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Response
from flask.testing import FlaskClient
from werkzeug.exceptions import ImATeapot
from werkzeug.test import TestResponse

from container import contract
from container.settings import Settings
from model.errors import ArtifactError
from model.predictor import Predictor
from serve.app import ROUTES, Parts, create_app, execution_parameters
from serve.core import Core
from serve.errors import Kind, ServeError
from serve.loading import Loading
from serve.metrics import METRICS

ROW = b"-70,-80,,,,,,,,,,,-90\n"


def client(make: Callable[[], Core], **settings: Any) -> FlaskClient:
    loading = Loading(make)
    loading.run()
    return create_app(Parts(loading, Settings(**settings))).test_client()


@pytest.fixture
def ready(signed: Predictor) -> FlaskClient:
    return client(lambda: Core(signed), max_payload_mb=1)


@pytest.fixture
def failed() -> FlaskClient:
    def fail() -> Core:
        raise ArtifactError("The folder is empty.")

    return client(fail)


@pytest.fixture
def broken() -> FlaskClient:
    class Broken:
        def invoke(self, *_arguments: object) -> None:
            raise ValueError("a secret from within")

    core: Any = Broken()
    return client(lambda: core)


def ask(app: FlaskClient, body: bytes = ROW, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.post("/invocations", data=body, headers={"Content-Type": "text/csv"} | named)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_ping(ready: FlaskClient, failed: FlaskClient, method: str) -> None:
    good = ready.open("/ping", method=method)
    assert (good.status_code, good.data, good.headers["Content-Length"]) == (200, b"", "0")
    assert failed.open("/ping", method=method).status_code == 503


def test_an_answer_has_a_bare_type_its_length_and_the_echo(ready: FlaskClient) -> None:
    answer = ask(ready, X_Amzn_SageMaker_Custom_Attributes="top_k=1,trace=7")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert answer.headers[contract.CUSTOM_ATTRIBUTES] == "top_k=1,trace=7"
    assert contract.CUSTOM_ATTRIBUTES not in ask(ready).headers


def test_unknown_headers_are_ignored(ready: FlaskClient) -> None:
    answer = ask(
        ready, X_Amzn_SageMaker_Session_Id="NEW_SESSION", X_Other="1", Host="model.aws.local:8080"
    )
    assert answer.status_code == 200


ERRORS: list[tuple[str, str, str, dict[str, Any], Kind]] = [
    ("ready", "GET", "/nowhere", {}, Kind.NOT_FOUND),
    ("ready", "GET", "/ping/", {}, Kind.NOT_FOUND),
    ("ready", "GET", "//ping", {}, Kind.NOT_FOUND),
    ("ready", "GET", "/invocations-bidirectional-stream", {}, Kind.NOT_FOUND),
    ("ready", "GET", "/static/x", {}, Kind.NOT_FOUND),
    ("ready", "GET", "/invocations", {}, Kind.METHOD_NOT_ALLOWED),
    ("ready", "OPTIONS", "/invocations", {}, Kind.METHOD_NOT_ALLOWED),
    ("ready", "PUT", "/ping", {}, Kind.METHOD_NOT_ALLOWED),
    ("ready", "POST", "/execution-parameters", {}, Kind.METHOD_NOT_ALLOWED),
    ("ready", "DELETE", "/metrics", {}, Kind.METHOD_NOT_ALLOWED),
    ("ready", "BREW", "/invocations", {}, Kind.METHOD_NOT_ALLOWED),
    ("ready", "POST", "/invocations", {"data": b""}, Kind.EMPTY_BODY),
    ("ready", "POST", "/invocations", {"data": b"[["}, Kind.MALFORMED_BODY),
    ("ready", "POST", "/invocations", {"data": b"[[1]]"}, Kind.INVALID_INPUT),
    ("ready", "POST", "/invocations", {"data": b"x" * (1 << 21)}, Kind.TOO_LARGE),
    ("ready", "POST", "/invocations", {"content_type": "a/b"}, Kind.UNSUPPORTED_MEDIA_TYPE),
    ("ready", "POST", "/invocations", {"headers": {"Accept": "a/b"}}, Kind.NOT_ACCEPTABLE),
    (
        "ready",
        "POST",
        "/invocations",
        {"headers": {contract.CUSTOM_ATTRIBUTES: "top_k=no"}},
        Kind.INVALID_ATTRIBUTES,
    ),
    ("failed", "GET", "/ping", {}, Kind.NOT_READY),
    ("failed", "POST", "/invocations", {"data": b"[]"}, Kind.NOT_READY),
    ("broken", "POST", "/invocations", {"data": b"[]"}, Kind.INTERNAL_ERROR),
]


@pytest.mark.parametrize(("app", "method", "path", "arguments", "kind"), ERRORS)
def test_every_error_has_the_same_form(
    request: pytest.FixtureRequest,
    app: str,
    method: str,
    path: str,
    arguments: dict[str, Any],
    kind: Kind,
) -> None:
    headers = {contract.INFERENCE_ID: "id-1"} | arguments.pop("headers", {})
    answer = request.getfixturevalue(app).open(path, method=method, headers=headers, **arguments)
    assert answer.status_code == kind.status
    assert answer.headers["Content-Type"] == "application/json"
    assert int(answer.headers["Content-Length"]) == len(answer.data) < contract.ERROR_BODY_LIMIT
    assert b"\n" not in answer.data
    assert b"secret" not in answer.data
    error = json.loads(answer.data)["error"]
    assert list(error) == ["code", "message", "hint", "request_id", "problems", "problems_total"]
    assert error["code"] == kind.code
    assert error["request_id"] == "id-1"
    assert error["message"]
    assert ("Retry-After" in answer.headers) == (kind.status == 503)
    assert ("Allow" in answer.headers) == (kind.status == 405)


def test_the_cause_of_an_unknown_failure_stands_in_the_log(
    broken: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    ask(broken)
    (record,) = (each for each in caplog.records if each.levelno == logging.ERROR)
    assert record.exc_info is not None
    assert "a secret from within" in str(record.exc_info[1])


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "é"])
def test_a_request_without_a_usable_id_gets_a_new_one(ready: FlaskClient, given: str) -> None:
    ids = {
        ask(ready, b"", X_Amzn_SageMaker_Inference_Id=given).json["error"]["request_id"]  # type: ignore[index]
        for _ in range(2)
    }
    assert len(ids) == 2
    assert given not in ids


def test_full_is_told_at_once(signed: Predictor) -> None:
    loading = Loading(lambda: Core(signed))
    loading.run()
    parts = Parts(loading, Settings(concurrency=1, queue=0))
    app = create_app(parts).test_client()
    with parts.admission.admit():
        refused = ask(app)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert app.get("/ping").status_code == 200
        assert app.get("/metrics").status_code == 200
    assert ask(app).status_code == 200


def test_execution_parameters(ready: FlaskClient) -> None:
    answer = ready.get("/execution-parameters")
    assert answer.json == {
        "MaxConcurrentTransforms": 2,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": 1,
    }


@pytest.mark.parametrize("workers", [1, 2, 7, 64, 300])
@pytest.mark.parametrize("settings", [{}, {"max_payload_mb": 60}, {"max_payload_mb": 1024}])
@pytest.mark.parametrize("batch", [True, False])
def test_what_is_advertised_is_allowed_and_true(
    workers: int, settings: dict[str, Any], batch: bool
) -> None:
    configured = Settings(batch=batch, **settings)
    told = execution_parameters(configured, workers)
    transforms, megabytes = told["MaxConcurrentTransforms"], told["MaxPayloadInMB"]
    assert isinstance(transforms, int)
    assert isinstance(megabytes, int)
    assert 1 <= transforms <= workers * configured.concurrency
    assert 1 <= megabytes <= configured.max_payload >> 20
    assert transforms * megabytes <= contract.BATCH_PRODUCT_LIMIT_MB


def test_metrics_count_every_answer(ready: FlaskClient) -> None:
    ask(ready)
    ask(ready, ROW * 4)
    ask(ready, b"")
    text = ready.get("/metrics").data.decode()
    assert 'blerssi_invocations_total{code="ok",status="200"} 2.0' in text
    assert 'blerssi_invocations_total{code="empty_body",status="400"} 1.0' in text
    assert "blerssi_rows_total 5.0" in text
    assert "blerssi_in_flight 0.0" in text
    assert all(metric.exposed in text for metric in METRICS)


def test_the_log_has_the_id_the_status_and_the_rows(
    ready: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ready.get("/ping")
    ready.get("/metrics")
    ask(ready, ROW * 2)
    (record,) = caplog.records
    assert record.message.startswith("status=200 code=ok rows=2 ms=")


def test_every_route_is_documented(ready: FlaskClient) -> None:
    rules = {rule.rule: rule.methods for rule in ready.application.url_map.iter_rules()}
    assert {route.path: set(route.methods) for route in ROUTES} == rules


def test_the_body_of_an_error_is_the_one_that_serve_errors_makes(ready: FlaskClient) -> None:
    sent = ask(ready, b"", X_Amzn_SageMaker_Inference_Id="one").data
    assert sent == ServeError(Kind.EMPTY_BODY, "The body is empty.").body("one")


def test_any_other_refusal_of_the_framework_has_the_form_of_all(signed: Predictor) -> None:
    def refuse() -> Response:
        raise ImATeapot

    app = create_app(Parts(Loading(lambda: Core(signed)), Settings()))
    app.add_url_rule("/tea", "tea", refuse)
    answer = app.test_client().get("/tea")
    assert answer.status_code == 400
    assert json.loads(answer.data)["error"]["code"] == "bad_request"
