"""Several scans together, and explanations, from body to body over a real model."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from container.settings import Settings
from model import tracks
from model.predictor import Predictor
from serve import making, media
from serve.core import Answer, Core, Request
from serve.errors import Kind, ServeError
from tests.support.models import COORDINATES, LABELS, signed_model

FIELDS = [f"b{3001 + i}" for i in range(13)]
DEVICES = ["b", "a", "b", "b", "a"]
ROWS = np.full((5, 13), -200, np.float32)
ROWS[:, 0] = [-60, -90, -70, -200, -80]
ROWS[:3, 5] = [-75, -70, -65]
RECORDS = [
    {name: float(value) for name, value in zip(FIELDS, row, strict=True)} | {"device": device}
    for row, device in zip(ROWS, DEVICES, strict=True)
]


def ask(
    model: Any, body: object, accept: str = media.JSON, attributes: str | None = None
) -> Answer:
    answer: Answer = model.invoke(Request(json.dumps(body).encode(), None, accept, attributes))
    return answer


def predictions(answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(answer.body)["predictions"]
    return found


def refused(model: Any, body: object, accept: str = media.JSON, attributes: str = "") -> ServeError:
    with pytest.raises(ServeError) as caught:
        ask(model, body, accept, attributes)
    assert caught.value.status == 400
    return caught.value


def scans(model: Predictor, devices: Sequence[int]) -> tracks.Scans:
    silent = (ROWS == -200).all(axis=1)
    return tracks.Scans(model.probabilities(ROWS), np.array(devices, np.intp), silent)


def test_a_sequence_answers_every_record_with_all_before_it(signed: Predictor) -> None:
    answer = ask(Core(signed), {"instances": ROWS.tolist(), "sequence": True}, media.NPY)
    found = np.load(io.BytesIO(answer.body))
    motion = signed.signature.output.motion if signed.signature else None
    assert motion is not None
    np.testing.assert_array_equal(
        found, tracks.filtered(scans(signed, [0] * 5), COORDINATES, motion)
    )
    assert np.abs(found[1:] - signed.probabilities(ROWS)[1:]).max() > 0.01
    shown = predictions(ask(Core(signed), {"instances": ROWS.tolist(), "sequence": True}))
    likeliest = [each["candidates"][0]["location"] for each in shown]
    assert likeliest == [LABELS[i] for i in found.argmax(axis=1)]
    assert [each["status"] for each in shown] == ["ok", "ok", "ok", "no_signal", "ok"]
    assert not {"device", "scans", "contributions"} & shown[0].keys()


def test_devices_imply_a_sequence_each(signed: Predictor) -> None:
    core = Core(signed)
    found = predictions(ask(core, RECORDS))
    assert len(found) == 5
    for device in "ab":
        rows = [i for i, name in enumerate(DEVICES) if name == device]
        alone = predictions(ask(core, {"instances": ROWS[rows].tolist(), "sequence": True}))
        assert [found[i] for i in rows] == alone


def test_standing_devices_get_an_answer_each(signed: Predictor) -> None:
    core = Core(signed)
    body = {"instances": RECORDS, "standing": True}
    found = predictions(ask(core, body))
    assert [(each["device"], each["scans"]) for each in found] == [("b", 3), ("a", 2)]
    for each in found:
        rows = [i for i, name in enumerate(DEVICES) if name == each["device"]]
        (alone,) = predictions(ask(core, {"instances": ROWS[rows].tolist(), "standing": True}))
        assert each == alone | {"device": each["device"], "scans": len(rows)}
    lines = list(csv.reader(io.StringIO(ask(core, body, media.CSV).body.decode())))
    assert [line[-2:] for line in lines] == [["b", "3"], ["a", "2"]]
    assert [line[0] for line in lines] == [each["location"] for each in found]
    assert np.load(io.BytesIO(ask(core, body, media.NPY).body)).shape == (2, 4)
    assert ask(core, body).rows == 5


@pytest.mark.parametrize(("silent", "status"), [([True, True], "no_signal"), ([True, False], "ok")])
def test_a_standing_device_is_silent_where_all_its_scans_are(
    signed: Predictor, silent: list[bool], status: str
) -> None:
    rows = [[None if each else -70] * 13 for each in silent]
    (found,) = predictions(ask(Core(signed), {"instances": rows, "standing": True}))
    assert found["status"] == status


def as_csv() -> bytes:
    lines = [",".join([*FIELDS, "device"])]
    lines += [
        ",".join([*(f"{value:g}" for value in row), device])
        for row, device in zip(ROWS, DEVICES, strict=True)
    ]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("switch", ["sequence", "standing"])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (as_csv(), media.CSV),
        ("\n".join(map(json.dumps, RECORDS)).encode(), media.JSON_LINES),
    ],
)
def test_attributes_ask_in_formats_that_have_no_switches(
    signed: Predictor, body: bytes, content_type: str, switch: str
) -> None:
    core = Core(signed)
    attributes = f"{switch}=true;top_k=2"
    answer = core.invoke(Request(body, content_type, None, attributes))
    assert answer.body == ask(core, {"instances": RECORDS, switch: True}, attributes="top_k=2").body
    assert answer.echo == attributes


def test_npy_is_one_device(signed: Predictor) -> None:
    file = io.BytesIO()
    np.save(file, ROWS)
    answer = Core(signed).invoke(Request(file.getvalue(), media.NPY, None, "standing=true"))
    assert answer.body == ask(Core(signed), {"instances": ROWS.tolist(), "standing": True}).body


def test_a_switch_that_is_off_changes_nothing(signed: Predictor) -> None:
    core = Core(signed)
    plain = ask(core, ROWS.tolist())
    off = ask(core, {"instances": ROWS.tolist(), "sequence": False, "explain": False})
    assert plain.body == off.body


def test_contributions_are_what_occluded_records_lose(signed: Predictor) -> None:
    core = Core(signed)
    plain = predictions(ask(core, ROWS.tolist()))
    found = predictions(ask(core, {"instances": ROWS.tolist(), "explain": True}))
    whole = signed.probabilities(ROWS)
    for row, answer in enumerate(found):
        contributions = answer.pop("contributions")
        assert answer == plain[row]
        heard = np.flatnonzero(ROWS[row] != -200)
        assert set(contributions) == {FIELDS[i] for i in heard}
        assert list(contributions.values()) == sorted(contributions.values(), reverse=True)
        for i in heard:
            without = ROWS[row].copy()
            without[i] = -200
            label = whole[row].argmax()
            lost = np.log(whole[row, label] / signed.probabilities(without[None])[0, label])
            assert contributions[FIELDS[i]] == pytest.approx(lost, abs=1e-3)
    lines = ask(core, ROWS.tolist(), media.JSON_LINES, "explain=true").body.splitlines()
    assert "contributions" in json.loads(lines[0])


@pytest.mark.parametrize("accept", [media.CSV, media.NPY])
def test_an_explanation_needs_json(signed: Predictor, accept: str) -> None:
    error = refused(Core(signed), {"instances": ROWS.tolist(), "explain": True}, accept)
    assert error.kind is Kind.INVALID_INPUT
    assert accept in error.message


def test_batch_transform_gets_a_line_a_record_whatever_the_devices(signed: Predictor) -> None:
    core = Core(signed, batch=True)
    body = "\n".join(map(json.dumps, RECORDS)).encode()
    answer = core.invoke(Request(body, media.JSON_LINES, None, None))
    assert (answer.media_type, answer.body.count(b"\n")) == (media.JSON_LINES, 5)


@pytest.mark.parametrize(
    ("body", "attributes"),
    [
        ([[1, 2]], "sequence=true"),
        ([[1, 2]], "standing=true"),
        ([[1, 2]], "explain=true"),
        ({"instances": [[1, 2]], "sequence": True}, ""),
        ([{"device": "a", "x": 1}], ""),
    ],
)
def test_a_plain_export_cannot(plain: Predictor, body: object, attributes: str) -> None:
    refused(Core(plain), body, attributes=attributes)


@pytest.mark.parametrize("attributes", ["sequence=1", "explain=", "standing=maybe"])
def test_a_wrong_attribute_is_refused(signed: Predictor, attributes: str) -> None:
    error = refused(Core(signed), ROWS.tolist(), attributes=attributes)
    assert error.kind is Kind.INVALID_ATTRIBUTES


@pytest.fixture
def handled(tmp_path: Path) -> Callable[[str], Any]:
    def make(program: str) -> Any:
        signed_model(tmp_path)
        (tmp_path / "code").mkdir()
        (tmp_path / "code" / "inference.py").write_text(program)
        return making.make(tmp_path, {}, Settings())

    return make


def test_a_handler_that_leaves_predicting_to_us_has_all_of_it(
    handled: Callable[[str], Any], signed: Predictor
) -> None:
    answerer = handled("def output_fn(p, accept): return str(p.devices), 'text/plain'")
    answer = ask(answerer, {"instances": RECORDS, "standing": True})
    assert answer.body == b"[('b', 3), ('a', 2)]"
    answerer.close()


def test_a_users_predict_fn_is_never_left_without_what_was_asked(
    handled: Callable[[str], Any],
) -> None:
    answerer = handled("def predict_fn(data, model): return {'rows': len(data)}")
    assert json.loads(ask(answerer, ROWS.tolist(), attributes="sequence=mine").body) == {"rows": 5}
    for body in (RECORDS, {"instances": ROWS.tolist(), "standing": True}):
        assert "predict_fn" in refused(answerer, body).message
    answerer.close()
