"""Many answers at once, held to the same answers written one by one."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.answers import NO_SIGNAL, OK, OUT_OF_COVERAGE, Answers
from model.signature import OutputSpec
from serve import media
from serve.encode import Encoder
from serve.sheet import Sheet

LABELS = ("A01", 'say "hi", you', "Ä\n", "<b>", "E")
PLACES = ((1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (2.0, 2.0), (3.0, 3.0))
PLANE = OutputSpec(LABELS, "cell", ("column", "row"), PLACES)
STATUS = (OK, NO_SIGNAL, OUT_OF_COVERAGE)


def answers(rows: int, seed: int, top_k: int = 3, *, plane: bool = True) -> Answers:
    """Answers without rhyme or reason, small and large numbers among them."""
    rng = np.random.default_rng(seed)
    shares = rng.choice([0.0, 1.0, 1e-6, 5e-5, 0.25, 0.3], (rows, 5)) * rng.choice(
        [1, rng.random()]
    )
    return Answers(
        shares.astype(np.float32),
        rng.integers(0, 5, rows),
        rng.integers(0, 5, (rows, top_k)),
        rng.uniform(0, 30, (rows, 2)).astype(np.float32) if plane else None,
        rng.exponential(2, rows).astype(np.float32) if plane else None,
        rng.choice(STATUS, rows).tolist(),
    )


def part(given: Answers, rows: slice) -> Answers:
    """Some of the answers, too few to be written at once."""
    return Answers(
        given.probabilities[rows],
        given.labels[rows],
        given.candidates[rows],
        None if given.positions is None else given.positions[rows],
        None if given.uncertainty is None else given.uncertainty[rows],
        given.status[rows],
    )


@given(
    st.integers(16, 60),
    st.integers(0, 2**32 - 1),
    st.integers(0, 4),
    st.booleans(),
    st.sampled_from([media.CSV, media.JSON_LINES, media.JSON]),
)
def test_many_answers_are_written_as_each_alone(
    rows: int, seed: int, top_k: int, plane: bool, media_type: str
) -> None:
    output = PLANE if plane else dataclasses.replace(PLANE, coordinates=(), coordinate_names=())
    encoder = Encoder(output)
    many = answers(rows, seed, top_k, plane=plane)
    alone = [encoder.part(part(many, slice(i, i + 1)), media_type) for i in range(rows)]
    assert encoder.encode(many, media_type) == encoder.whole(alone, media_type)


def test_many_answers_are_written_at_once() -> None:
    many = answers(16, 0)
    sheet = Sheet(PLANE, [json.dumps(label) for label in LABELS])
    assert sheet.lines(many)
    assert sheet.records(many, b"\n")
    assert sheet.lines(part(many, slice(15))) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"devices": [("a", 1)] * 20},
        {"contributions": [{"b3001": 0.5}] * 20},
        {"positions": np.full((20, 2), -1, np.float32)},
        {"probabilities": np.full((20, 5), -0.0, np.float32)},
        {"candidates": np.zeros((20, 200), np.intp)},
    ],
)
def test_what_has_no_columns_is_written_one_by_one(changes: dict[str, Any]) -> None:
    odd = dataclasses.replace(answers(20, 0), **changes)
    assert Sheet(PLANE, LABELS).records(odd, b"\n") is None
    lines = Encoder(PLANE).encode(odd, media.JSON_LINES).splitlines()
    assert [json.loads(line)["status"] for line in lines] == odd.status


def test_a_label_with_a_nul_is_written_one_by_one() -> None:
    output = OutputSpec(("a\0b", "c", "d", "e", "f"))
    many = dataclasses.replace(answers(20, 0, plane=False), labels=np.zeros(20, np.intp))
    assert Encoder(output).encode(many, media.CSV).count(b"a\0b,") == 20
