"""ModelError: what a caller gets when the container refuses, fails, or does not answer (C1.45)."""

import json
from dataclasses import dataclass

from werkzeug.wrappers import Response

from container import contract
from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import logs
from local_test.aws.sagemaker.forwarding import Cause

CONTAINER = "primary"  # what the platform calls a single container
STATUS = 424
_SILENCE = {
    "timeout": (
        f"Your invocation timed out while waiting for a response from container {CONTAINER}. "
        "Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, "
        "and try again."
    ),
    "broken": (
        "Amazon SageMaker could not get a response from the {endpoint} endpoint. This can occur "
        "when CPU or memory utilization is high. To check your utilization, see Amazon "
        "CloudWatch. To fix this problem, use an instance type with more CPU capacity or memory."
    ),
}


@dataclass(frozen=True)
class ModelError:
    """Why there is no answer.

    Attributes:
        message: For the caller, in the platform's words (C1.47).
        original_status: The container's; 0 where it gave none.
        original_message: The container's body, cut.
        log_stream_arn: Where to read on.
    """

    message: str
    original_status: int
    original_message: str
    log_stream_arn: str

    def response(self) -> Response:
        """Give it as the runtime does."""
        body = {
            "Message": self.message,
            "OriginalStatusCode": self.original_status,
            "OriginalMessage": self.original_message,
            "LogStreamArn": self.log_stream_arn,
        }
        response = Response(json.dumps(body), STATUS, content_type="application/json")
        response.headers["x-amzn-ErrorType"] = "ModelError"
        return response


def refused(cloud: Cloud, endpoint: str, status: int, body: bytes) -> ModelError:
    """The container answered, but not with 2xx."""
    text = body.decode("utf-8", "replace")[: contract.ERROR_BODY_LIMIT]
    return _error(cloud, endpoint, status, text)


def silent(cloud: Cloud, endpoint: str, cause: Cause) -> ModelError:
    """The container did not answer, or not in time (C1.31)."""
    return _error(cloud, endpoint, 0, _SILENCE[cause].format(endpoint=endpoint))


def too_large(cloud: Cloud, endpoint: str, limit: int) -> ModelError:
    """The container's answer is more than the platform carries (C1.32)."""
    return _error(cloud, endpoint, 0, f"The response exceeds {limit} bytes.")


def _error(cloud: Cloud, endpoint: str, status: int, text: str) -> ModelError:
    group = f"{logs.ENDPOINTS}/{endpoint}"
    side = "client" if 400 <= status < 500 else "server"
    console = f"https://{cloud.region}.console.aws.amazon.com/cloudwatch/home?region={cloud.region}"
    message = (
        f'Received {side} error ({status}) from {CONTAINER} with message "{text}". '
        f"See {console}#logEventViewer:group={group} in account {cloud.account} for more "
        "information."
    )
    return ModelError(message, status, text, cloud.arn("logs", f"log-group:{group}"))
