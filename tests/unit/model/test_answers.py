"""Positions, uncertainties, candidates and status, held to their definitions."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.answers import NO_SIGNAL, OK, OUT_OF_COVERAGE, Answers, Decoder
from model.signature import CONFIDENCE, OutputSpec

PLACES = tuple((float(column), float(row)) for column in range(5) for row in range(4))
LABELS = tuple(f"{chr(65 + int(c))}{int(r):02}" for c, r in PLACES)
NAMES = ("column", "row")
SPEC = OutputSpec(LABELS, "location", NAMES, PLACES)
DECODER = Decoder(SPEC)

posteriors = st.lists(st.floats(0, 1, width=32), min_size=len(LABELS), max_size=len(LABELS)).filter(
    lambda weights: sum(weights) > 0.01
)


def decode(
    rows: list[list[float]], top_k: int = 3, decoder: Decoder = DECODER, silent: bool = False
) -> Answers:
    weights = np.asarray(rows, np.float32)
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    return decoder.decode(probabilities, np.full(len(rows), silent), top_k)


def one_hot(*labels: str) -> list[float]:
    return [1.0 if label in labels else 0.0 for label in LABELS]


def distances(point: npt.ArrayLike) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = np.linalg.norm(np.asarray(PLACES) - np.asarray(point), axis=1)
    return found


@given(posteriors)
def test_no_half_cell_nearby_has_a_smaller_expected_distance(posterior: list[float]) -> None:
    answers = decode([posterior])
    assert answers.positions is not None
    expected = answers.probabilities[0] @ distances(answers.positions[0])
    lattice = [(c / 2, r / 2) for c in range(9) for r in range(7)]
    best = min(answers.probabilities[0] @ distances(point) for point in lattice)
    assert expected == pytest.approx(best, rel=1e-4, abs=1e-5)


@given(posteriors)
def test_the_radius_holds_the_share_of_the_posterior_and_none_smaller_does(
    posterior: list[float],
) -> None:
    answers = decode([posterior])
    assert answers.positions is not None
    assert answers.uncertainty is not None
    away = distances(answers.positions[0])
    radius = answers.uncertainty[0]
    assert answers.probabilities[0][away <= radius + 1e-4].sum() >= CONFIDENCE - 1e-5
    assert answers.probabilities[0][away < radius - 1e-4].sum() <= CONFIDENCE + 1e-5


@given(posteriors)
def test_no_label_has_a_smaller_expected_distance_than_the_answer(posterior: list[float]) -> None:
    answers = decode([posterior])
    expected = [answers.probabilities[0] @ distances(place) for place in PLACES]
    assert expected[answers.labels[0]] == pytest.approx(min(expected), rel=1e-4, abs=1e-5)


def test_the_answer_is_among_the_many_and_not_the_likeliest_far_away() -> None:
    shares = {"E03": 0.4, "A00": 0.15, "A01": 0.15, "B00": 0.3}
    posterior = [shares.get(label, 0.0) for label in LABELS]
    answers = decode([posterior])
    assert LABELS[answers.labels[0]] == "B00"
    assert LABELS[answers.candidates[0][0]] == "E03"


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.3, 1.0, 5.0]))
def test_many_rows_have_the_places_of_each_alone(seed: int, concentration: float) -> None:
    places = tuple((column / 2, row / 3) for column in range(10) for row in range(8))
    decoder = Decoder(OutputSpec(tuple(map(str, range(80))), "location", NAMES, places))
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(80, concentration), 50).astype(np.float32)
    rows[::7] = np.eye(80, dtype=np.float32)[:8]
    rows[3] = 1 / 80
    assert decoder._plane is not None
    best = rng.integers(0, len(decoder._plane._points), 50)
    few = [decoder._plane._reached(rows[i : i + 1], best[i : i + 1])[0] for i in range(50)]
    assert decoder._plane._reached(rows, best).tolist() == few


def test_sums_that_rounding_decides_are_done_in_order() -> None:
    """Half the posterior on either side: the share is reached exactly, or just not."""
    plane = Decoder(OutputSpec(LABELS, "location", NAMES, PLACES, mass=0.5))._plane
    assert plane is not None
    rows = np.zeros((40, len(LABELS)), np.float32)
    for row, nudge in zip(rows, range(-20, 20), strict=True):
        row[0], row[1] = 0.5, 0.5 + nudge * 2**-24
    best = np.zeros(40, np.intp)  # the point on the first label
    many = plane._reached(rows, best).tolist()
    assert many == [plane._reached(rows[i : i + 1], best[:1])[0] for i in range(40)]
    assert len(set(many)) == 2


def test_shares_below_nothing_are_counted_as_they_are() -> None:
    rows = np.tile(np.array([[0.9, -0.5, 0.6] + [0.0] * 17], np.float32), (10, 1))
    many, alone = (
        DECODER.decode(each, np.zeros(len(each), np.bool_), 1) for each in (rows, rows[:1])
    )
    assert many.uncertainty is not None
    assert alone.uncertainty is not None
    assert set(many.uncertainty.tolist()) == set(alone.uncertainty.tolist())


def test_a_smaller_mass_gives_a_smaller_radius() -> None:
    half = Decoder(OutputSpec(LABELS, "location", NAMES, PLACES, mass=0.3))
    posterior = [0.4 if label == "A00" else 0.6 / 19 for label in LABELS]
    wide, narrow = (decode([posterior], decoder=each).uncertainty for each in (DECODER, half))
    assert wide is not None
    assert narrow is not None
    assert narrow[0] < wide[0]


def test_a_certain_answer_lies_on_its_cell() -> None:
    answers = decode([one_hot("C02")])
    assert answers.positions is not None
    assert answers.uncertainty is not None
    assert answers.positions.tolist() == [[2.0, 2.0]]
    assert answers.uncertainty.tolist() == [0.0]
    assert LABELS[answers.candidates[0][0]] == "C02"


def test_a_position_may_lie_between_cells() -> None:
    answers = decode([one_hot("A00", "A02", "C00", "C02")])
    assert answers.positions is not None
    assert answers.positions.tolist() == [[1.0, 1.0]]


def test_ties_go_to_the_first_label() -> None:
    answers = decode([[1.0] * len(LABELS)], top_k=4)
    assert answers.candidates.tolist() == [[0, 1, 2, 3]]


@given(st.integers(0, 40), st.integers(1, 20), st.integers(1, 25), st.integers(0, 2**32 - 1))
def test_candidates_are_those_of_a_stable_sort(
    rows: int, labels: int, top_k: int, seed: int
) -> None:
    shares = np.random.default_rng(seed).integers(-1, 4, (rows, labels)) / 4  # with many ties
    decoder = Decoder(OutputSpec(tuple(map(str, range(labels)))))
    found = decoder.decode(shares.astype(np.float32), np.zeros(rows, np.bool_), top_k)
    expected = np.argsort(-shares, axis=1, kind="stable")[:, :top_k]
    np.testing.assert_array_equal(found.candidates, expected)


def test_candidates_are_sorted_and_never_more_than_there_are() -> None:
    posterior = [float(number) for number in range(1, len(LABELS) + 1)]
    assert decode([posterior], top_k=2).candidates.tolist() == [[19, 18]]
    assert decode([posterior], top_k=1000).candidates.shape == (1, len(LABELS))


def test_status() -> None:
    rows = np.full((4, len(LABELS)), 1 / len(LABELS), np.float32)
    silent = np.array([False, False, True, True])
    strange = np.array([False, True, False, True])
    for decoder in (DECODER, Decoder(OutputSpec(LABELS))):
        found = decoder.decode(rows, silent, 1, strange).status
        assert found == [OK, OUT_OF_COVERAGE, NO_SIGNAL, NO_SIGNAL]
        assert decoder.decode(rows, silent, 1).status == [OK, OK, NO_SIGNAL, NO_SIGNAL]


def test_without_coordinates_there_is_no_place() -> None:
    answers = decode([one_hot("A00")], decoder=Decoder(OutputSpec(LABELS)))
    assert answers.positions is None
    assert answers.uncertainty is None
    assert answers.status == [OK]


def test_no_rows_give_no_answers() -> None:
    empty = np.empty((0, len(LABELS)), np.float32)
    answers = DECODER.decode(empty, np.empty(0, np.bool_), 3)
    assert answers.candidates.shape == (0, 3)
    assert answers.positions is not None
    assert answers.positions.shape == (0, 2)
    assert answers.status == []


@pytest.mark.parametrize("far", [1e6, 1e-6])
def test_the_extent_of_the_plane_costs_nothing(far: float) -> None:
    decoder = Decoder(OutputSpec(("a", "b"), "location", NAMES, ((0.0, 0.0), (far, -far))))
    answers = decode([[1.0, 0.0], [0.0, 1.0]], decoder=decoder)
    assert answers.positions is not None
    assert answers.positions == pytest.approx(np.asarray([[0, 0], [far, -far]], np.float32))


def test_one_place_is_enough() -> None:
    decoder = Decoder(OutputSpec(("a",), "location", NAMES, ((3.0, 4.0),)))
    answers = decode([[1.0]], decoder=decoder)
    assert answers.positions is not None
    assert answers.positions.tolist() == [[3.0, 4.0]]
