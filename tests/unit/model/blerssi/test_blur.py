"""Probabilities smeared over neighbouring cells."""

import numpy as np
import pytest

from model.blerssi import blur, grid


def test_a_sure_answer_keeps_most_where_it_was_and_gives_its_neighbours_the_rest() -> None:
    sure = np.eye(len(grid.CELLS), dtype=np.float32)
    found = blur.blurred(sure)
    plane = np.asarray(grid.COORDINATES)
    away = np.linalg.norm(plane[:, None] - plane[None], axis=2)
    assert (found.argmax(axis=1) == np.arange(len(sure))).all()
    assert (np.diag(found) > 0.5).all()
    assert found[away > 2.1].max() == 0
    assert found[(away > 0.9) & (away < 1.1)].min() > 0.02


def test_nothing_is_lost() -> None:
    random = np.random.default_rng(0).dirichlet(np.ones(len(grid.CELLS)), 50).astype(np.float32)
    assert blur.blurred(random).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_shares_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        blur.shares()[0, 0] = 0


def test_no_share_is_too_small_for_a_processor_to_be_fast_at() -> None:
    shares = blur.shares()
    assert shares[shares > 0].min() > 1e-5
