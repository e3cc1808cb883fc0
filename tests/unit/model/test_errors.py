"""Both trees of errors say the fact, then what to do."""

import pytest

from container import errors as container_errors
from model import errors
from model.errors import InputError, Problem


@pytest.mark.parametrize(
    "kind",
    [
        *(errors.ModelError, errors.ArtifactError, errors.SignatureError, errors.EngineError),
        *(container_errors.UserError, container_errors.PlatformError),
    ],
)
def test_the_text_is_the_message_and_the_hint(kind: type[Exception]) -> None:
    assert str(kind("It is so.", hint="Do this.")) == "It is so. Do this."  # type: ignore[call-arg]
    assert str(kind("It is so.")) == "It is so."


def test_an_input_error_counts_its_problems() -> None:
    problem = Problem(0, "b3001", "x", "a number")
    assert InputError("Bad.", [problem]).total == 1
    assert InputError("Bad.", [problem], 7).total == 7
    assert InputError("Bad.").problems == ()
