"""The network under training: one step of Adam after another, and all the state there is.

The optimizer's state is kept here as plain arrays, since MXNet's own trainer can only pickle it.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from model.blerssi import network
from model.blerssi.blur import blurred
from train.batches import Batch
from train.crew import Alone, Crew
from train.hyperparameters import Hyperparameters

BETA1: Final = 0.9
BETA2: Final = 0.999
_DROPOUT: Final = 1  # sets its random numbers apart from those of the batches
FINAL_RATE: Final = 0.02  # of the learning rate, where the cosine ends

Array = npt.NDArray[np.float32]


class Fit:
    """A network and its optimizer.

    Args:
        parameters: The hyperparameters of the run.
        inputs: Readings in a scan.
        classes: Cells.
        steps: Steps of the whole run, for the learning rate's schedule.
        known: What is known of the cells before anything is learnt, if there is something.

    Attributes:
        network: The Gluon block.
        step: Steps done.
        crew: With whom it learns; alone at first.
    """

    def __init__(
        self,
        parameters: Hyperparameters,
        inputs: int,
        classes: int,
        steps: int,
        known: network.Linear | None = None,
    ) -> None:
        self._parameters = parameters
        self._steps = max(steps, 1)
        self._random = np.random.default_rng()
        self.step = 0
        self.crew: Crew = Alone()
        self.network = network.build(inputs, classes, parameters.hidden, parameters.seed, known)
        nd = network.mxnet().nd
        every = self.network.collect_params().items()
        self._weights = {name: each for name, each in every if each.grad_req != "null"}
        self._means = {n: nd.zeros_like(w.data()) for n, w in self._weights.items()}
        self._variances = {n: nd.zeros_like(w.data()) for n, w in self._weights.items()}

    def begin_epoch(self, number: int) -> None:
        """Start the epoch's random numbers (dropout), the same for the same seed and number."""
        self._random = np.random.default_rng([self._parameters.seed, number, _DROPOUT])

    def learn(self, batch: Batch) -> float:
        """Take one step and give the batch's mean loss before it.

        The loss of a scan is the cross-entropy to its softened label plus the expected distance.
        """
        rows = self.crew.rows(len(batch.weights))
        masks = self._masks(len(batch.weights), rows)
        loss = self._differentiate(batch, rows, masks)
        loss = self.crew.add_up([each.grad() for each in self._weights.values()], loss)
        self.step += 1
        correction = math.sqrt(1 - BETA2**self.step) / (1 - BETA1**self.step)
        for name, parameter in self._weights.items():
            network.mxnet().nd.adam_update(
                *(parameter.data(), parameter.grad(), self._means[name], self._variances[name]),
                lr=self._rate() * correction,
                beta1=BETA1,
                beta2=BETA2,
                wd=self._parameters.weight_decay,
                out=parameter.data(),
            )
        return loss

    def _masks(self, count: int, rows: slice) -> list[Array]:
        """Draw which hidden units of the whole batch stay, and give those of some rows."""
        kept = 1 - self._parameters.dropout
        drawn = [
            self._random.random((count, units), np.float32) < kept
            for units in self._parameters.hidden
        ]
        return [(stays[rows] / kept).astype(np.float32) for stays in drawn]

    def _differentiate(self, batch: Batch, rows: slice, masks: Sequence[Array]) -> float:
        """Compute the gradients of some rows, and their share of the batch's mean loss."""
        mx = network.mxnet()
        nd = mx.nd
        if rows.start == rows.stop:  # MXNet knows no arrays without rows
            for parameter in self._weights.values():
                parameter.zero_grad()
            return 0.0
        targets, distances = nd.array(batch.targets[rows]), nd.array(batch.distances[rows])
        readings, weights = nd.array(batch.readings[rows]), nd.array(batch.weights[rows])
        masks = [nd.array(mask) for mask in masks]
        with mx.autograd.record():
            logs = nd.log_softmax(network.masked(self.network, readings, masks))
            loss = -(targets * logs).sum(axis=1)
            loss = loss + self._parameters.distance_loss * (nd.exp(logs) * distances).sum(axis=1)
            loss = (loss * weights).sum() / len(batch.weights)
        loss.backward()
        return float(loss.asscalar())

    def _rate(self) -> float:
        """The learning rate of this step: a cosine from all of it down to 2 %."""
        done = min((self.step - 1) / self._steps, 1.0)
        share = FINAL_RATE + (1 - FINAL_RATE) * (1 + math.cos(math.pi * done)) / 2
        return self._parameters.learning_rate * share

    def probabilities(self, readings: Array) -> Array:
        """Compute (N, 105) probabilities of (N, 13) raw readings, as the exported graph does."""
        nd = network.mxnet().nd
        return blurred(nd.softmax(self.network(nd.array(readings)), axis=1).asnumpy())

    def weights(self) -> dict[str, Array]:
        """The weights by name."""
        return network.weights(self.network)

    def set_weights(self, values: Mapping[str, Array]) -> None:
        """Put weights back, those of the best epoch for example."""
        network.set_weights(self.network, values)

    def know(self, known: network.Linear) -> None:
        """Know better: what was learnt beside the known layer stays."""
        network.know(self.network, known)

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
        self.set_weights({name: state[f"weight:{name}"] for name in self.weights()})
        for name in self._weights:
            self._means[name] = nd.array(state[f"mean:{name}"])
            self._variances[name] = nd.array(state[f"variance:{name}"])
        self.step = step
