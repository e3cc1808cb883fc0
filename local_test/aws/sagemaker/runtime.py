"""InvokeEndpoint, InvokeEndpointWithResponseStream and InvokeEndpointAsync, as HTTP brings them.

POST /endpoints/NAME/invocations                    the whole answer, in one piece
POST /endpoints/NAME/invocations-response-stream    its parts, each as soon as it is there
POST /endpoints/NAME/async-invocations              a promise, kept in S3
"""

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.sagemaker import answering, asynchronous, data_capture, event_stream, hosting
from local_test.aws.sagemaker import invocation_headers as headers
from local_test.aws.sagemaker.answering import Invocation, InvocationError
from local_test.aws.sagemaker.data_capture import Exchange
from local_test.aws.sagemaker.forwarding import Call, NoAnswerError
from local_test.aws.store import Document

_OPERATIONS = {
    "invocations": "InvokeEndpoint",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
    "async-invocations": "InvokeEndpointAsync",
}
_BROKEN = {"timeout": "ModelInvocationTimeExceeded", "broken": "StreamBroken"}  # C1.51


def invoke(cloud: Cloud, name: str, request: Request) -> Response:
    """Answer a request to an endpoint.

    Raises:
        AwsError: It is refused before a container is asked.
    """
    response = _answered(cloud, name, request)
    response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return response


def _answered(cloud: Cloud, name: str, request: Request) -> Response:
    operation = _OPERATIONS[request.path.rpartition("/")[2]]
    given = headers.read(operation, name, request.headers)
    document = answering.endpoint(cloud, name)
    if operation == "InvokeEndpointAsync":
        return asynchronous.accept(cloud, document, given, request)
    if document.get("AsyncInferenceConfig"):
        raise headers.invalid(
            f"Endpoint {name} of account {cloud.account} is asynchronous; "
            "it can only be called with InvokeEndpointAsync."
        )
    body = _body(request, answering.largest_body(document))
    try:
        if operation == "InvokeEndpoint":
            return _plain(cloud, document, given, body)
        return _streamed(cloud, document, given, body)
    except InvocationError as error:
        return error.error.response()


def _plain(cloud: Cloud, document: Document, given: Mapping[str, Any], body: bytes) -> Response:
    name, operation = document["EndpointName"], "InvokeEndpoint"
    sent = headers.for_container(operation, given)
    call = Call(sent, body, answering.INVOCATION_SECONDS)
    with answering.asked(cloud, document, call, given.get("TargetVariant")) as invocation:
        found = invocation.body(cloud, name)
    returned = headers.for_caller(operation, invocation.answer.headers, invocation.variant)
    exchange = Exchange(invocation.variant, given, body, found, returned)
    data_capture.record(hosting.of(cloud).captured, document, exchange)
    response = Response(found)
    del response.headers["Content-Type"]  # the container's own, or none
    response.headers.update(returned)
    return response


def _streamed(cloud: Cloud, document: Document, given: Mapping[str, Any], body: bytes) -> Response:
    """Begin a stream; the instance stays chosen until its end, or until the caller leaves."""
    operation = "InvokeEndpointWithResponseStream"
    sent = headers.for_container(operation, given)
    call = Call(sent, body, answering.STREAM_SECONDS)
    with contextlib.ExitStack() as undo:
        invocation = undo.enter_context(
            answering.asked(cloud, document, call, given.get("TargetVariant"))
        )
        returned = headers.for_caller(operation, invocation.answer.headers, invocation.variant)
        events = _events(invocation, undo.pop_all())
    response = Response(events, content_type=event_stream.CONTENT_TYPE)
    response.headers.update(returned)
    return response


def _events(invocation: Invocation, undo: contextlib.ExitStack) -> Iterator[bytes]:
    """The container's answer as events; what breaks it off is the last of them."""
    try:
        with undo:
            for part in invocation.answer.parts():
                yield event_stream.payload_part(part)
    except InvocationError as error:
        cause = error.__cause__
        code = _BROKEN[cause.cause] if isinstance(cause, NoAnswerError) else "StreamBroken"
        fields = {"Message": error.error.message, "ErrorCode": code}
        yield event_stream.failure("ModelStreamError", fields)


def _body(request: Request, limit: int) -> bytes:
    """Read a request's body.

    Raises:
        AwsError: It is too large, in the words that AWS's own front has for it.
    """
    length = request.content_length
    if length is not None and length > limit:
        raise AwsError("413", f"HTTP content length exceeded {limit} bytes.", 413)
    body = request.get_data()
    if len(body) > limit:
        raise AwsError("413", f"HTTP content length exceeded {limit} bytes.", 413)
    return body
