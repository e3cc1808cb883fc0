"""Which headers go from the caller to the container and back; all others end at the platform.

The API's own model says what each is called and what it may hold (C1.36 to C1.42, C1.52).
"""

import contextlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from werkzeug.datastructures import Headers

from local_test.aws import shapes
from local_test.aws.errors import AwsError

INVOKED_VARIANT = "x-Amzn-Invoked-Production-Variant"
_PLAIN = "InvokeEndpoint"  # its names are those that the container sees
_FOR_CONTAINER = (
    *("ContentType", "Accept", "CustomAttributes", "TargetModel", "TargetVariant"),
    *("TargetContainerHostname", "InferenceId", "EnableExplanations", "InferenceComponentName"),
    *("SessionId",),
)
_FOR_CALLER = ("ContentType", "CustomAttributes", "NewSessionId", "ClosedSessionId")
_FORWARDED_API = "X-Amzn-SageMaker-Forwarded-Api"  # C1.38


def invalid(message: str, status: int = 400) -> AwsError:
    """The runtime's own kind of ValidationException."""
    return AwsError("ValidationError", message, status)


def read(operation: str, endpoint: str, headers: Headers) -> dict[str, Any]:
    """Read the members of an operation's input that come as headers.

    Args:
        operation: Such as `InvokeEndpoint`.
        endpoint: Its name, from the path.
        headers: Of the request.

    Raises:
        AwsError: Some violate the API's constraints; all of them are named.
    """
    shape = _model().operation_model(operation).input_shape
    given: dict[str, Any] = {"EndpointName": endpoint}
    for member, each in shape.members.items():
        if each.serialization.get("location") != "header":
            continue
        if (text := headers.get(each.serialization["name"])) is not None:
            given[member] = text
            if each.type_name == "integer":
                with contextlib.suppress(ValueError):  # the constraints tell of a text
                    given[member] = int(text)
    body = {"Body": ""}  # it is read later, and may be empty
    if found := list(shapes.problems(shape, {**given, **body})):
        noun = "error" if len(found) == 1 else "errors"
        raise invalid(f"{len(found)} validation {noun} detected: {'; '.join(found)}")
    return given


def for_container(operation: str, given: Mapping[str, Any]) -> dict[str, str]:
    """The headers that a container gets."""
    members = _model().operation_model(_PLAIN).input_shape.members
    found = {
        members[member].serialization["name"]: given[member]
        for member in _FOR_CONTAINER
        if member in given
    }
    return {**found, _FORWARDED_API: operation}


def for_caller(operation: str, headers: Headers, variant: str) -> dict[str, str]:
    """The headers that a caller gets back, under the operation's own names.

    Custom attributes come back only if the container sets them itself (C1.40).
    """
    plain = _model().operation_model(_PLAIN).output_shape.members
    own = _model().operation_model(operation).output_shape.members
    found = {INVOKED_VARIANT: variant}
    for member in _FOR_CALLER:
        value = headers.get(plain[member].serialization["name"])
        if member in own and value is not None:
            found[own[member].serialization["name"]] = value
    return found


@cache
def _model() -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model("sagemaker-runtime")
