"""Two hundred generated bodies over all formats: never a 5xx, and good answers afterwards."""

import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from container.contract import ERROR_BODY_LIMIT
from container.settings import Settings
from model.predictor import Predictor
from serve import media
from serve.app import Parts, create_app
from serve.core import Core
from serve.loading import Loading

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([-70, -200, 10**30]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["b3001", "b3013", "features", "instances", "data", "other"]), inner
        )
    ),
    max_leaves=30,
)
CELLS = st.sampled_from(
    ["-70", "", " ", "b3001", "nan", "1e999", '"', '"-70"', "x", "\x00", "-1_0"]
)
TABLES = st.lists(
    st.lists(CELLS, max_size=14).map(",".join) | st.just("-70," * 12 + "-70"), max_size=8
)
ENDINGS = st.sampled_from(["\n", "\r\n", "\r"])
DTYPES = st.sampled_from(["<f4", ">f8", "<i2", "|b1", "<c8", "<U3", "<M8[D]", "<f2", "|V4"])


def saved(shape: tuple[int, ...], dtype: str) -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(shape, dtype))
    return file.getvalue()


def zipped(shape: tuple[int, ...], names: list[str]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **dict.fromkeys(names, np.zeros(shape)))
    return file.getvalue()


@st.composite
def damaged(draw: st.DrawFn, sound: st.SearchStrategy[bytes]) -> bytes:
    """A sound body with some bytes overwritten, cut off or added."""
    body = bytearray(draw(sound))
    for _ in range(draw(st.integers(0, 4))):
        if body:
            body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    cut = draw(st.none() | st.integers(0, len(body)))
    return bytes(body[:cut]) + draw(st.just(b"") | st.binary(max_size=8))


SHAPES = st.lists(st.sampled_from([0, 1, 2, 13]), max_size=3).map(tuple)
NAMES = st.lists(st.sampled_from(["data", "b3001", "x"]), max_size=3)
BODIES = st.one_of(
    st.tuples(st.sampled_from(media.READ), st.binary(max_size=200)),
    st.tuples(st.just(media.JSON), JSON_VALUES.map(json.dumps).map(str.encode)),
    st.tuples(
        st.just(media.JSON_LINES),
        st.lists(JSON_VALUES.map(json.dumps), max_size=5).map("\n".join).map(str.encode),
    ),
    st.tuples(
        st.just(media.CSV),
        st.builds(lambda lines, end: end.join(lines).encode(), TABLES, ENDINGS),
    ),
    st.tuples(st.just(media.NPY), damaged(st.builds(saved, SHAPES, DTYPES))),
    st.tuples(st.just(media.NPZ), damaged(st.builds(zipped, SHAPES, NAMES))),
)
HEADERS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
GOOD = {"signed": json.dumps([[-70] * 13]).encode(), "plain": b"[[1, 2]]"}


@pytest.fixture(scope="module")
def apps(signed: Predictor, plain: Predictor) -> dict[str, Any]:
    found = {}
    for name, predictor in (("signed", signed), ("plain", plain)):
        loading = Loading(lambda predictor=predictor: Core(predictor))  # type: ignore[misc]
        loading.run()
        found[name] = create_app(Parts(loading, Settings())).test_client()
    return found


@pytest.mark.parametrize("name", ["signed", "plain"])
@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    body=BODIES,
    accept=st.none() | st.sampled_from(media.WRITTEN) | HEADERS,
    charset=st.sampled_from(["", "; charset=utf-16", "; charset=latin1"]) | HEADERS,
    attributes=st.none() | st.sampled_from(["top_k=2", "top_k=x"]) | HEADERS,
)
@example(body=(media.JSON, b"[" * 100_000), accept=None, charset="", attributes=None)
@example(body=(media.JSON, b'["\\ud800"]'), accept=None, charset="", attributes=None)
@example(body=(media.JSON, b'{"\\ud800": "\\udfff"}'), accept=None, charset="", attributes=None)
@example(body=(media.JSON, b"[[1,1],[1]]"), accept="text/csv", charset="", attributes=None)
@example(body=(media.JSON, b"[" + b"9" * 5000 + b"]"), accept=None, charset="", attributes=None)
@example(body=(media.CSV, b"-70," * 200_000), accept=None, charset="", attributes=None)
@example(body=(media.CSV, b"\xff\xfe"), accept=None, charset="", attributes=None)
def test_no_body_is_our_fault(
    apps: dict[str, Any],
    name: str,
    body: tuple[str, bytes],
    accept: str | None,
    charset: str,
    attributes: str | None,
) -> None:
    media_type, data = body
    headers = {
        "Content-Type": media_type + charset,
        "Accept": accept,
        "X-Amzn-SageMaker-Custom-Attributes": attributes,
    }
    given_headers = {key: value for key, value in headers.items() if value is not None}
    answer = apps[name].post("/invocations", data=data, headers=given_headers)
    assert answer.status_code < 500
    if answer.status_code != 200:
        assert len(answer.data) < ERROR_BODY_LIMIT
        assert b"\n" not in answer.data
        assert b"Traceback" not in answer.data
        error = json.loads(answer.data)["error"]
        assert error["message"]
        if error["code"] == "malformed_body":
            assert error["problems"]
    assert apps[name].post("/invocations", data=GOOD[name]).status_code == 200
