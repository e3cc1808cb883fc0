"""From a trained network to a model folder, and the proof that it answers as the network did."""

import platform
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from container.errors import AlgorithmError
from model import artifact
from model.blerssi import data, grid, network
from model.blerssi.coverage import FALSE_ALARMS, Coverage
from model.predictor import Predictor
from model.signature import CoverageSpec, Field, InputSpec, OutputSpec, Signature
from train.writing import writing

TOLERANCE: Final = 1e-5  # between the network's probabilities and the artefact's
LIBRARIES: Final = ("mxnet", "numpy")

Array = npt.NDArray[np.float32]


def versions() -> dict[str, str]:
    """What computed the model."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def describe(
    output: OutputSpec,
    coverage: Coverage | None,
    metrics: Mapping[str, float],
    training: Mapping[str, Any],
) -> Signature:
    """Say what the model takes and gives.

    Args:
        output: What its answers mean.
        coverage: Which scans it is not made for; None where nothing tells.
        metrics: How the model did.
        training: Facts of the run.
    """
    fields = tuple(Field(name, data.WEAKEST, data.STRONGEST, "dBm") for name in grid.BEACONS)
    spec = InputSpec(fields, data.NOT_HEARD, data.ALSO_NOT_HEARD, network.INPUT)
    if coverage is not None:
        told = CoverageSpec(network.DENSITY, coverage.threshold, FALSE_ALARMS)
        output = replace(output, coverage=told)
    return Signature(spec, output, versions(), metrics, training)


def save(
    folder: Path,
    files: Mapping[str, bytes],
    signature: Signature,
    readings: Array,
    expected: Array,
) -> Array:
    """Write the model folder, load it back as serving does, and hold its answers to the network's.

    Args:
        folder: Where the model goes.
        files: What `model.blerssi.network.export` made of the network.
        signature: What it means.
        readings: (N, 13) scans to compare on.
        expected: (N, 105) the network's probabilities of them.

    Returns:
        (N, 105) the artefact's probabilities.

    Raises:
        AlgorithmError: They differ; the model folder's files are taken away again.
        PlatformError: The disk is full or the folder cannot be written.
    """
    with writing("The model", folder):
        artifact.write(folder, files, signature)
    found = Predictor.load(folder).probabilities(readings)
    difference = float(np.abs(found - expected).max(initial=0.0))
    if difference > TOLERANCE:
        for name in (artifact.SIGNATURE, *files):
            (folder / name).unlink()
        raise AlgorithmError(
            f"The written model's probabilities differ from the network's by {difference:.2g}; "
            f"at most {TOLERANCE:g} is allowed. The model was not kept.",
            hint="This is a fault of the image: please report it.",
        )
    return found
