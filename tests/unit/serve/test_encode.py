import gc
import io
import json
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.answers import Answers
from model.signature import OutputSpec
from serve import media
from serve.encode import Encoder, _rounded, encoder_of

PROBABILITIES = np.array([[0.1, 0.7, 0.2], [0.25, 0.25, 0.5]], np.float32)
PLANE = OutputSpec(
    ("A01", 'say "hi", you', "Ä\n"), "cell", ("column", "row"), ((1, 1), (1, 2), (2, 1))
)
ANSWERS = Answers(
    PROBABILITIES,
    np.array([1, 0]),
    np.array([[1, 2], [2, 0]]),
    np.array([[1.5, 2], [3, 4]], np.float32),
    np.array([0.5, 1.23456], np.float32),
    ["ok", "no_signal"],
)
EXPECTED = [
    {
        "cell": 'say "hi", you',
        "probability": 0.7,
        "position": {"column": 1.5, "row": 2.0},
        "uncertainty": 0.5,
        "candidates": [
            {"cell": 'say "hi", you', "probability": 0.7},
            {"cell": "Ä\n", "probability": 0.2},
        ],
        "status": "ok",
    },
    {
        "cell": "A01",
        "probability": 0.25,
        "position": {"column": 3.0, "row": 4.0},
        "uncertainty": 1.235,
        "candidates": [
            {"cell": "Ä\n", "probability": 0.5},
            {"cell": "A01", "probability": 0.25},
        ],
        "status": "no_signal",
    },
]
PLAIN = Answers(PROBABILITIES, ANSWERS.labels, ANSWERS.candidates, None, None, ANSWERS.status)


def test_json_has_every_field_in_order() -> None:
    text = Encoder(PLANE).encode(ANSWERS, media.JSON)
    assert json.loads(text) == {"predictions": EXPECTED}
    assert list(json.loads(text)["predictions"][0]) == list(EXPECTED[0])


def test_json_lines_are_the_same_records_one_a_line() -> None:
    lines = Encoder(PLANE).encode(ANSWERS, media.JSON_LINES).decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == EXPECTED


def test_csv_quotes_what_needs_it_and_ends_every_record() -> None:
    text = Encoder(PLANE).encode(ANSWERS, media.CSV).decode()
    assert text == '"say ""hi"", you",0.7,1.5,2.0,0.5,ok\nA01,0.25,3.0,4.0,1.235,no_signal\n'


def test_models_that_answer_alike_share_their_encoder_until_the_last_has_gone() -> None:
    output = OutputSpec(("a", "b"), "alike")
    assert encoder_of(output) is encoder_of(replace(output))
    assert encoder_of(output) is not encoder_of(PLANE)
    encoder = weakref.ref(encoder_of(output))
    del output
    gc.collect()
    assert encoder() is None


def test_npy_is_the_probabilities_as_they_are() -> None:
    found = np.load(io.BytesIO(Encoder(PLANE).encode(ANSWERS, media.NPY)), allow_pickle=False)
    np.testing.assert_array_equal(found, PROBABILITIES)
    assert found.dtype == np.float32


@pytest.mark.parametrize("media_type", [media.JSON, media.CSV])
def test_without_coordinates_there_is_no_position(media_type: str) -> None:
    text = Encoder(OutputSpec(("a", "b", "c"))).encode(PLAIN, media_type)
    if media_type == media.CSV:
        assert text == b"b,0.7,ok\na,0.25,no_signal\n"
    else:
        assert json.loads(text)["predictions"][1].keys() == {
            "location", "probability", "candidates", "status",
        }  # fmt: skip


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=1, max_size=16))
@example([0.0, -0.0, 1e-7, -1e-7, 0.0005, 0.0015, 0.0025, 2.5e-7, 5e-7, 1.0])
def test_few_numbers_are_rounded_as_many(numbers: list[float]) -> None:
    few = np.array(numbers, np.float32)
    for digits in (3, 6):
        many = _rounded(np.resize(few, 17), digits)
        assert repr(_rounded(few, digits)) == repr(many[: len(few)])


@pytest.mark.parametrize("name", ["{}", "{x", "a}"])
def test_a_name_may_have_braces(name: str) -> None:
    output = OutputSpec(PLANE.labels, name)
    text = Encoder(output).encode(PLAIN, media.JSON)
    assert json.loads(text)["predictions"][0][name] == PLANE.labels[1]
