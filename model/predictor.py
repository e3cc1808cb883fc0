"""Engine and signature together: from rows to answers, for serving and training alike."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model import artifact
from model.answers import Answers, decoder_of
from model.engine import Engine
from model.errors import ArtifactError, EngineError, InputError
from model.export import Graph, Shape
from model.params import read_params
from model.signature import Signature

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

LARGEST_BATCH = 1024  # rows that are computed at once


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
        self._decoder = decoder_of(model.signature.output) if model.signature else None
        self._density = _density(model.signature, graph) if model.signature else None

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
        self._compute(np.full((1, len(spec.fields)), spec.missing, np.float32))

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
        return self._compute(rows)[0]

    def answers(self, rows: Floats, top_k: int) -> Answers:
        """Compute the answers for raw rows; see `probabilities` for the arguments and errors."""
        signature = self._signed()
        silent = (rows == np.float32(signature.input.missing)).all(axis=1)
        probabilities, densities = self._compute(rows)
        if densities is None or signature.output.coverage is None:
            return self.decode(probabilities, silent, top_k)
        strange = densities < signature.output.coverage.threshold
        return self.decode(probabilities, silent, top_k, strange)

    def decode(
        self, probabilities: Floats, silent: Mask, top_k: int, strange: Mask | None = None
    ) -> Answers:
        """Give the answers that probabilities mean, those of several rows together as well."""
        decoder = self._decoder or decoder_of(self._signed().output)
        return decoder.decode(probabilities, silent, top_k, strange)

    def _compute(self, rows: Floats) -> tuple[Floats, Floats | None]:
        """Give the (N, labels) probabilities, and (N,) densities where the model has them."""
        number = len(rows)
        if 0 < number <= LARGEST_BATCH:
            return self._computed(rows)
        probabilities = np.empty((number, len(self._signed().output.labels)), np.float32)
        densities = None if self._density is None else np.empty(number, np.float32)
        for start in range(0, number, LARGEST_BATCH):
            place = slice(start, start + LARGEST_BATCH)
            probabilities[place], found = self._computed(rows[place])
            if densities is not None:
                densities[place] = found
        return probabilities, densities

    def _computed(self, rows: Floats) -> tuple[Floats, Floats | None]:
        """Compute one batch."""
        signature, number = self._signed(), len(rows)
        given = self._engine.run({signature.input.name: _padded(rows)})
        probabilities = _part(given[0], number, (len(signature.output.labels),))
        if not np.isfinite(probabilities).all():
            raise EngineError("The model gives probabilities that are not finite.")
        if self._density is None:
            return probabilities, None
        densities = _part(given[self._density], number, ())
        if np.isnan(densities).any():
            raise EngineError("The model gives densities that are no numbers.")
        return probabilities, densities

    def _signed(self) -> Signature:
        if self.signature is None:
            raise EngineError("A model without a signature has no rows and labels, only arrays.")
        return self.signature


def _density(signature: Signature, graph: Graph) -> int | None:
    """Which output of the graph holds the density of the rows."""
    coverage = signature.output.coverage
    if coverage is None:
        return None
    if coverage.output not in graph.names[1:]:
        raise ArtifactError(
            f"The signature judges coverage by the output {coverage.output!r}, but behind the "
            f"probabilities the graph gives {', '.join(graph.names[1:]) or 'nothing'}."
        )
    return graph.names.index(coverage.output, 1)


def _part(given: npt.NDArray[Any], rows: int, shape: Shape) -> Floats:
    """The rows of an output that were asked for, the filling left out."""
    if given.shape[1:] != shape or len(given) < rows:
        raise EngineError(
            f"The graph gives shape {given.shape}; its signature says {('rows', *shape)}.",
            hint="The model's graph and its signature do not belong together.",
        )
    return np.asarray(given[:rows], np.float32)


def _padded(rows: Floats) -> Floats:
    """Fill up to a power of two rows, so that few shapes have to be bound."""
    size = 1 << (len(rows) - 1).bit_length()
    if size == len(rows):
        return rows
    full = np.zeros((size, rows.shape[1]), np.float32)
    full[: len(rows)] = rows
    return full
