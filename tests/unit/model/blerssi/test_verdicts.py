from collections.abc import Callable

import numpy as np
import pytest

from model.blerssi import grid, verdicts
from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.methods import Answered
from model.blerssi.scores import OUTPUT, Probabilities, Scores, score

K04, K05, K06 = (grid.index(label) for label in ("K04", "K05", "K06"))
CELLS = len(grid.CELLS)
START = np.datetime64("2016-05-02T10:00:00")


def sure(*cells: int, of: float = 1.0) -> Probabilities:
    rows = np.full((len(cells), CELLS), (1 - of) / (CELLS - 1), np.float32)
    rows[np.arange(len(cells)), cells] = of
    return rows


def scores(*answered: int, truth: int = K04) -> Scores:
    return score(sure(*answered), np.full(len(answered), truth))


def scans(*seconds: int, cell: int = K04) -> Scans:
    readings = np.full((len(seconds), 13), NOT_HEARD, np.float32)
    readings[:, 0] = -70
    times = START + np.array(seconds, "timedelta64[s]")
    return Scans(readings, np.full(len(seconds), cell), times)


def test_figures_are_those_of_all_scans_together() -> None:
    found = verdicts.judge({"a": [scores(K04), scores(K05, K06, K06)]}, "ours")["a"]
    assert len(found.scores.cells) == 4
    assert found.figures["posterior_median_mean"].value == pytest.approx((0 + 1 + 2 + 2) / 4)
    assert found.figures["exact"].value == 1 / 4
    assert not found.differences


def test_the_error_of_a_mean_over_equal_splits_is_the_classical_one() -> None:
    random = np.random.default_rng(0)
    parts = [scores(*random.choice([K04, K05, K06], 5).tolist()) for _ in range(6)]
    figure = verdicts.judge({"a": parts}, "ours")["a"].figures["argmax_mean"]
    means = [part.argmax_mean for part in parts]
    assert figure.value == pytest.approx(np.mean(means))
    assert figure.error == pytest.approx(np.std(means, ddof=1) / np.sqrt(6))


def test_differences_are_paired() -> None:
    ours = [scores(K04), scores(K05)]
    worse_by_one = [scores(K05), scores(K06)]
    found = verdicts.judge({"other": worse_by_one, "ours": ours}, "ours")
    difference = found["other"].differences["argmax_mean"]
    assert difference.value == pytest.approx(1)
    assert difference.error == pytest.approx(0)
    assert found["other"].figures["argmax_mean"].error == pytest.approx(0.5)
    assert not found["ours"].differences


def test_one_split_and_quantiles_have_no_error() -> None:
    alone = verdicts.judge({"a": [scores(K04)]}, "ours")["a"]
    assert all(np.isnan(figure.error) for figure in alone.figures.values())
    several = verdicts.judge({"a": [scores(K04), scores(K06)]}, "ours")["a"]
    assert np.isnan(several.figures["argmax_p90"].error)
    assert np.isnan(several.figures["posterior_median_median"].error)
    assert verdicts.to_dict(alone)["figures"]["exact"] == {"value": 1.0, "standard_error": None}


def test_scans_that_stand_are_pooled_with_those_before_them_in_the_visit() -> None:
    judged = scans(0, 1, 2, 1000)  # the last one is another visit
    weak = sure(K05, K04, K04, K05, of=0.5)
    found = verdicts.standing(judged, Answered(weak, OUTPUT))
    assert found.argmax_errors[[0, 2, 3]].tolist() == [1, 0, 1]
    assert found.likelihoods[2] > found.likelihoods[1]
    assert found.likelihoods[3] == pytest.approx(weak[3, K04], rel=1e-4)


def test_no_more_than_five_scans_are_pooled() -> None:
    many = 9
    judged = scans(*range(many))
    answered = Answered(sure(*[K04] * many, of=0.3), OUTPUT)
    likelihoods = verdicts.standing(judged, answered).likelihoods
    assert (np.diff(likelihoods[:5]) > 0).all()
    assert likelihoods[4:] == pytest.approx(likelihoods[4])


@pytest.mark.parametrize("way", [verdicts.standing, verdicts.walk])
def test_scans_are_taken_in_the_order_of_time_whatever_their_own(
    way: Callable[[Scans, Answered], Scores],
) -> None:
    judged, weak = scans(0, 1, 2, 3), sure(K06, K04, K05, K04, of=0.5)
    order = np.array([2, 0, 3, 1])
    straight = way(judged, Answered(weak, OUTPUT))
    shuffled = way(judged.take(order), Answered(weak[order], OUTPUT))
    assert (straight.likelihoods == shuffled.likelihoods).all()


def test_a_walk_begins_anew_every_day() -> None:
    day = 86_400
    judged = scans(0, 1, day, day + 1)
    found = verdicts.walk(judged, Answered(sure(*[K04] * 4, of=0.3), OUTPUT))
    assert found.likelihoods[:2] == pytest.approx(found.likelihoods[2:])
    assert found.likelihoods[1] > found.likelihoods[0]
