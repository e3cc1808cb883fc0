"""Refusals in the protocol of the service that was asked, so that every client can read them."""

import json
import uuid
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from local_test.aws.errors import AwsError

QUERY = {"iam", "sts"}  # services by signing name that speak the query protocol
_FORM = "application/x-www-form-urlencoded"


def json_reply(body: bytes, request_id: str | None = None) -> Response:
    """Answer with JSON 1.1."""
    response = Response(body, content_type="application/x-amz-json-1.1")
    response.headers["x-amzn-RequestId"] = request_id or str(uuid.uuid4())
    return response


def refusal(error: AwsError, service: str, request: Request) -> Response:
    """Answer with an error.

    Args:
        error: What to say.
        service: That was asked, by signing name.
        request: What was asked; some protocols are chosen by it.
    """
    request_id = str(uuid.uuid4())
    if request.headers.get("Smithy-Protocol") == "rpc-v2-cbor":
        body, kind = _cbor({"__type": error.code, "message": error.message}), "application/cbor"
    elif service == "s3":
        body, kind = _s3_xml(error, request, request_id), "application/xml"
    elif service in QUERY or request.mimetype == _FORM:
        body, kind = _query_xml(error, request_id), "text/xml"
    else:
        content = {"__type": error.code, "message": error.message, "Message": error.message}
        body, kind = json.dumps(content).encode(), "application/x-amz-json-1.1"
    response = Response(body, error.status, content_type=kind)
    response.headers["x-amzn-RequestId"] = request_id
    response.headers["x-amzn-ErrorType"] = error.code
    if kind == "application/cbor":
        response.headers["Smithy-Protocol"] = "rpc-v2-cbor"
    if request.method == "HEAD":
        response.set_data(b"")
    return response


def _query_xml(error: AwsError, request_id: str) -> bytes:
    kind = "Receiver" if error.status >= 500 else "Sender"
    return (
        f"<ErrorResponse><Error><Type>{kind}</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def _s3_xml(error: AwsError, request: Request, request_id: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"<Resource>{escape(request.path)}</Resource><RequestId>{request_id}</RequestId></Error>"
    ).encode()


def _cbor(content: dict[str, str]) -> bytes:
    """Write a map of few texts: all of CBOR that an error needs (RFC 8949, major types 3 and 5)."""
    parts = [bytes([0xA0 | len(content)])]
    for text in (each for pair in content.items() for each in pair):
        data = text.encode()
        parts.append(b"\x79" + len(data).to_bytes(2, "big") + data)
    return b"".join(parts)
