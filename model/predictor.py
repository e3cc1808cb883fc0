"""Engine and signature together: from rows to answers, for serving and training alike."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model import artifact
from model.answers import Answers, Decoder
from model.engine import Engine
from model.errors import ArtifactError, EngineError, InputError
from model.export import Graph, Shape
from model.params import read_params
from model.signature import Signature

Floats = npt.NDArray[np.float32]

_LARGEST_BATCH = 1024


class Predictor:
    """A loaded model.

    Attributes:
        signature: What the model means; None for a plain MXNet export.
        inputs: Names of the graph's inputs.
        shapes: The shape of each input as far as it is known, its first dimension included.
    """

    def __init__(self, model: artifact.Artifact) -> None:
        params = read_params(model.params)
        graph = Graph.parse(model.symbol)
        self.signature: Signature | None = model.signature
        self.inputs = graph.inputs(params)
        if not self.inputs:
            raise ArtifactError("The graph has no input: every variable is among its params.")
        self.shapes: dict[str, Shape] = {}
        for name in self.inputs:
            row = graph.row_shape(name, params)
            if name in model.shapes:
                self.shapes[name] = model.shapes[name]
            elif row is not None:
                self.shapes[name] = (1, *row)
        self._engine = Engine(model.symbol, model.params, self.inputs, params)
        self._decoder = Decoder(model.signature.output) if model.signature else None

    @classmethod
    def load(cls, folder: Path) -> "Predictor":
        """Read a model folder, verify it, and compute once so that the first request is fast.

        Raises:
            ArtifactError: The folder does not hold a sound model.
            EngineError: MXNet cannot compute it.
        """
        predictor = cls(artifact.read(folder))
        predictor.rehearse()
        return predictor

    def rehearse(self) -> None:
        """Compute a row of nothing and hold the result to the signature.

        Raises:
            ArtifactError: The graph and the signature disagree.
            EngineError: MXNet cannot compute the graph.
        """
        if self.signature is None:
            if self.shapes.keys() == set(self.inputs):
                rows = {name: (1, *self.shapes[name][1:]) for name in self.inputs}
                self._engine.run({name: np.zeros(row, np.float32) for name, row in rows.items()})
            return
        spec = self.signature.input
        if self.inputs != (spec.name,):
            raise ArtifactError(
                f"The signature feeds {spec.name!r}, but the graph takes {', '.join(self.inputs)}."
            )
        self.probabilities(np.full((1, len(spec.fields)), spec.missing, np.float32))

    def close(self) -> None:
        """Free what MXNet holds; the predictor cannot be used afterwards."""
        self._engine.close()

    def outputs(self, arrays: dict[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """Compute a plain export's outputs on raw arrays, exactly as they are.

        Raises:
            InputError: The arrays do not fit the graph.
        """
        for name, shape in self.shapes.items():
            given = arrays[name].shape if name in arrays else None
            if given is not None and math.prod(given[1:]) != math.prod(shape[1:]):
                raise InputError(
                    f"Input {name!r} has shape {given}; expected (rows, "
                    f"{', '.join(map(str, shape[1:]))})."
                )
        try:
            return self._engine.run(arrays)
        except EngineError as error:
            raise InputError(f"The model cannot compute these arrays. {error.message}") from error

    def probabilities(self, rows: Floats) -> Floats:
        """Compute the class probabilities of raw rows; any number of them.

        Args:
            rows: (N, number of fields) float32, missing readings as the signature's value.

        Returns:
            (N, number of labels) float32.

        Raises:
            EngineError: MXNet fails, or gives another shape or no finite numbers.
        """
        signature = self._signed()
        wanted = len(signature.output.labels)
        result = np.empty((len(rows), wanted), np.float32)
        for start in range(0, len(rows), _LARGEST_BATCH):
            chunk = rows[start : start + _LARGEST_BATCH]
            (given,) = self._engine.run({signature.input.name: _padded(chunk)})[:1]
            if given.shape[1:] != (wanted,) or len(given) < len(chunk):
                raise EngineError(
                    f"The graph gives shape {given.shape} for {wanted} labels.",
                    hint="The model's graph and its signature do not belong together.",
                )
            result[start : start + len(chunk)] = given[: len(chunk)]
        if not np.isfinite(result).all():
            raise EngineError("The model gives probabilities that are not finite.")
        return result

    def answers(self, rows: Floats, top_k: int) -> Answers:
        """Compute the answers for raw rows; see `probabilities` for the arguments and errors."""
        signature = self._signed()
        silent = (rows == np.float32(signature.input.missing)).all(axis=1)
        return self.decode(self.probabilities(rows), silent, top_k)

    def decode(self, probabilities: Floats, silent: npt.NDArray[np.bool_], top_k: int) -> Answers:
        """Give the answers that probabilities mean, those of several rows together as well."""
        decoder = self._decoder or Decoder(self._signed().output)
        return decoder.decode(probabilities, silent, top_k)

    def _signed(self) -> Signature:
        if self.signature is None:
            raise EngineError("A model without a signature has no rows and labels, only arrays.")
        return self.signature


def _padded(rows: Floats) -> Floats:
    """Fill up to a power of two rows, so that few shapes have to be bound."""
    size = 1 << (len(rows) - 1).bit_length()
    if size == len(rows):
        return rows
    full = np.zeros((size, rows.shape[1]), np.float32)
    full[: len(rows)] = rows
    return full
