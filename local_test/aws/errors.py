"""What a client of the laptop's AWS gets as botocore's ClientError."""

from collections.abc import Sequence

VALIDATION = "ValidationException"


class AwsError(Exception):
    """A refusal, in the code and the words of AWS as far as they are known.

    Attributes:
        code: As in `error.response["Error"]["Code"]`, such as `ValidationException`.
        message: A sentence.
        status: Of HTTP.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message, status)
        self.code = code
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def validation(message: str) -> AwsError:
    """A ValidationException, SageMaker's answer to nearly everything that is wrong."""
    return AwsError(VALIDATION, message)


def constraints(problems: Sequence[str]) -> AwsError:
    """All constraints that an input violates at once, worded as AWS does."""
    noun = "error" if len(problems) == 1 else "errors"
    return validation(f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")
