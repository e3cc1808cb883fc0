"""What methods of the textbook make of the scans: two forests and a Gaussian process.

They are scikit-learn's, which is in no image and not needed for anything but this comparison.
"""

from typing import Any, Final

import numpy as np

from model.blerssi import grid
from model.blerssi.baselines import SILENT, Method, Probabilities
from model.blerssi.data import NOT_HEARD, Readings, Scans

TREES: Final = 500
SCALE: Final = 20.0  # dB that make a unit for the Gaussian process


def random_forest(training: Scans, seed: int) -> Method:
    """Let trees vote that each saw a part of the scans."""
    from sklearn.ensemble import RandomForestClassifier

    return _by_class(RandomForestClassifier(TREES, random_state=seed), training)


def extra_trees(training: Scans, seed: int) -> Method:
    """Let trees vote whose thresholds are random."""
    from sklearn.ensemble import ExtraTreesClassifier

    return _by_class(ExtraTreesClassifier(TREES, random_state=seed), training)


def gaussian_process(training: Scans, seed: int) -> Method:
    """Regress the position, then spread it over the cells as widely as the process is unsure."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    plane = np.asarray(grid.COORDINATES)
    kernel = ConstantKernel() * RBF() + WhiteKernel()
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=seed)
    process.fit(_scaled(training.readings), plane[training.cells])

    def answer(readings: Readings) -> Probabilities:
        middle, spread = process.predict(_scaled(readings), return_std=True)
        off = (plane[None] - middle[:, None]) / spread[:, None]
        logs = -0.5 * (off**2).sum(axis=2)
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)

    return answer


def _by_class(classifier: Any, training: Scans) -> Method:
    classifier.fit(training.readings, training.cells)

    def answer(readings: Readings) -> Probabilities:
        probabilities = np.zeros((len(readings), len(grid.CELLS)), np.float32)
        probabilities[:, classifier.classes_] = classifier.predict_proba(readings)
        return probabilities

    return answer


def _scaled(readings: Readings) -> Any:
    audible = np.where(readings == NOT_HEARD, SILENT, readings).astype(np.float64)
    return (audible - SILENT) / SCALE
