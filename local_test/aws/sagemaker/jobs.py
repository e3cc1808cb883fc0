"""What training and transform jobs have in common: how they end, and how that is told.

A FailureReason begins with who can mend it, as on the platform: ClientError the caller,
AlgorithmError the image, InternalServerError the place.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from container import contract
from container.errors import ContainerError, UserError
from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError, validation
from local_test.aws.sagemaker import images
from local_test.aws.sagemaker.model_data import ModelDataError
from local_test.aws.service import SAGEMAKER
from local_test.aws.store import Document, Table
from model.errors import ModelError

IN_PROGRESS: Final = "InProgress"
COMPLETED: Final = "Completed"
FAILED: Final = "Failed"
STOPPING: Final = "Stopping"
STOPPED: Final = "Stopped"
OVER: Final = (COMPLETED, FAILED, STOPPED)
CLOSED: Final = (
    "InternalServerError: The laptop's AWS was closed while the job ran; start it again."
)

_HEAD: Final = {"403": "AccessDenied", "404": "NotFound"}  # HEAD has no body that says more
_LOG = logging.getLogger(__name__)


class JobFailedError(Exception):
    """A job has failed; the message is its FailureReason."""


class JobStoppedError(Exception):
    """Somebody has stopped the job."""


def reason(error: Exception) -> str:
    """Put an exception as a FailureReason; what nobody expected is logged with its traceback."""
    match error:
        case JobFailedError():
            text = str(error)
        case AwsError():
            text = f"ClientError: {error.message}"
        case ClientError():
            code = error.response["Error"]["Code"]
            text = f"ClientError: {error.operation_name} was refused: {_HEAD.get(code, code)}."
        case ModelDataError() | UserError() | ModelError():
            text = f"ClientError: {error}"
        case BotoCoreError() | Boto3Error() | ContainerError():
            text = f"InternalServerError: {error}"
        case OSError():
            text = f"InternalServerError: {error.strerror or error}: {error.filename or 'a file'}."
        case _:
            _LOG.error("A job failed in a way that nobody expected.", exc_info=error)
            text = "InternalServerError: We encountered an internal error. Please try again."
    return text[: contract.FAILURE_REASON_LIMIT]


def runner_of(cloud: Cloud, image: str, role: str) -> Any:
    """Find where an image runs, as a Create operation does.

    Raises:
        AwsError: There is no such image, the role may not pull it, or there is no place to run it.
    """
    try:
        images.check_rights(cloud.client("ecr", role=role), image, role)
        return cloud.runner(image)
    except UserError as error:
        raise validation(
            f"Cannot find the image {image}: {error} Please check that it exists and that the role "
            f"{role} may pull it."
        ) from error
    except ContainerError as error:
        raise AwsError("InternalFailure", str(error), 500) from error


def found(table: Table, name: str, missing: str) -> Document:
    """Give the document of a job.

    Raises:
        AwsError: There is none; `missing` says so in AWS's words.
    """
    document = table.get(name)
    if document is None:
        raise validation(missing)
    return document


def known_members(operation: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Those members of a document that an operation's output has."""
    members = SAGEMAKER.model.operation_model(operation).output_shape.members
    return {name: value for name, value in document.items() if name in members}
