"""`docker run IMAGE serve` on the model that Docker trained, mounted read-only."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from container import contract
from local_test import formats, layout, questions
from local_test.formats import Format
from local_test.layout import Job
from model import artifact
from model.signature import Signature
from tests.support.engine import ISOLATED, Box, Engine, mount
from tests.support.waiting import until

MODEL = f"{contract.BASE_DIR}/{contract.MODEL}"


@pytest.fixture(scope="module")
def model(job: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model as the platform unpacks it."""
    base = tmp_path_factory.mktemp("served")
    layout.place_model(job.archive, base)
    return base / contract.MODEL


@pytest.fixture(scope="module")
def signature(model: Path) -> Signature:
    found = artifact.verify(model)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def rows(scans: Path, signature: Signature) -> list[tuple[float, ...]]:
    return [each.readings for each in questions.pick(scans / "validation.csv", signature, 7)]


@pytest.fixture(scope="module", params=["root", "isolated"])
def box(request: pytest.FixtureRequest, engine: Engine, model: Path) -> Iterator[Box]:
    """A server as the platform runs it, and one with next to no rights and no network (C4.6)."""
    options = ISOLATED if request.param == "isolated" else {}
    started = engine.start("serve", volumes=mount(model, MODEL, "ro"), **options)
    yield started.until_ready()
    ended = started.stop(10)  # as compose does (C1.16, C7.14); one that is late gets 137
    assert ended.code == 0, ended.log
    assert "Traceback" not in ended.log


def test_ping_is_empty(box: Box) -> None:
    for method in ("GET", "POST"):  # C1.27, C1.28
        assert box.ask(contract.PING, method=method)[::2] == (200, b"")


@pytest.mark.parametrize("each", formats.FORMATS, ids=lambda each: str(each.name))
def test_every_format_is_answered(
    box: Box, each: Format, signature: Signature, rows: list[tuple[float, ...]]
) -> None:
    reply = box.ask(contract.INVOCATIONS, each.encode(rows), each.media_type, each.media_type)

    assert (reply.status, reply.media_type) == (200, each.media_type)
    guesses = each.decode(reply.body, signature)
    as_json = box.ask(contract.INVOCATIONS, formats.FORMATS[0].encode(rows))
    assert len(guesses) == len(rows)
    formats.agreement(
        {"JSON": formats.FORMATS[0].decode(as_json.body, signature), each.name: guesses}
    )


def test_answers_have_the_form_that_was_promised(box: Box, rows: list[tuple[float, ...]]) -> None:
    body = formats.FORMATS[0].encode(rows)

    answers = json.loads(box.ask(contract.INVOCATIONS, body).body)["predictions"]
    table = box.ask(contract.INVOCATIONS, body, accept="text/csv").body.decode()

    for answer, line in zip(answers, csv.reader(io.StringIO(table)), strict=True):
        assert list(answer) == [
            *("location", "probability", "position", "uncertainty", "candidates", "status")
        ]
        assert list(answer["position"]) == ["column", "row"]
        assert [line[0], line[5]] == [answer["location"], answer["status"]]


def test_a_wrong_request_is_explained(box: Box) -> None:
    reply = box.ask(contract.INVOCATIONS, b'{"instances": [[1, 2]]}')

    assert (reply.status, reply.media_type) == (400, "application/json")
    assert json.loads(reply.body)["error"]["code"] == "invalid_input"


def test_nothing_was_written_to_the_model(box: Box, model: Path) -> None:
    assert sorted(each.name for each in model.iterdir()) == sorted(
        (artifact.SYMBOL, artifact.PARAMS, artifact.SHAPES, artifact.SIGNATURE)
    )


def test_a_container_can_be_restarted(engine: Engine, model: Path) -> None:
    box = engine.start("serve", volumes=mount(model, MODEL, "ro")).until_ready()  # C1.14

    box.container.kill()
    box.container.start()

    assert box.until_ready().ask(contract.PING, method="GET").status == 200


def test_without_an_argument_a_model_is_served_on_the_port_that_was_asked_for(
    engine: Engine, model: Path
) -> None:
    box = engine.start(
        volumes=mount(model, MODEL, "ro"), environment={"SAGEMAKER_BIND_TO_PORT": "25001"}
    )

    box.until_ready(port=25001)  # C7.20, C1.18


def test_without_a_model_the_server_stays_and_says_why(engine: Engine) -> None:
    box = engine.start("serve")

    def status() -> int:
        try:
            return box.ask(contract.PING, method="GET").status
        except ConnectionError:
            return 0

    until(lambda: status() == 503, "/ping answers 503")  # C1.11, C1.25
    until(lambda: MODEL in box.log, "the log names the folder")
    assert box.is_running
    assert "Traceback" not in box.log


def test_a_plain_export_is_served_with_raw_arrays(engine: Engine, tmp_path: Path) -> None:
    """As the reference client asks: NPY in, JSON accepted, a bare list of rows back (C6.6)."""
    tmp_path.chmod(0o777)
    script = (
        "from model.blerssi import network; mx = network.mxnet()\n"
        "net = mx.gluon.nn.Dense(2, in_units=3); net.initialize(mx.init.One()); net.hybridize()\n"
        "net(mx.nd.zeros((1, 3))); net.export('/export/dense')"
    )
    made = engine.run("python", "-c", script, volumes=mount(tmp_path, "/export"))
    assert made.code == 0, made.log
    box = engine.start("serve", volumes=mount(tmp_path, MODEL, "ro")).until_ready()
    body = io.BytesIO()
    np.save(body, np.array([[1, 2, 3], [4, 5, 6]], np.float32))

    reply = box.ask(contract.INVOCATIONS, body.getvalue(), "application/x-npy")

    assert reply.status == 200, reply.body
    assert np.array(json.loads(reply.body)).tolist() == [[6, 6], [15, 15]]
