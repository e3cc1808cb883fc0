"""What is answered past Flask is what Flask answers."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response
from prometheus_client.parser import text_string_to_metric_families

from container import logs
from container.settings import Settings
from model.errors import ArtifactError
from model.predictor import Predictor
from serve import making
from serve.app import Parts, create_app, quick
from serve.core import Answerer, Core
from serve.loading import Loading
from serve.multi_model import NoModel
from serve.outlet import Outlet
from serve.plain import Plain, look
from serve.quick import Quick
from tests.support.models import signed_model

ROW = b"-70,-80,,,,,,,,,,,-90\n"


class Served:
    """An application of its own and what answers past it."""

    def __init__(self, answerer: Answerer, **settings: Any) -> None:
        loading = Loading(lambda: answerer)
        loading.run()
        self.parts = Parts(loading, Settings(**settings))
        self.app = create_app(self.parts)

    @property
    def quick(self) -> Quick:
        found = quick(self.app, self.parts)
        assert found is not None
        return found


@pytest.fixture
def served(signed: Predictor) -> Served:
    return Served(Core(signed))


def plain(body: bytes = ROW, line: str = "POST /invocations", **headers: str) -> Plain:
    """A plain request as it comes over a socket."""
    fields = {"Host": "x", "Content_Type": "text/csv", "Content_Length": str(len(body)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    found = look("\r\n".join([f"{line} HTTP/1.1", *lines, "\r\n"]).encode() + body)
    assert isinstance(found, Plain)
    return found


def taken_apart(answer: bytes | None) -> tuple[str, dict[str, str], bytes]:
    """The status line, the headers and the body of an answer."""
    assert answer is not None
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    return first, dict(field.split(": ", 1) for field in fields), body


REQUESTS: list[tuple[bytes, dict[str, str]]] = [
    (ROW, {}),
    (ROW * 20, {"Accept": "text/csv"}),
    (b"[[-70,null,null,null,null,null,null,null,null,null,null,null,-90]]", {"Content_Type": ""}),
    (ROW, {"Accept": "application/x-npy"}),
    (ROW, {"X_Amzn_SageMaker_Custom_Attributes": "top_k=3,explain=true,trace=7"}),
    (ROW, {"Accept": "image/png"}),
    (ROW, {"Content_Type": "image/png"}),
    (ROW, {"X_Amzn_SageMaker_Custom_Attributes": "top_k=x"}),
    (b"", {}),
    (b"1,2\n", {}),
    (b"[[", {"Content_Type": "application/json"}),
]


@pytest.mark.parametrize(("body", "headers"), REQUESTS)
def test_answers_are_those_of_flask(
    served: Served, body: bytes, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    headers = {"X_Amzn_SageMaker_Inference_Id": "one"} | headers
    first, fields, found = taken_apart(served.quick.answer(plain(body, **headers)))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    flask = served.app.test_client().post(
        "/invocations", data=body, headers={"Content-Type": "text/csv"} | named
    )
    assert first == f"HTTP/1.1 {flask.status}"
    assert found == flask.data
    for own in ("Server", "Date", "Connection"):
        del fields[own]  # gunicorn's
    assert fields == dict(flask.headers)
    ours, theirs = (each.message.partition(" ms=")[0] for each in caplog.records)
    assert ours == theirs


def test_metrics_are_counted_as_by_flask(signed: Predictor) -> None:
    counts = []
    for past in (True, False):
        served = Served(Core(signed))
        client = served.app.test_client()
        for body in (ROW, ROW * 5, b"", b",,,,,,,,,,,,\n"):
            if past:
                assert served.quick.answer(plain(body))
            else:
                client.post("/invocations", data=body, headers={"Content-Type": "text/csv"})
        text = client.get("/metrics").text
        counts.append(
            {
                (sample.name, *sample.labels.items()): sample.value
                for family in text_string_to_metric_families(text)
                for sample in family.samples
                if not sample.name.endswith(("_created", "_sum", "_bucket"))
            }
        )
    assert counts[0] == counts[1]
    assert counts[0]["blerssi_rows_total",] == 7
    assert counts[0]["blerssi_queue_seconds_count",] == 4


def test_ping(served: Served) -> None:
    first, fields, body = taken_apart(served.quick.answer(plain(b"", "GET /ping")))
    assert (first, body) == ("HTTP/1.1 200 OK", b"")
    assert fields["Content-Length"] == "0"
    assert fields["Content-Type"] == "text/plain"


def test_ping_of_a_model_that_does_not_load() -> None:
    def fail() -> Core:
        raise ArtifactError("The folder is empty.")

    loading = Loading(fail)
    loading.run()
    parts = Parts(loading, Settings())
    past = quick(create_app(parts), parts)
    assert past is not None
    first, fields, body = taken_apart(past.answer(plain(b"", "GET /ping")))
    assert first == "HTTP/1.1 503 SERVICE UNAVAILABLE"
    assert fields["Retry-After"] == "1"
    assert "The folder is empty." in json.loads(body)["error"]["message"]
    assert past.answer(plain()) is None


def test_without_a_model_of_its_own_only_pings_are_answered() -> None:
    past = Quick(NoModel(), Parts(NoModel(), Settings()).invocations, Outlet(io.StringIO()))
    assert past.answer(plain()) is None
    assert past.answer(plain(b"", "GET /ping"))


def test_raw_models_and_handlers_are_left_to_threads(plain_model: Core, handled: Answerer) -> None:
    for answerer in (plain_model, handled):
        assert Served(answerer).quick.answer(plain(b"[[1, 2]]")) is None


@pytest.fixture(name="plain_model")
def _plain_model(request: pytest.FixtureRequest) -> Core:
    return Core(request.getfixturevalue("plain"))


@pytest.fixture
def handled(tmp_path: Path) -> Iterator[Answerer]:
    signed_model(tmp_path)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "inference.py").write_text("def predict_fn(data, model): return 1\n")
    made = making.make(tmp_path, {}, Settings())
    yield made
    made.close()


def test_while_others_compute_a_thread_answers(served: Served) -> None:
    with served.parts.admission.slot():
        assert served.quick.answer(plain()) is None
    assert served.quick.answer(plain())
    assert "blerssi_invocation_seconds_count 1.0" in served.app.test_client().get("/metrics").text


def test_where_the_log_is_not_read_a_thread_waits_for_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = served.quick
    monkeypatch.setattr(Outlet, "flows", lambda _self: False)
    assert past.answer(plain()) is None
    assert past.answer(plain(b"", "GET /ping"))


def test_an_unknown_failure_is_answered_and_logged(
    signed: Predictor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise ValueError("a secret from within")

    core = Core(signed)
    monkeypatch.setattr(core, "invoke", fail)
    served = Served(core)
    request = plain(X_Amzn_SageMaker_Inference_Id="one")
    first, _, body = taken_apart(served.quick.answer(request))
    assert first == "HTTP/1.1 500 INTERNAL SERVER ERROR"
    assert b"secret" not in body
    assert json.loads(body)["error"]["request_id"] == "one"
    (record,) = (each for each in caplog.records if each.levelno == logging.ERROR)
    assert record.exc_info is not None
    assert "a secret from within" in str(record.exc_info[1])
    assert served.parts.admission.enter()  # the slot came back


def test_the_id_of_a_request_ends_with_it(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    found: list[str | None] = []

    class Keep(logging.Handler):
        def emit(self, _record: logging.LogRecord) -> None:
            found.append(logs.request_id.get())

    logger = logging.getLogger("blerssi.serve")
    caplog.set_level(logging.INFO)
    keep = Keep()
    logger.addHandler(keep)
    earlier = logs.request_id.get()
    try:
        served.quick.answer(plain(X_Amzn_SageMaker_Inference_Id="order-66"))
        served.quick.answer(plain(X_Amzn_SageMaker_Inference_Id="two words"))
    finally:
        logger.removeHandler(keep)
    assert found[0] == "order-66"
    assert len(found[1] or "") == 32
    assert logs.request_id.get() == earlier


def after(app: Flask) -> None:
    app.after_request(lambda answer: answer)


def before(app: Flask) -> None:
    app.before_request(lambda: None)


def teardown(app: Flask) -> None:
    app.teardown_request(lambda _error: None)


def wrapped(app: Flask) -> None:
    app.wsgi_app = lambda *_arguments: []  # type: ignore[method-assign]


@pytest.mark.parametrize("extend", [after, before, teardown, wrapped])
def test_an_application_that_has_to_see_every_request_sees_it(served: Served, extend: Any) -> None:
    assert quick(served.app, served.parts) is not None
    extend(served.app)
    assert quick(served.app, served.parts) is None


def test_a_route_of_the_users_own_changes_nothing(served: Served) -> None:
    served.app.add_url_rule("/tea", "tea", lambda: Response("tea"))
    assert quick(served.app, served.parts) is not None
