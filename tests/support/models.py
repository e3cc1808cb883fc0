"""Small real models for tests: written by MXNet, served like any other."""

from pathlib import Path

from model import artifact
from model.blerssi import network
from model.signature import Field, InputSpec, OutputSpec, Signature

LABELS = ("A01", "A02", "B01", "B02")
COORDINATES = ((1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (2.0, 2.0))


def signature(fields: int = 13) -> Signature:
    """Thirteen beacons and four cells, unless told otherwise."""
    return Signature(
        InputSpec(
            tuple(Field(f"b{3001 + i}", -120.0, 0.0, "dBm") for i in range(fields)),
            missing=-200.0,
            also_missing=(-199.0, -198.0),
        ),
        OutputSpec(LABELS, "location", ("column", "row"), COORDINATES),
    )


def signed_model(folder: Path, *, seed: int = 0) -> Path:
    """Write a model of random weights with a signature, as training does; gives the folder."""
    net = network.build(13, len(LABELS), (8,), seed)
    artifact.write(folder, network.export(net), signature())
    return folder


def plain_export(folder: Path, *, inputs: int = 2, outputs: int = 3, name: str = "net") -> Path:
    """Write a plain Gluon export, which knows nothing of this project; gives the folder."""
    mx = network.mxnet()
    mx.random.seed(1)
    net = mx.gluon.nn.HybridSequential(prefix="plain_")
    with net.name_scope():
        net.add(mx.gluon.nn.Dense(4, activation="relu", in_units=inputs))
        net.add(mx.gluon.nn.Dense(outputs, in_units=4))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    net(mx.nd.zeros((1, inputs)))
    folder.mkdir(parents=True, exist_ok=True)
    net.export(str(folder / name))
    return folder
