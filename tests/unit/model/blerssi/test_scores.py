import json

import numpy as np
import pytest

from model.answers import Decoder
from model.blerssi import grid
from model.blerssi.scores import Probabilities, score
from model.signature import OutputSpec

K04, K05, K06 = (grid.index(label) for label in ("K04", "K05", "K06"))
CELLS = len(grid.CELLS)


def rows(*guesses: dict[int, float]) -> Probabilities:
    """One row a guess; what it leaves of 1 is spread evenly over the other cells."""
    table = np.zeros((len(guesses), CELLS), np.float32)
    for row, guess in zip(table, guesses, strict=True):
        row[:] = (1 - sum(guess.values())) / (CELLS - len(guess))
        row[list(guess)] = list(guess.values())
    return table


def test_certain_and_right_is_perfect() -> None:
    scores = score(rows({K04: 1.0}, {K05: 1.0}), np.array([K04, K05]))
    assert scores.mean == scores.median == scores.p90 == scores.argmax_mean == scores.ece == 0
    assert scores.exact == scores.top(3) == scores.top(5) == scores.coverage == 1
    assert scores.nll == pytest.approx(-np.log(0.99 + 0.01 / CELLS))
    assert scores.reliability == ((1.0, 1.0),)


def test_certain_and_wrong_costs_the_distance_and_no_infinity() -> None:
    scores = score(rows({K04: 1.0}), np.array([K06]))
    assert scores.mean == scores.argmax_mean == 2
    assert scores.nll == pytest.approx(-np.log(0.01 / CELLS))
    assert scores.ece == 1
    assert scores.within(1.9) == scores.exact == scores.coverage == 0
    assert scores.within(2) == 1


def test_the_position_is_the_one_that_serving_answers() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.full(CELLS, 0.1), 40).astype(np.float32)
    output = OutputSpec(grid.CELLS, "location", ("column", "row"), grid.COORDINATES)
    answers = Decoder(output).decode(probabilities, np.zeros(40, np.bool_), 1)
    cells = np.arange(40)
    scores = score(probabilities, cells)
    assert answers.positions is not None
    assert (scores.positions == answers.positions).all()
    away = answers.positions - np.asarray(grid.COORDINATES)[cells]
    assert scores.errors == pytest.approx(np.hypot(*away.T))


def test_four_decoders_make_a_place_of_the_same_probabilities() -> None:
    far = grid.index("S04")
    guess = {K04: 0.4, K05: 0.3, far: 0.3}  # the most probable cell, and two that pull away
    plane = np.asarray(grid.COORDINATES)
    scores = score(rows(guess), np.array([K04]))
    errors = {name: values.item() for name, values in scores.decoders.items()}
    centroid = 0.4 * plane[K04] + 0.3 * plane[K05] + 0.3 * plane[far]
    assert errors["argmax"] == 0
    assert errors["posterior_mean"] == pytest.approx(np.linalg.norm(centroid - plane[K04]))
    assert errors["posterior_median"] == scores.mean < 1
    away = np.linalg.norm(plane[:, None] - plane[list(guess)], axis=2)
    safest = plane[np.argmin(away @ list(guess.values()))]
    assert errors["least_expected_distance"] == pytest.approx(np.linalg.norm(safest - plane[K04]))


def test_ranks_count_the_cells_that_are_more_probable() -> None:
    guess = {K04: 0.4, K05: 0.3, K06: 0.2, 0: 0.05, 1: 0.03, 2: 0.01}
    scores = score(rows(*[guess] * 6), np.array([K04, K05, K06, 0, 1, 2]))
    assert scores.ranks.tolist() == [0, 1, 2, 3, 4, 5]
    assert [scores.top(n) for n in (1, 3, 5)] == [1 / 6, 3 / 6, 5 / 6]
    assert scores.exact == 1 / 6


def test_median_and_percentile_are_of_the_errors() -> None:
    guesses = [{K04: 1.0}] * 11
    scores = score(rows(*guesses), np.array([K04] * 6 + [K05] * 4 + [K06]))
    assert (scores.median, scores.p90) == (0, 1)
    assert scores.mean == pytest.approx(6 / 11)


def test_calibration_compares_what_was_said_with_what_was_right() -> None:
    guesses = [{K04: 0.5}] * 4 + [{K05: 0.9}] * 4
    scores = score(rows(*guesses), np.array([K04, K04, K06, K06, K05, K05, K05, K04]))
    assert np.asarray(scores.reliability) == pytest.approx(np.array([[0.5, 0.5], [0.9, 0.75]]))
    assert scores.ece == pytest.approx(0.5 * 0.15)


def test_a_true_cell_just_on_the_circle_is_covered() -> None:
    diagonal = grid.index("L05")
    scores = score(rows({K04: 0.6, diagonal: 0.4}), np.array([diagonal]))
    assert scores.errors == pytest.approx(np.sqrt(2))
    assert scores.coverage == 1


def test_cells_are_averaged_one_by_one() -> None:
    scores = score(rows({K04: 1.0}, {K06: 1.0}, {K06: 1.0}), np.array([K04, K04, K06]))
    assert scores.cell_scans.sum() == 3
    assert scores.cell_errors[[K04, K06]].tolist() == [1, 0]
    assert scores.cell_positions[K04].tolist() == [11, 5]
    assert np.isnan(scores.cell_errors).sum() == CELLS - 2
    assert np.isnan(scores.cell_positions).sum() == 2 * (CELLS - 2)


def test_scores_are_json_without_nan() -> None:
    scores = score(rows({K04: 0.7}, {K05: 0.2}), np.array([K04, K06]))
    data = json.loads(json.dumps(scores.to_dict(), allow_nan=False))
    assert data["scans"] == 2
    assert data["cells"].keys() == {"K04", "K06"}
    assert data["cells"]["K04"]["mean_position"] == scores.cell_positions[K04].tolist()
    assert scores.figures().items() <= data.items()


@pytest.mark.parametrize("cells", [[], [K04, -1]])
def test_scores_need_scans_of_known_cells(cells: list[int]) -> None:
    with pytest.raises(ValueError, match="at least one scan, and the true cell"):
        score(rows(*[{K04: 1.0}] * len(cells)), np.array(cells, np.intp))
