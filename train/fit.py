"""The network under training: one step of Adam after another, and all the state there is.

The optimizer's state is kept here as plain arrays, since MXNet's own trainer can only pickle it.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import network
from train.batches import Batch
from train.hyperparameters import Hyperparameters

BETA1: Final = 0.9
BETA2: Final = 0.999
FINAL_RATE: Final = 0.02  # of the learning rate, where the cosine ends

Array = npt.NDArray[np.float32]


class Fit:
    """A network and its optimizer.

    Args:
        parameters: The hyperparameters of the run.
        inputs: Readings in a scan.
        classes: Cells.
        steps: Steps of the whole run, for the learning rate's schedule.

    Attributes:
        network: The Gluon block.
        step: Steps done.
    """

    def __init__(self, parameters: Hyperparameters, inputs: int, classes: int, steps: int) -> None:
        self._parameters = parameters
        self._steps = max(steps, 1)
        self.step = 0
        self.network = network.build(
            inputs, classes, parameters.hidden, parameters.dropout, parameters.seed
        )
        nd = network.mxnet().nd
        self._weights = dict(self.network.collect_params().items())
        self._means = {n: nd.zeros_like(w.data()) for n, w in self._weights.items()}
        self._variances = {n: nd.zeros_like(w.data()) for n, w in self._weights.items()}

    def begin_epoch(self, number: int) -> None:
        """Start the epoch's random numbers (dropout), the same for the same seed and number."""
        network.mxnet().random.seed(
            int(np.random.SeedSequence([self._parameters.seed, number]).generate_state(1)[0] >> 1)
        )

    def learn(self, batch: Batch) -> float:
        """Take one step and give the batch's mean loss before it.

        The loss of a scan is the cross-entropy to its softened label plus the expected distance.
        """
        mx = network.mxnet()
        nd = mx.nd
        targets, distances = nd.array(batch.targets), nd.array(batch.distances)
        with mx.autograd.record():
            logs = nd.log_softmax(self.network(nd.array(batch.readings)))
            loss = -(targets * logs).sum(axis=1)
            loss = loss + self._parameters.distance_loss * (nd.exp(logs) * distances).sum(axis=1)
            loss = (loss * nd.array(batch.weights)).mean()
        loss.backward()
        self.step += 1
        correction = math.sqrt(1 - BETA2**self.step) / (1 - BETA1**self.step)
        for name, parameter in self._weights.items():
            nd.adam_update(
                *(parameter.data(), parameter.grad(), self._means[name], self._variances[name]),
                lr=self._rate() * correction,
                beta1=BETA1,
                beta2=BETA2,
                wd=self._parameters.weight_decay,
                out=parameter.data(),
            )
        return float(loss.asscalar())

    def _rate(self) -> float:
        """The learning rate of this step: a cosine from all of it down to 2 %."""
        done = min((self.step - 1) / self._steps, 1.0)
        share = FINAL_RATE + (1 - FINAL_RATE) * (1 + math.cos(math.pi * done)) / 2
        return self._parameters.learning_rate * share

    def probabilities(self, readings: Array) -> Array:
        """Compute (N, K) probabilities of (N, 13) raw readings."""
        nd = network.mxnet().nd
        result: Array = nd.softmax(self.network(nd.array(readings)), axis=1).asnumpy()
        return result

    def weights(self) -> dict[str, Array]:
        """The weights by name."""
        return network.weights(self.network)

    def set_weights(self, values: Mapping[str, Array]) -> None:
        """Put weights back, those of the best epoch for example."""
        network.set_weights(self.network, values)

    def state(self) -> dict[str, Array]:
        """Weights and moments by name, everything that a checkpoint needs beside `step`."""
        moments = {"mean:": self._means, "variance:": self._variances}
        return {f"weight:{name}": value for name, value in self.weights().items()} | {
            f"{kind}{name}": value.asnumpy()
            for kind, values in moments.items()
            for name, value in values.items()
        }

    def restore(self, state: Mapping[str, Array], step: int) -> None:
        """Continue where `state` was taken.

        Raises:
            KeyError: The state is of another network.
        """
        nd = network.mxnet().nd
        self.set_weights({name: state[f"weight:{name}"] for name in self._weights})
        for name in self._weights:
            self._means[name] = nd.array(state[f"mean:{name}"])
            self._variances[name] = nd.array(state[f"variance:{name}"])
        self.step = step
