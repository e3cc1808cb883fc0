"""The network: raw dBm in, a probability for each cell out, everything in one exportable graph.

Scaling, the mask of missing readings and the softmax are operators of the graph, so nothing is
left to do, and to get wrong, where the model is served.

This is the one module that imports MXNet's Python front end, and it does so when it is asked to.
"""

import contextlib
import functools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from model import artifact

PREFIX: Final = "blerssi_"
INPUT: Final = "data"
PROBABILITIES: Final = "probabilities"  # name of the first output
DENSITY: Final = "density"  # name of the second output
_COVERAGE: Final = f"{PREFIX}coverage_"
_BLUR: Final = f"{PREFIX}blur_weight"
HEARD_ABOVE: Final = -150.0  # dBm; -200, -199 and -198 all mean "not heard"
CENTRE: Final = -90.0  # dBm that the network calls 0
UNIT: Final = 20.0  # dB that it calls 1

Array = npt.NDArray[np.float32]


class Linear(Protocol):
    """A layer that is known before anything is learnt; see `model.blerssi.evidence`."""

    @property
    def weights(self) -> Array:
        """(classes, 3 inputs)."""

    @property
    def bias(self) -> Array:
        """(classes,)."""


@functools.cache
def mxnet() -> Any:
    """Import MXNet 1.9.1, which takes two to three seconds, once a process.

    It looks for `numpy.bool`, which numpy 1.24 removed (apache/mxnet#21165).
    """
    with contextlib.suppress(AttributeError):
        if "bool" not in vars(np):
            np.bool = bool  # type: ignore[attr-defined]
    import mxnet

    return mxnet


def build(
    inputs: int, classes: int, hidden: Sequence[int], seed: int, known: Linear | None = None
) -> Any:
    """Make a network with fresh weights, the same for the same seed.

    With a known layer, it answers as that one does until it has learnt better: the known layer
    stays as it is, and the layers beside it learn what it lacks. The last of them starts at
    nothing, and weight decay draws it back there.

    Args:
        inputs: Readings in a row.
        classes: Cells.
        hidden: Units of each hidden layer; none for one linear layer.
        seed: Start of the random weights.
        known: What is known before anything is learnt, if there is something.

    Returns:
        A hybridized Gluon block from (N, inputs) dBm to (N, classes) logits.
    """
    mx = mxnet()
    nn = mx.gluon.nn

    class Network(mx.gluon.HybridBlock):  # type: ignore[misc,name-defined]  # MXNet has no types
        def __init__(self) -> None:
            super().__init__(prefix=PREFIX)
            self.inputs = inputs
            with self.name_scope():
                self.layers = nn.HybridSequential(prefix="")
                width = 3 * inputs
                for number, units in enumerate(hidden):
                    prefix = f"hidden{number}_"
                    layer = nn.Dense(units, activation="relu", in_units=width, prefix=prefix)
                    self.layers.add(layer)
                    width = units
                last = nn.Dense(
                    classes,
                    in_units=width,
                    prefix="cells_",
                    weight_initializer="zeros" if known else None,
                )
                self.layers.add(last)
                if known:
                    self.known = nn.Dense(classes, in_units=3 * inputs, prefix="known_")

        def features(self, F: Any, x: Any) -> Any:  # noqa: N803 - MXNet's own name
            heard = x > HEARD_ABOVE
            strength = (x - CENTRE) / UNIT * heard
            return F.concat(strength, strength * strength, heard, dim=1)

        def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803 - MXNet's own name
            features = self.features(F, x)
            return self.with_known(features, self.layers(features))

        def with_known(self, features: Any, learnt: Any) -> Any:
            return learnt + self.known(features) if known else learnt

    network = Network()
    mx.random.seed(seed)
    network.initialize(mx.init.Xavier(magnitude=2), ctx=mx.cpu())
    if known:
        know(network, known)
        network.known.collect_params().setattr("grad_req", "null")
    network.hybridize()
    return network


def know(network: Any, known: Linear) -> None:
    """Give a network that has a known layer what is known."""
    network.known.weight.set_data(mxnet().nd.array(known.weights))
    network.known.bias.set_data(mxnet().nd.array(known.bias))


def masked(network: Any, readings: Any, masks: Sequence[Any]) -> Any:
    """Compute logits with dropout: the units of each hidden layer are multiplied by a mask.

    The masks are the caller's, since MXNet's own depend on how many rows are computed at once, and
    several hosts that share a batch would not draw what one host draws.

    Args:
        network: The Gluon block.
        readings: (N, inputs) dBm.
        masks: (N, units) for each hidden layer.
    """
    *hidden, last = network.layers
    values = features = network.features(mxnet().nd, readings)
    for layer, mask in zip(hidden, masks, strict=True):
        values = layer(values) * mask
    return network.with_known(features, last(values))


def weights(network: Any) -> dict[str, Array]:
    """The network's weights by name."""
    return {name: each.data().asnumpy() for name, each in network.collect_params().items()}


def set_weights(network: Any, values: Mapping[str, Array]) -> None:
    """Put weights back that `weights` gave.

    Raises:
        KeyError: One is missing.
    """
    for name, parameter in network.collect_params().items():
        parameter.set_data(mxnet().nd.array(values[name]))


def export(
    network: Any, coverage: Linear | None = None, blur: Array | None = None
) -> dict[str, bytes]:
    """Write the network with its softmax as the three files of an MXNet export (C6.1, C6.2).

    Args:
        network: The Gluon block.
        coverage: What gives the graph its second output, (N,) densities of the scans; see
            `model.blerssi.coverage`. Without it there is one output, the probabilities.
        blur: (classes, classes) shares that smear the softmax; see `model.blerssi.blur`.
    """
    mx = mxnet()
    arrays = {f"arg:{n}": p.data() for n, p in sorted(network.collect_params().items())}
    with mx.name.NameManager():  # counts from 0, so that the same graph is the same file
        features = network.features(mx.sym, mx.sym.var(INPUT))
        logits = network.with_known(features, network.layers(features))
        if blur is None:
            symbol = mx.sym.softmax(logits, axis=1, name=PROBABILITIES)
        else:
            symbol = mx.sym.FullyConnected(
                *(mx.sym.softmax(logits, axis=1), mx.sym.var(_BLUR)),
                num_hidden=len(blur),
                no_bias=True,
                name=PROBABILITIES,
            )
            arrays[f"arg:{_BLUR}"] = mx.nd.array(blur)
        if coverage is not None:
            symbol = mx.sym.Group([symbol, _density(features, len(coverage.bias))])
    if coverage is not None:
        arrays[f"arg:{_COVERAGE}weight"] = mx.nd.array(coverage.weights)
        arrays[f"arg:{_COVERAGE}bias"] = mx.nd.array(coverage.bias)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, artifact.PARAMS)
        mx.nd.save(str(path), arrays)
        params = path.read_bytes()
    return {
        artifact.SYMBOL: symbol.tojson().encode(),
        artifact.PARAMS: params,
        artifact.SHAPES: artifact.shapes_file({INPUT: (1, network.inputs)}),
    }


def _density(features: Any, cells: int) -> Any:
    """The logarithm of the sum over the cells of exponentials, by as few operators as possible.

    It is what `log_softmax` takes from each value, so the first one tells.
    """
    sym = mxnet().sym
    variables = [sym.var(f"{_COVERAGE}{each}") for each in ("weight", "bias")]
    logs = sym.FullyConnected(features, *variables, num_hidden=cells, name=_COVERAGE + "fwd")
    first, less = (
        sym.slice_axis(each, axis=1, begin=0, end=1) for each in (logs, sym.log_softmax(logs))
    )
    return sym.reshape(first - less, shape=(-1,), name=DENSITY)
