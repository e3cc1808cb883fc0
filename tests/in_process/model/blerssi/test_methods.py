"""Every method that needs a library: what it answers is better than not looking at the scan."""

import numpy as np
import pytest

from model.blerssi import grid, learners, methods, protocol, reference_recipe
from model.blerssi.data import Scans
from model.blerssi.methods import Task
from model.blerssi.scores import score
from model.blerssi.simulate import simulate


@pytest.fixture(scope="module")
def parts() -> tuple[Scans, Scans]:
    scans = simulate(0)
    training, judged = protocol.splits(scans, "g3", 0)
    return scans.take(training[::3]), scans.take(judged)


@pytest.mark.parametrize("name", ["random forest", "extra trees", "Gaussian process"])
def test_learners_answer_better_than_the_prior(
    parts: tuple[Scans, Scans], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn")
    monkeypatch.setattr(learners, "TREES", 30)
    training, judged = parts
    prior, learnt, again = (
        methods.answer(Task(each, training, judged, 1, {}, {})).probabilities
        for each in ("prior", name, name)
    )
    assert learnt.shape == (len(judged), len(grid.CELLS))
    assert learnt.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (learnt == again).all()
    assert score(learnt, judged.cells).mean < score(prior, judged.cells).mean - 1


def test_the_reference_recipe_learns_and_its_seed_decides(parts: tuple[Scans, Scans]) -> None:
    training, judged = parts
    first, again, other = (
        reference_recipe.learn(training, seed, epochs=2)(judged.readings) for seed in (1, 1, 2)
    )
    assert first.shape == (len(judged), len(grid.CELLS))
    assert first.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (first == again).all()
    assert (first != other).any()
    untrained = reference_recipe.learn(training, 1, epochs=0)(judged.readings)
    assert score(first, judged.cells).nll < score(untrained, judged.cells).nll


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "find_spec", lambda _: None)
    assert [methods.lacks(name) for name in ("prior", "extra trees", "ours")] == [
        None,
        "scikit-learn",
        "mxnet",
    ]
    assert np.unique(methods.names()).size == len(methods.names())
