"""What can go wrong between a request, a model folder and MXNet.

ModelError              a failure that is explained in one sentence
├── InputError          the rows that were handed in; lists every problem
├── ArtifactError       the model folder or archive
│   └── SignatureError  its signature.json
└── EngineError         MXNet refused to load or to compute
"""

from collections.abc import Sequence
from dataclasses import dataclass


class ModelError(Exception):
    """A failure whose message is meant for a person.

    Attributes:
        message: One sentence: the thing, what was found, what is allowed.
        hint: What to do about it; may be empty.
        code: A stable name of the kind of failure.
    """

    code = "model_error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


@dataclass(frozen=True)
class Problem:
    """One fault of one row.

    Attributes:
        row: The record's number in the request, from 0; None where no row is to blame.
        field: The input's name, None where the row as a whole is wrong.
        got: What was found.
        expected: What is allowed.
    """

    row: int | None
    field: str | None
    got: object
    expected: str


class InputError(ModelError):
    """Rows that the model cannot take.

    Attributes:
        problems: The first of them.
        total: How many there are in all.
    """

    code = "invalid_input"

    def __init__(
        self, message: str, problems: Sequence[Problem] = (), total: int = 0, *, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)
        self.total = max(total, len(self.problems))


class ArtifactError(ModelError):
    """A model folder or archive that is not what it should be."""

    code = "invalid_artifact"


class SignatureError(ArtifactError):
    """A signature.json that cannot be understood."""

    code = "invalid_signature"


class EngineError(ModelError):
    """MXNet's own refusal."""

    code = "engine_error"
