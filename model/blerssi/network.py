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
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model import artifact

PREFIX: Final = "blerssi_"
INPUT: Final = "data"
HEARD_ABOVE: Final = -150.0  # dBm; -200, -199 and -198 all mean "not heard"

Array = npt.NDArray[np.float32]


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


def build(inputs: int, classes: int, hidden: Sequence[int], seed: int) -> Any:
    """Make a network with fresh weights, the same for the same seed.

    Args:
        inputs: Readings in a row.
        classes: Cells.
        hidden: Units of each hidden layer; none for a linear softmax.
        seed: Start of the random weights.

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
                self.layers.add(nn.Dense(classes, in_units=width, prefix="cells_"))

        def features(self, F: Any, x: Any) -> Any:  # noqa: N803 - MXNet's own name
            heard = x > HEARD_ABOVE
            strength = (x + 90) / 20 * heard
            return F.concat(strength, strength * strength, heard, dim=1)

        def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: N803 - MXNet's own name
            return self.layers(self.features(F, x))

    network = Network()
    mx.random.seed(seed)
    network.initialize(mx.init.Xavier(magnitude=2), ctx=mx.cpu())
    network.hybridize()
    return network


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
    values = network.features(mxnet().nd, readings)
    for layer, mask in zip(hidden, masks, strict=True):
        values = layer(values) * mask
    return last(values)


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


def export(network: Any) -> dict[str, bytes]:
    """Write the network with its softmax as the three files of an MXNet export (C6.1, C6.2)."""
    mx = mxnet()
    symbol = mx.sym.softmax(network(mx.sym.var(INPUT)), axis=1, name="probabilities")
    arrays = {f"arg:{n}": p.data() for n, p in sorted(network.collect_params().items())}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, artifact.PARAMS)
        mx.nd.save(str(path), arrays)
        params = path.read_bytes()
    return {
        artifact.SYMBOL: symbol.tojson().encode(),
        artifact.PARAMS: params,
        artifact.SHAPES: artifact.shapes_file({INPUT: (1, network.inputs)}),
    }
