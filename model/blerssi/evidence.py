"""What a scan says for each cell, as far as the radio map can tell: a linear model.

The map gives a normal distribution to what is heard of a beacon in a cell, so the logarithm of a
scan's likelihood is linear in the network's features (the readings, their squares, and which were
heard). The network starts from it and learns what it lacks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.blerssi.data import Scans
from model.blerssi.network import CENTRE, HEARD_ABOVE, UNIT
from model.blerssi.radiomap import RadioMap

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Evidence:
    """Log-likelihood of a scan in each of C cells, up to a constant of the scan.

    Attributes:
        weights: (C, 3 B) of the features: B readings, B squares, B times whether it was heard.
        bias: (C,) of a scan that heard nothing.
    """

    weights: Array
    bias: Array

    @classmethod
    def of(cls, scans: Scans) -> "Evidence":
        """Learn from labelled scans, one of them at the least."""
        radio = RadioMap.fit(scans)
        heard = np.log(radio.hearing)
        weights, bias = linear(heard, radio.hearing, radio.strength, radio.spread)
        return cls(weights.astype(np.float32), bias.astype(np.float32))

    def probabilities(self, readings: Array) -> Array:
        """Give (N, C) probabilities of (N, B) dBm, all cells being as likely before."""
        logs = self._logs(readings)
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        result: Array = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
        return result

    def densities(self, readings: Array) -> Floats:
        """Give the (N,) log-likelihoods of (N, B) dBm, all cells together, up to a constant."""
        logs = self._logs(readings)
        most = logs.max(axis=1)
        densities: Floats = most + np.log(np.exp(logs - most[:, None]).sum(axis=1))
        return densities

    def _logs(self, readings: Array) -> Floats:
        heard = readings > HEARD_ABOVE
        strength = (readings - CENTRE) / UNIT * heard
        features = np.concatenate([strength, strength**2, heard], axis=1, dtype=np.float64)
        logs: Floats = features @ self.weights.T + self.bias
        return logs


def linear(
    heard: Floats, hearing: Floats, strength: Floats, spread: Floats
) -> tuple[Floats, Floats]:
    """Write (C, B) normal distributions, and log-weights of being heard, as a linear model."""
    silence = np.log1p(-hearing)
    off, variance = CENTRE - strength, spread**2
    constant = heard - silence - np.log(spread) - off**2 / (2 * variance)
    weights = (-UNIT * off / variance, -(UNIT**2) / (2 * variance), constant)
    return np.concatenate(weights, axis=1), silence.sum(axis=1)
