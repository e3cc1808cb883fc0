"""The status of real scans and of impossible ones, through the exported graph as it is served."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from model.blerssi import data, grid, network
from model.blerssi.coverage import Coverage
from model.blerssi.data import Readings, Scans
from model.blerssi.evidence import Evidence
from model.blerssi.protocol import Survey
from model.blerssi.scores import OUTPUT
from model.blerssi.simulate import simulate_pair
from model.predictor import Predictor
from tests.support import patterns
from train import save

REAL = Path(__file__).parents[5] / "shared" / "data" / "ble-rssi" / "labeled.csv"
Mask = npt.NDArray[np.bool_]


def served(folder: Path, scans: Scans) -> tuple[Predictor, Coverage]:
    """A model that knows what its survey says, as training writes it."""
    coverage = Coverage.fit(scans)
    assert coverage is not None
    net = network.build(13, len(grid.CELLS), (), 0, Evidence.of(scans))
    judged = scans.readings[:5]
    logits = net(network.mxnet().nd.array(judged)).asnumpy()
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = shares / shares.sum(axis=1, keepdims=True)
    files = network.export(net, coverage)
    save.save(folder, files, save.describe(OUTPUT, coverage, {}, {}), judged, expected)
    return Predictor.load(folder), coverage


def flagged(predictor: Predictor, readings: Readings) -> Mask:
    status = predictor.answers(readings, 1).status
    return np.array([each == "out_of_coverage" for each in status])


def test_the_graph_gives_the_density_that_was_fitted(tmp_path: Path) -> None:
    survey, later = simulate_pair(2)
    predictor, coverage = served(tmp_path, survey)
    scans = np.concatenate([later.readings[:300], patterns.apart(300, 1)])
    probabilities, densities = predictor.outputs({"data": scans})
    assert probabilities.shape == (600, len(grid.CELLS))
    np.testing.assert_allclose(densities, coverage.densities(scans), rtol=1e-4, atol=1e-3)
    found = flagged(predictor, scans)
    assert (found == (densities < np.float32(coverage.threshold))).all()
    assert 0 < found[:300].mean() < 0.1
    assert found[300:].mean() > 0.95


def test_the_density_opens_in_plain_mxnet_behind_the_same_probabilities(tmp_path: Path) -> None:
    scans, _ = simulate_pair(2)
    predictor, coverage = served(tmp_path, scans)
    mx = network.mxnet()
    symbol, weights, others = mx.model.load_checkpoint(str(tmp_path / "model"), 0)
    assert symbol.list_outputs() == ["probabilities_output", "density_output"]
    module = mx.mod.Module(symbol, data_names=["data"], label_names=None)
    module.bind([("data", (50, 13))], for_training=False)
    module.set_params(weights, others)
    module.forward(mx.io.DataBatch([mx.nd.array(scans.readings[:50])]), is_train=False)
    first, second = (each.asnumpy() for each in module.get_outputs())
    expected = predictor.probabilities(scans.readings[:50])
    np.testing.assert_allclose(first, expected, rtol=0, atol=1e-5)
    assert second == pytest.approx(coverage.densities(scans.readings[:50]), abs=1e-3)


@pytest.mark.skipif(not REAL.exists(), reason="the real data is not at hand")
@pytest.mark.parametrize(("family", "splits"), [("gday", 10), ("g2", 1), ("g3", 1)])
def test_real_scans_pass_and_impossible_ones_do_not(
    family: str, splits: int, tmp_path: Path
) -> None:
    """10,000 impossible patterns, by models that have not seen the judged visits or days."""
    survey = Survey.of(data.read(REAL))
    genuine = survey.scans.readings[survey.genuine]
    impossible = [
        patterns.apart(4000, seed=1),
        patterns.at_random(3000, seed=2),
        patterns.permuted(genuine, 3000, seed=3, weakest=-200),
    ]
    alarms: list[Mask] = []
    caught = []
    for seed in range(splits):
        training, judged = (survey.scans.take(part) for part in survey.split(family, seed))
        predictor, _ = served(tmp_path / str(seed), training)
        alarms.append(flagged(predictor, judged.readings))
        caught.append([flagged(predictor, each).mean() for each in impossible])
    share = np.average(caught, axis=1, weights=[len(each) for each in impossible])
    assert np.concatenate(alarms).mean() <= 0.05
    assert share.min() >= 0.9
    assert np.mean(caught, axis=0).min() >= 0.85  # of each kind, weak readings among them
