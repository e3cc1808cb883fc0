import json
from typing import Any

import pytest

from deploy.answers import Answer, AnswerError, Candidate, predictions
from tests.support.runtime import prediction


def test_an_answer_is_read_whatever_the_label_and_the_axes_are_called() -> None:
    found = Answer.of(
        {
            "room": "kitchen",
            "probability": 0.75,
            "position": {"x": 1.5, "y": 2},
            "uncertainty": 0.5,
            "candidates": [
                {"room": "kitchen", "probability": 0.75},
                {"room": "hall", "probability": 0.25},
            ],
            "status": "out_of_coverage",
        }
    )
    assert found == Answer(
        "kitchen",
        0.75,
        "out_of_coverage",
        (Candidate("kitchen", 0.75), Candidate("hall", 0.25)),
        (1.5, 2.0),
        0.5,
    )
    assert not found.is_ok
    assert found.distance_to((1.5, 5.0)) == 3.0


def test_a_model_without_coordinates_has_no_position() -> None:
    document = prediction()
    del document["position"], document["uncertainty"]
    found = Answer.of(document)
    assert (found.position, found.uncertainty, found.distance_to((0, 0))) == (None, None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"probability": "high"},
        {"candidates": None},
        {"candidates": [{"probability": 1}]},
        {"position": {"x": 1}},
        {"position": 3},
        {"uncertainty": "large"},
        {"second": "label"},
    ],
)
def test_a_record_of_another_kind_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(AnswerError, match="signature"):
        Answer.of(prediction() | change)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[[0.1, 0.9]]", "0.9"),
        (b"\xff", "not one that this client reads"),
        (b'{"predictions": 3}', "no predictions for 1"),
        (json.dumps({"predictions": [prediction(), prediction()]}).encode(), "2 predictions for 1"),
        (b'{"predictions": ["K04"]}', "K04"),
        (b"x" * 5000, r"\.\.\."),
    ],
)
def test_a_body_that_is_no_answer_for_every_record_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(AnswerError, match=said):
        predictions(body, 1)
