"""Bytes in, bytes out, over real models."""

import io
import json
from typing import Any

import numpy as np
import pytest

from model.errors import EngineError
from model.predictor import Predictor
from serve import media
from serve.core import Core, Request
from serve.errors import Kind, ServeError
from tests.support.models import LABELS

ROWS = np.full((5, 13), -200, np.float32)
ROWS[:4, :3] = -70 - np.arange(12).reshape(4, 3)


def saved(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


CSV = "".join(",".join(f"{value:g}" for value in row) + "\n" for row in ROWS).encode()
BODIES = {
    media.JSON: json.dumps(ROWS.tolist()).encode(),
    media.CSV: CSV,
    media.JSON_LINES: "\n".join(json.dumps(row) for row in ROWS.tolist()).encode(),
    media.NPY: saved(ROWS),
}


@pytest.mark.parametrize("accept", media.WRITTEN)
@pytest.mark.parametrize("content_type", BODIES)
def test_every_format_in_gives_every_format_out(
    signed: Predictor, content_type: str, accept: str
) -> None:
    answer = Core(signed).invoke(Request(BODIES[content_type], content_type, accept, None))
    assert (answer.media_type, answer.rows, answer.echo) == (accept, 5, None)
    assert answer == Core(signed).invoke(Request(BODIES[media.JSON], None, accept, None))
    probabilities = signed.probabilities(ROWS)
    best = [LABELS[i] for i in probabilities.argmax(axis=1)]
    match accept:
        case media.NPY:
            found = np.load(io.BytesIO(answer.body))
            np.testing.assert_array_equal(found, probabilities)
        case media.CSV:
            assert [line.split(b",")[0].decode() for line in answer.body.splitlines()] == best
        case media.JSON:
            predictions = json.loads(answer.body)["predictions"]
            assert [each["location"] for each in predictions] == best
            assert [each["status"] for each in predictions] == ["ok"] * 4 + ["no_signal"]
        case _:
            assert [json.loads(line)["location"] for line in answer.body.splitlines()] == best


@pytest.mark.parametrize("rows", [1, 2, 3, 1023, 1024, 1025, 3000])
def test_as_many_answers_as_records_in_their_order(signed: Predictor, rows: int) -> None:
    many = np.resize(ROWS, (rows, 13))
    answer = Core(signed).invoke(Request(saved(many), media.NPY, media.CSV, None))
    lines = answer.body.split(b"\n")
    few = Core(signed).invoke(Request(saved(ROWS), media.NPY, media.CSV, None)).body.split(b"\n")
    assert len(lines) == rows + 1
    assert [line.split(b",")[0] for line in lines[:rows]] == [
        few[i % 5].split(b",")[0] for i in range(rows)
    ]


def test_no_more_rows_are_answered_at_once_than_are_computed_at_once(
    signed: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    answers = signed.answers

    def noted(rows: Any, top_k: int) -> Any:
        sizes.append((len(rows), top_k))
        return answers(rows, top_k)

    monkeypatch.setattr(signed, "answers", noted)
    body = saved(np.resize(ROWS, (2500, 13)))
    for accept in (media.CSV, media.JSON, media.NPY):
        Core(signed).invoke(Request(body, media.NPY, accept, "top_k=2"))
    pieces = [1024, 1024, 452]
    assert sizes == [*((size, 1) for size in pieces), *((size, 2) for size in pieces), (2500, 1)]


@pytest.mark.parametrize("accept", [media.CSV, media.JSON, media.JSON_LINES])
def test_parts_of_a_request_make_the_answer_of_the_whole(signed: Predictor, accept: str) -> None:
    many = np.resize(ROWS, (1500, 13))
    core = Core(signed)
    whole, *parts = (
        core.invoke(Request(saved(rows), media.NPY, accept, None))
        for rows in (many, many[:1024], many[1024:])
    )
    if accept == media.JSON:
        read = [json.loads(each.body)["predictions"] for each in (whole, *parts)]
        assert read[0] == read[1] + read[2]
    else:
        assert whole.body == b"".join(each.body for each in parts)
    assert whole.seen
    assert parts[0].seen
    assert parts[1].seen
    assert whole.seen.no_signal == parts[0].seen.no_signal + parts[1].seen.no_signal == 300


@pytest.mark.parametrize(("top_k", "listed"), [("1", 1), ("2", 2), ("999", len(LABELS))])
def test_top_k_is_honoured_and_echoed(signed: Predictor, top_k: str, listed: int) -> None:
    answer = Core(signed).invoke(Request(BODIES[media.JSON], None, None, f"top_k={top_k},x=y"))
    candidates = json.loads(answer.body)["predictions"][0]["candidates"]
    assert len(candidates) == listed
    assert sorted((each["probability"] for each in candidates), reverse=True) == [
        each["probability"] for each in candidates
    ]
    assert answer.echo == f"top_k={top_k},x=y"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ((b"[[1]]", "image/png", None, None), Kind.UNSUPPORTED_MEDIA_TYPE),
        ((b"[[1]]", None, "image/png", None), Kind.NOT_ACCEPTABLE),
        ((b"[[1]]", None, None, "top_k=0"), Kind.INVALID_ATTRIBUTES),
        ((b"[[1]]", None, None, None), Kind.INVALID_INPUT),
        ((b"[[1", None, None, None), Kind.MALFORMED_BODY),
        ((b"", None, None, None), Kind.EMPTY_BODY),
    ],
)
def test_refusals(signed: Predictor, arguments: Any, kind: Kind) -> None:
    with pytest.raises(ServeError) as caught:
        Core(signed).invoke(Request(*arguments))
    assert caught.value.kind is kind


def test_batch_answers_in_kind_and_nothing_for_nothing(signed: Predictor) -> None:
    core = Core(signed, batch=True)
    assert core.invoke(Request(CSV, "text/csv; charset=utf-8", None, None)).media_type == media.CSV
    assert core.invoke(Request(CSV, media.CSV, media.JSON, None)).media_type == media.JSON
    assert core.invoke(Request(b"\n", media.CSV, None, None))[:4] == (b"", media.CSV, None, 0)


def test_the_default_type_can_be_set_and_must_be_one_that_is_written(signed: Predictor) -> None:
    core = Core(signed, default_accept="text/csv")
    assert core.invoke(Request(CSV, media.CSV, "*/*", None)).media_type == media.CSV
    with pytest.raises(ServeError):
        Core(signed, default_accept="image/png")


def test_a_failing_model_is_its_own_fault(
    signed: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise EngineError("MXNet refuses.")

    monkeypatch.setattr(signed, "answers", fail)
    with pytest.raises(ServeError) as caught:
        Core(signed).invoke(Request(CSV, media.CSV, None, None))
    assert caught.value.kind is Kind.MODEL_FAILURE


@pytest.mark.parametrize(
    ("body", "content_type", "accept"),
    [
        (b"[[1, 2], [3, 4]]", None, None),
        (saved(np.array([[1, 2], [3, 4]], np.float32)), media.NPY, media.JSON),
        (b"1,2\n3,4\n", media.CSV, media.JSON),
    ],
)
def test_a_plain_export_takes_and_gives_raw_arrays(
    plain: Predictor, body: bytes, content_type: str | None, accept: str | None
) -> None:
    answer = Core(plain).invoke(Request(body, content_type, accept, None))
    (expected,) = plain.outputs({"data": np.array([[1, 2], [3, 4]], np.float32)})
    assert json.loads(answer.body) == expected.tolist()
    assert (answer.media_type, answer.rows) == (media.JSON, 2)


@pytest.mark.parametrize("body", [b"[[1, 2, 3]]", b"5", b"[[]]", b'{"x": [1]}'])
def test_arrays_that_do_not_fit_a_plain_export_are_the_clients_fault(
    plain: Predictor, body: bytes
) -> None:
    with pytest.raises(ServeError) as caught:
        Core(plain).invoke(Request(body, None, None, None))
    assert caught.value.kind.status == 400


def test_what_the_records_were_like_goes_along(signed: Predictor, plain: Predictor) -> None:
    request = Request(CSV, media.CSV)
    seen = Core(signed).invoke(request).seen
    assert seen is not None
    assert len(seen.fields) == len(seen.missing) == 13
    assert 0 < seen.confidence <= Core(signed).invoke(request).rows
    assert Core(signed, observing=False).invoke(request).seen is None
    assert Core(plain).invoke(Request(b"[[1, 2]]")).seen is None
