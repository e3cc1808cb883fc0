"""The network against MXNet itself, and against the engine that serves it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import artifact
from model.blerssi import blur, network
from model.blerssi.evidence import Evidence
from model.blerssi.simulate import simulate
from model.export import Graph, read_shapes
from model.params import read_params
from model.predictor import Predictor


@pytest.fixture(scope="module")
def rows() -> network.Array:
    random = np.random.default_rng(0)
    readings = random.integers(-111, -50, (1000, 13))
    heard = random.random(readings.shape) < random.choice([0, 0.15, 0.5, 1], (1000, 1))
    missing = random.choice([-200, -199, -198], readings.shape)
    return np.where(heard, readings, missing).astype(np.float32)


def built(hidden: tuple[int, ...] = (8, 6), seed: int = 0) -> Any:
    return network.build(13, 105, hidden, seed)


def logits(net: Any, rows: network.Array) -> network.Array:
    result: network.Array = net(network.mxnet().nd.array(rows)).asnumpy()
    return result


def softmax(values: network.Array) -> network.Array:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    result: network.Array = powers / powers.sum(axis=1, keepdims=True)
    return result


def test_the_same_seed_gives_the_same_weights() -> None:
    one, same, other = (network.weights(built(seed=seed)) for seed in (3, 3, 4))
    assert one.keys() == same.keys() == other.keys()
    assert all((one[name] == same[name]).all() for name in one)
    assert any((one[name] != other[name]).any() for name in one)


def test_names_of_weights_do_not_depend_on_earlier_networks() -> None:
    built()
    assert sorted(network.weights(built())) == [
        *("blerssi_cells_bias", "blerssi_cells_weight"),
        *("blerssi_hidden0_bias", "blerssi_hidden0_weight"),
        *("blerssi_hidden1_bias", "blerssi_hidden1_weight"),
    ]


@pytest.mark.parametrize("hidden", [(), (8,), (8, 6, 4)])
def test_every_depth_gives_a_logit_a_cell(hidden: tuple[int, ...], rows: network.Array) -> None:
    net = built(hidden)
    assert logits(net, rows[:5]).shape == (5, 105)
    assert len(network.weights(net)) == 2 * len(hidden) + 2


def test_the_graph_scales_and_masks_as_it_says(rows: network.Array) -> None:
    net = built(hidden=())
    weights = network.weights(net)
    heard = rows > network.HEARD_ABOVE
    strength = (rows + 90) / 20 * heard
    features = np.concatenate([strength, strength**2, heard], axis=1)
    expected = features @ weights["blerssi_cells_weight"].T + weights["blerssi_cells_bias"]
    assert logits(net, rows) == pytest.approx(expected, abs=1e-4)


def test_with_a_known_layer_it_first_answers_as_that_one_does(rows: network.Array) -> None:
    known = Evidence.of(simulate(0))
    net = network.build(13, 105, (8,), 0, known)
    heard = rows > network.HEARD_ABOVE
    strength = (rows - network.CENTRE) / network.UNIT * heard
    features = np.concatenate([strength, strength**2, heard], axis=1)
    expected = features @ known.weights.T + known.bias
    assert logits(net, rows) == pytest.approx(expected, abs=1e-3)
    masks = [network.mxnet().nd.ones((len(rows), 8))]
    again = network.masked(net, network.mxnet().nd.array(rows), masks).asnumpy()
    assert again == pytest.approx(expected, abs=1e-3)


def test_what_is_known_is_not_learnt() -> None:
    net = network.build(13, 105, (8,), 0, Evidence.of(simulate(0)))
    fixed = {n for n, each in net.collect_params().items() if each.grad_req == "null"}
    assert fixed == {"blerssi_known_weight", "blerssi_known_bias"}
    assert fixed <= network.weights(net).keys()


def test_all_values_that_mean_not_heard_are_alike() -> None:
    rows = np.full((3, 13), -70, np.float32)
    rows[:, 4] = (-200, -199, -198)
    first, *others = logits(built(), rows)
    assert all((other == first).all() for other in others)


def test_masks_leave_units_out(rows: network.Array) -> None:
    nd, net = network.mxnet().nd, built(hidden=(8, 6))
    ones = [nd.ones((len(rows), units)) for units in (8, 6)]
    found = network.masked(net, nd.array(rows), ones).asnumpy()
    assert found == pytest.approx(logits(net, rows), abs=1e-5)
    zeros = [ones[0], nd.zeros((len(rows), 6))]
    bias = network.weights(net)["blerssi_cells_bias"]
    assert (network.masked(net, nd.array(rows), zeros).asnumpy() == bias).all()


def test_weights_can_be_put_back(rows: network.Array) -> None:
    one, other = built(seed=1), built(seed=2)
    network.set_weights(other, network.weights(one))
    assert (logits(one, rows) == logits(other, rows)).all()


def test_a_missing_weight_is_an_error() -> None:
    weights = network.weights(built())
    del weights["blerssi_cells_bias"]
    with pytest.raises(KeyError, match="blerssi_cells_bias"):
        network.set_weights(built(), weights)


def test_the_export_names_one_input_of_13_readings() -> None:
    files = network.export(built())
    assert files.keys() == {artifact.SYMBOL, artifact.PARAMS, artifact.SHAPES}
    graph, params = Graph.parse(files[artifact.SYMBOL]), read_params(files[artifact.PARAMS])
    assert graph.inputs(params) == ("data",)
    assert graph.outputs == 1
    assert read_shapes(files[artifact.SHAPES]) == {"data": (1, 13)}


def test_exporting_twice_gives_the_same_bytes() -> None:
    assert network.export(built()) == network.export(built())
    density = Evidence(np.zeros((2, 39), np.float32), np.zeros(2, np.float32))
    assert network.export(built(), density) == network.export(built(), density)


@pytest.mark.parametrize("size", [1, 7, 256])
def test_what_serves_gives_what_gluon_gives(size: int, rows: network.Array) -> None:
    net = built(hidden=(16, 8))
    files = network.export(net)
    shapes = {"data": (1, 13)}
    predictor = Predictor(
        artifact.Artifact(files[artifact.SYMBOL], files[artifact.PARAMS], shapes, None)
    )
    expected = softmax(logits(net, rows))
    for start in range(0, len(rows), size):
        (found,) = predictor.outputs({"data": rows[start : start + size]})
        assert np.abs(found - expected[start : start + size]).max() <= 1e-5


def test_the_exported_softmax_is_smeared_where_it_shall_be(rows: network.Array) -> None:
    net = built(hidden=())
    files = network.export(net, blur=blur.shares())
    shapes = {"data": (1, 13)}
    predictor = Predictor(
        artifact.Artifact(files[artifact.SYMBOL], files[artifact.PARAMS], shapes, None)
    )
    (found,) = predictor.outputs({"data": rows})
    assert np.abs(found - blur.blurred(softmax(logits(net, rows)))).max() <= 1e-5


def test_the_export_opens_as_a_checkpoint_of_mxnet(tmp_path: Path, rows: network.Array) -> None:
    mx = network.mxnet()
    net = built()
    for name, content in network.export(net).items():
        (tmp_path / name).write_bytes(content)
    symbol, weights, others = mx.model.load_checkpoint(str(tmp_path / "model"), 0)
    module = mx.mod.Module(symbol, data_names=["data"], label_names=None)
    module.bind([("data", rows.shape)], for_training=False)
    module.set_params(weights, others)
    module.forward(mx.io.DataBatch([mx.nd.array(rows)]), is_train=False)
    (found,) = module.get_outputs()
    assert np.abs(found.asnumpy() - softmax(logits(net, rows))).max() <= 1e-6
