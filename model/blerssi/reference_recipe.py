"""The recipe that other MXNet containers for this data set train, as it is.

Dense layers of 13, 65, 110 and 105 units on raw readings, Adam at 0.01, cross-entropy, 100 epochs
of batches of 32. On some seeds it dies at the start, for all its units of a layer fall silent.
"""

from typing import Any, Final

import numpy as np

from model.blerssi import grid, network
from model.blerssi.baselines import Method, Probabilities
from model.blerssi.data import Readings, Scans

UNITS: Final = (13, 65, 110)
LEARNING_RATE: Final = 0.01
BATCH: Final = 32
EPOCHS: Final = 100


def learn(training: Scans, seed: int, epochs: int = EPOCHS) -> Method:
    """Train the reference on labelled scans; takes some seconds and needs MXNet."""
    mx = network.mxnet()
    mx.random.seed(seed)
    shuffle = np.random.default_rng(seed)
    net = mx.gluon.nn.HybridSequential()
    net.add(*(mx.gluon.nn.Dense(units, activation="relu") for units in UNITS))
    net.add(mx.gluon.nn.Dense(len(grid.CELLS)))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": LEARNING_RATE})
    loss_of = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    for _ in range(epochs):
        order = shuffle.permutation(len(training))
        for start in range(0, len(order), BATCH):
            _step(net, trainer, loss_of, training.take(order[start : start + BATCH]))

    def answer(readings: Readings) -> Probabilities:
        probabilities: Probabilities = mx.nd.softmax(net(mx.nd.array(readings))).asnumpy()
        return probabilities

    return answer


def _step(net: Any, trainer: Any, loss_of: Any, batch: Scans) -> None:
    mx = network.mxnet()
    with mx.autograd.record():
        loss = loss_of(net(mx.nd.array(batch.readings)), mx.nd.array(batch.cells))
    loss.backward()
    trainer.step(len(batch))
