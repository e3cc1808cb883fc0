"""The smallest model is one like any other."""

from pathlib import Path

import numpy as np

from model import smallest
from model.predictor import Predictor


def test_it_is_loaded_and_answers(tmp_path: Path) -> None:
    smallest.write(tmp_path)
    predictor = Predictor.load(tmp_path)
    row = np.array([smallest.ROW.split(",")], np.float32)
    assert row.shape == (1, smallest.SIZE)
    np.testing.assert_allclose(predictor.probabilities(row), 1 / smallest.SIZE, rtol=1e-6)
