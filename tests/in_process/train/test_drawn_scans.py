"""What the radio map is for: cells that nobody surveyed."""

from dataclasses import replace

import numpy as np

from model.blerssi import grid, network
from model.blerssi.data import Scans
from model.blerssi.scores import Scores, score
from model.blerssi.simulate import simulate_pair
from model.blerssi.verdicts import pooled
from train.batches import Batches
from train.fit import Fit
from train.hyperparameters import Hyperparameters

RECIPE = Hyperparameters(epochs=10, hidden=(), learning_rate=0.05, weight_decay=0.01)


def learnt(training: Scans, judged: Scans, parameters: Hyperparameters) -> Scores:
    batches = Batches(training, parameters)
    inputs, classes = len(grid.BEACONS), len(grid.CELLS)
    fit = Fit(parameters, inputs, classes, parameters.epochs * batches.steps)
    for epoch in range(1, parameters.epochs + 1):
        fit.begin_epoch(epoch)
        for batch in batches.epoch(epoch):
            fit.learn(batch)
    nd = network.mxnet().nd  # the network alone, for what is smeared reaches these cells as well
    return score(nd.softmax(fit.network(nd.array(judged.readings))).asnumpy(), judged.cells)


def with_and_without(world: int) -> tuple[Scores, Scores]:
    training, later = simulate_pair(world)
    left_out = np.random.default_rng(world).permutation(len(grid.CELLS))[:30]
    surveyed = training.take(~np.isin(training.cells, left_out))
    judged = later.take(np.isin(later.cells, left_out))
    without = replace(RECIPE, drawn_scans=0, epochs=60)
    return learnt(surveyed, judged, RECIPE), learnt(surveyed, judged, without)


def test_drawn_scans_teach_the_cells_that_were_left_out_of_a_survey() -> None:
    drawn, without = map(pooled, zip(*map(with_and_without, range(3)), strict=True))
    assert drawn.top(5) > without.top(5) + 0.2
    assert drawn.mean < without.mean
    assert drawn.nll < without.nll - 0.5
