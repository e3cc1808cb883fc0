"""Requests that botocore has signed, from the side that gets them."""

from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

SECRET = "s" * 40
SESSION = "the token"
BODY = b'{"ModelName": "m"}'


def signed(kind: Any, service: str, path: str, *, body: bytes = BODY, **more: Any) -> Request:
    """A request as it arrives, signed by botocore."""
    asked = AWSRequest("POST", f"http://127.0.0.1:1234{path}", {"X-Amz-Target": "A.B"}, body)
    credentials = Credentials("AKID", SECRET, SESSION)
    kind(credentials, service, "us-east-1", **more).add_auth(asked)
    return arrived(asked.url.removeprefix("http://127.0.0.1:1234"), dict(asked.headers), body)


def arrived(target: str, headers: dict[str, str], body: bytes = BODY) -> Request:
    """A request as it arrives, signed or not."""
    builder = EnvironBuilder(
        target, "http://127.0.0.1:1234", method="POST", headers=Headers(headers), data=body
    )
    environ = builder.get_environ()
    environ["RAW_URI"] = target
    return Request(environ)
