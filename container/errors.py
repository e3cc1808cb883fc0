"""What can go wrong between the platform and the container.

ContainerError          a failure that is explained in one sentence, without a traceback
├── UserError           the caller can mend it: a hyperparameter, a channel, a setting
├── PlatformError       the place can mend it: a mount, a permission, a limit, the network
└── AlgorithmError      only we can mend it: a fault of this project
"""


class ContainerError(Exception):
    """A failure whose message is meant for a person.

    Attributes:
        message: One sentence: the thing, what was found, what is allowed.
        hint: What to do about it; may be empty.
        code: A stable name of the kind of failure.
    """

    code = "container_error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class UserError(ContainerError):
    """Something that the caller handed in has to change."""

    code = "user_error"


class PlatformError(ContainerError):
    """Something about the machine or its mounts has to change."""

    code = "platform_error"


class AlgorithmError(ContainerError):
    """This project did something wrong."""

    code = "algorithm_error"
