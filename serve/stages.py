"""The three steps from a body to an answer, as a model's kind has them: read, predict, write.

`serve.core` takes them one after the other; a user's handler may replace each (C6.10).
"""

import json
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from model.answers import Answers
from model.errors import EngineError, InputError
from model.predictor import LARGEST_BATCH, Predictor
from model.signature import Signature
from serve import decode, media
from serve.arrays import ArrayFormat
from serve.encode import encoder_of
from serve.media import ContentType
from serve.observed import Observed, observe, together
from serve.several import Several
from serve.wishes import Read, Wishes

_LISTING = (media.JSON, media.JSON_LINES)  # all that has a place for candidates


class Answered(NamedTuple):
    """A request that was answered.

    Attributes:
        body: The answer.
        seen: What records and answers were like; None where nobody asked or knows.
    """

    body: bytes
    seen: Observed | None = None


class Stages(Protocol):
    """What every kind of model can do; what passes between the steps is the kind's own affair."""

    def read(self, body: bytes, content: ContentType) -> Read:
        """Read the records of a body, and what else it asks for."""
        ...

    def predict(self, data: Any, wishes: Wishes) -> Any:
        """Compute what the model says of them."""
        ...

    def write(self, prediction: Any, media_type: str) -> bytes:
        """Write that down in one of `media.WRITTEN`."""
        ...

    def answer(self, data: Any, wishes: Wishes, media_type: str, *, observing: bool) -> Answered:
        """Predict and write in one go, and observe if told to."""
        ...

    def count(self, data: Any) -> int:
        """How many records were read."""
        ...

    def observe(self, data: Any, prediction: Any) -> Observed | None:
        """What records and answers were like; None where nobody knows what they mean."""
        ...


class SignedStages:
    """A model with a signature: rows of named fields in, labels out."""

    def __init__(self, predictor: Predictor, signature: Signature, largest: int) -> None:
        self._predictor = predictor
        self._input = signature.input
        self._several = Several(predictor, signature)
        self._encoder = encoder_of(signature.output)
        self._largest = largest

    def read(self, body: bytes, content: ContentType) -> Read:
        """Read rows of the signature's fields, (N, fields) float32."""
        return decode.read(body, content, self._input, self._largest)

    def predict(self, data: Any, wishes: Wishes) -> Answers:
        """Compute the answer to each row, or to several together.

        Raises:
            InputError: An `input_fn` made something else than rows.
        """
        rows = np.asarray(data, np.float32)
        width = len(self._input.fields)
        if rows.ndim != 2 or rows.shape[1] != width:
            raise InputError(f"The model takes rows of {width} numbers, got shape {rows.shape}.")
        if wishes.plain:
            return self._predictor.answers(rows, wishes.top_k)
        return self._several.answers(rows, wishes)

    def write(self, prediction: Any, media_type: str) -> bytes:
        """Write the answers."""
        return self._encoder.encode(prediction, media_type)

    def answer(self, data: Any, wishes: Wishes, media_type: str, *, observing: bool) -> Answered:
        """Predict and write some rows at a time: the answers to all take many times their memory.

        Raises:
            InputError: See `predict`.
        """
        size = max(len(data), 1)
        if wishes.plain and media_type != media.NPY:  # otherwise all rows are needed at once
            size = min(size, LARGEST_BATCH)
        if media_type not in _LISTING:
            wishes = replace(wishes, top_k=1)
        parts, seen = [], []
        for start in range(0, len(data) or 1, size):
            rows = data[start : start + size]
            prediction = self.predict(rows, wishes)
            parts.append(self._encoder.part(prediction, media_type))
            if observing:
                seen.append(self.observe(rows, prediction))
        body = self._encoder.whole(parts, media_type)
        return Answered(body, together(seen) if observing else None)

    def count(self, data: Any) -> int:
        """How many rows there are."""
        return len(data)

    def observe(self, data: Any, prediction: Any) -> Observed:
        """Look at missing readings, statuses and probabilities."""
        return observe(self._input.names, self._input.missing, data, prediction)


class ArrayStages:
    """A plain export, or a model that only its handler knows: arrays in, arrays out.

    Args:
        predictor: None where the handler's `model_fn` loaded the model.
        largest: Bytes that an archive may have when unpacked.
    """

    def __init__(self, predictor: Predictor | None, largest: int) -> None:
        self._predictor = predictor
        inputs = predictor.inputs if predictor else ("data",)
        self._format = ArrayFormat(inputs, predictor.shapes if predictor else {}, largest)

    def read(self, body: bytes, content: ContentType) -> Read:
        """Read an array an input; without a predictor, the one array that the body holds."""
        arrays = self._format.decode(body, content)
        return Read(arrays if self._predictor else next(iter(arrays.values())))

    def predict(self, data: Any, wishes: Wishes) -> Any:
        """Compute the outputs.

        Raises:
            EngineError: The handler loaded the model, so it has to predict as well.
            InputError: More is asked for than outputs.
        """
        if self._predictor is None:
            raise EngineError("A model that model_fn loaded needs a predict_fn or transform_fn.")
        if not wishes.plain:
            raise InputError(
                "sequence, standing and explain need to know what the model's outputs mean; it "
                "came without a signature.json, so only arrays are computed."
            )
        return self._predictor.outputs(data)

    def write(self, prediction: Any, media_type: str) -> bytes:
        """Write the outputs, or whatever else a handler predicted, as far as the type has it."""
        if isinstance(prediction, np.ndarray):
            return self._format.encode([prediction], media_type)
        if isinstance(prediction, list) and {*map(type, prediction)} == {np.ndarray}:
            return self._format.encode(prediction, media_type)
        if media_type == media.JSON:
            return json.dumps(prediction, default=_listed, allow_nan=False).encode()
        return self._format.encode([np.asarray(prediction)], media_type)

    def answer(self, data: Any, wishes: Wishes, media_type: str, *, observing: bool) -> Answered:  # noqa: ARG002 - there is nothing to observe
        """Predict and write."""
        return Answered(self.write(self.predict(data, wishes), media_type))

    def count(self, data: Any) -> int:
        """How many rows the first input has."""
        first = next(iter(data.values())) if isinstance(data, dict) else data
        return len(first)

    def observe(self, data: Any, prediction: Any) -> Observed | None:  # noqa: ARG002 - as above
        """Nothing is known of arrays."""
        return None


def _listed(value: Any) -> Any:
    """What JSON does not know of itself: numpy's arrays and numbers."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"JSON has no {type(value).__name__}")


def stages(predictor: Predictor | None, largest: int) -> Stages:
    """The steps for a loaded model, or for one that only its handler knows (None)."""
    if predictor is not None and predictor.signature is not None:
        return SignedStages(predictor, predictor.signature, largest)
    return ArrayStages(predictor, largest)
