import io
import json
from typing import Any

import numpy as np
import pytest

from model.errors import InputError
from serve import media
from serve.arrays import ArrayFormat
from serve.errors import Kind, ServeError
from serve.media import ContentType

ONE = ArrayFormat(("data",), {"data": (1, 2)}, 10_000)
IMAGE = ArrayFormat(("data",), {"data": (1, 2, 2)}, 10_000)
TWO = ArrayFormat(("left", "right"), {"left": (1, 2)}, 10_000)


def saved(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def decode(form: ArrayFormat, body: bytes, media_type: str = media.JSON) -> dict[str, Any]:
    return {k: v.tolist() for k, v in form.decode(body, ContentType(media_type)).items()}


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"[[1, 2], [3, 4]]", media.JSON),
        (b'{"instances": [[1, 2], [3, 4]]}', media.JSON),
        (b'{"data": [[1, 2], [3, 4]]}', media.JSON),
        (b"[1, 2]\n\n[3, 4]", media.JSON_LINES),
        (b"1,2\r\n3,4\n", media.CSV),
        (saved([[1, 2], [3, 4]]), media.NPY),
        (archive(anything=[[1, 2], [3, 4]]), media.NPZ),
    ],
)
def test_one_input_in_every_format(body: bytes, media_type: str) -> None:
    assert decode(ONE, body, media_type) == {"data": [[1, 2], [3, 4]]}


def test_a_row_alone_and_flat_rows_take_the_shape_of_the_model() -> None:
    assert decode(ONE, b"[1, 2]") == {"data": [[1, 2]]}
    assert decode(IMAGE, b"1,2,3,4\n5,6,7,8\n", media.CSV)["data"][1] == [[5, 6], [7, 8]]
    assert decode(IMAGE, b"[[1, 2], [3, 4]]") == {"data": [[[1, 2], [3, 4]]]}


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"left": [[1, 2]], "right": [3]}', media.JSON),
        (archive(left=[[1, 2]], right=[3]), media.NPZ),
    ],
)
def test_several_inputs_by_name(body: bytes, media_type: str) -> None:
    assert decode(TWO, body, media_type) == {"left": [[1, 2]], "right": [3]}


@pytest.mark.parametrize(
    ("form", "body", "media_type"),
    [
        (ONE, b'[[1, "2"]]', media.JSON),
        (ONE, b"[[1, null]]", media.JSON),
        (ONE, b"[[1, true], [2]]", media.JSON),
        (ONE, b"[[true, false]]", media.JSON),
        (ONE, b"[[1, 2], [3]]", media.JSON),
        (ONE, b"[[" + b"9" * 400 + b", 1]]", media.JSON),
        (ONE, b'"text"', media.JSON),
        (ONE, b'{"instances": [[1, 2]], "more": 1}', media.JSON),
        (ONE, b'{"date": [[1, 2]]}', media.JSON),
        (ONE, b"a,b\n1,2\n", media.CSV),
        (ONE, b"1,\n", media.CSV),
        (ONE, b"1,2\n3\n", media.CSV),
        (TWO, b"[[1, 2]]", media.JSON),
        (TWO, b'{"left": [[1, 2]]}', media.JSON),
        (TWO, archive(left=[[1, 2]]), media.NPZ),
    ],
)
def test_anything_else_is_a_named_problem(form: ArrayFormat, body: bytes, media_type: str) -> None:
    with pytest.raises((InputError, ServeError)) as caught:
        decode(form, body, media_type)
    error = ServeError.of(caught.value)
    assert error.kind.status == 400
    assert error.problems


@pytest.mark.parametrize(
    ("body", "media_type"), [(b"", media.NPY), (b" ", media.JSON), (b"[]", media.JSON)]
)
def test_nothing_is_said_to_be_nothing(body: bytes, media_type: str) -> None:
    with pytest.raises(ServeError) as caught:
        decode(ONE, body, media_type)
    assert caught.value.kind is Kind.EMPTY_BODY


OUTPUT = np.array([[1.5, -2], [1 / 3, 4]], np.float32)


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        (media.JSON, b"[[1.5, -2.0], [0.3333333432674408, 4.0]]"),
        (media.JSON_LINES, b"[1.5, -2.0]\n[0.3333333432674408, 4.0]\n"),
        (media.CSV, b"1.5,-2\n0.333333343,4\n"),
    ],
)
def test_one_output_in_every_format(media_type: str, expected: bytes) -> None:
    assert ONE.encode([OUTPUT], media_type) == expected


def test_npy_comes_back_as_it_is() -> None:
    found = np.load(io.BytesIO(ONE.encode([OUTPUT], media.NPY)), allow_pickle=False)
    np.testing.assert_array_equal(found, OUTPUT)


def test_what_json_does_not_know_becomes_null() -> None:
    body = ONE.encode([np.array([[np.nan, np.inf, 1]], np.float32)], media.JSON)
    assert json.loads(body) == [[None, None, 1.0]]


def test_several_outputs_are_a_list_in_json_and_not_acceptable_elsewhere() -> None:
    assert json.loads(ONE.encode([OUTPUT, OUTPUT[0]], media.JSON))[1] == OUTPUT[0].tolist()
    with pytest.raises(ServeError) as caught:
        ONE.encode([OUTPUT, OUTPUT], media.CSV)
    assert caught.value.kind is Kind.NOT_ACCEPTABLE
