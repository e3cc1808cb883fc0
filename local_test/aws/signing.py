"""Signature Version 4: what a request was signed with, and whether that is true.

The arithmetic is botocore's own; here it is applied from the other side.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.wrappers import Request

ALGORITHM = "AWS4-HMAC-SHA256"
PRESIGNED = "X-Amz-"  # what a presigned URL adds begins so
_PARTS = ("Credential", "SignedHeaders", "Signature")


@dataclass(frozen=True)
class Signature:
    """What a request says of its signature.

    Attributes:
        key: The access key's id.
        region: Of the credential's scope.
        service: Of the scope, by signing name: `monitoring` is CloudWatch.
        headers: The names that are signed, in lower case.
        value: The signature itself.
        stamp: When it was signed, such as `20261124T134500Z`.
        token: The session's, if there is one.
        expires: Seconds that a presigned URL holds; None for a signed header.
    """

    key: str
    region: str
    service: str
    headers: frozenset[str]
    value: str = field(repr=False)
    stamp: str
    token: str | None = field(repr=False)
    expires: int | None = None


def read(request: Request) -> Signature | None:
    """Find a request's signature, in its headers or in its URL; None for an unsigned request.

    Raises:
        ValueError: It is malformed.
    """
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith(ALGORITHM):
        pairs = (part.strip().partition("=") for part in authorization[len(ALGORITHM) :].split(","))
        parts = {name: value for name, _, value in pairs}
        token = request.headers.get("X-Amz-Security-Token")
        return _signature(parts, request.headers.get("X-Amz-Date", ""), token, None)
    if request.args.get("X-Amz-Algorithm") == ALGORITHM:
        parts = {name: request.args.get(f"{PRESIGNED}{name}", "") for name in _PARTS}
        seconds = int(request.args.get("X-Amz-Expires", ""))
        token = request.args.get("X-Amz-Security-Token")
        return _signature(parts, request.args.get("X-Amz-Date", ""), token, seconds)
    return None


def _signature(
    parts: Mapping[str, str], stamp: str, token: str | None, expires: int | None
) -> Signature:
    if missing := [name for name in _PARTS if not parts.get(name)]:
        raise ValueError(f"Authorization header requires {', '.join(missing)}.")
    scope = parts["Credential"].split("/")
    if len(scope) != 5:
        raise ValueError("Credential must have five parts: key/date/region/service/aws4_request.")
    headers = frozenset(parts["SignedHeaders"].split(";"))
    return Signature(
        scope[0], scope[2], scope[3], headers, parts["Signature"], stamp, token, expires
    )


def holds(request: Request, signature: Signature, secret: str, body: bytes | None) -> bool:
    """Whether a request was signed with a secret.

    Args:
        request: As it came.
        signature: What `read` found.
        secret: Of the access key.
        body: The whole of it; None where its hash stands in X-Amz-Content-SHA256, as for S3.
    """
    headers = {
        name: value for name, value in request.headers.items() if name.lower() in signature.headers
    }
    hashed = request.headers.get("X-Amz-Content-SHA256", "")
    if body is not None and hashed and hashed != hashlib.sha256(body).hexdigest():
        return False
    url = f"http://{request.host}{target(request, without='X-Amz-Signature=')}"
    auth = _auth(signature, Credentials(signature.key, secret))
    asked = AWSRequest(request.method, url, headers, body or b"")
    asked.context["timestamp"] = signature.stamp
    text = auth.string_to_sign(asked, auth.canonical_request(asked))
    return hmac.compare_digest(auth.signature(text, asked), signature.value)


def target(request: Request, *, without: str | None = None) -> str:
    """Give a request's path and query as they came over the wire, which is what is signed.

    Args:
        request: As it came.
        without: What parameters that are left out begin with.
    """
    uri = urlsplit(request.environ["RAW_URI"])
    parts = uri.query.split("&") if uri.query else []
    if without is not None:
        parts = [part for part in parts if not part.startswith(without)]
    return f"{uri.path}?{'&'.join(parts)}" if parts else uri.path


def _auth(signature: Signature, credentials: Credentials) -> Any:
    scope = (credentials, signature.service, signature.region)
    if signature.service != "s3":
        return SigV4Auth(*scope)
    return S3SigV4Auth(*scope) if signature.expires is None else S3SigV4QueryAuth(*scope)


@dataclass(frozen=True)
class Signer:
    """Signs requests to a server behind the gateway.

    Attributes:
        key: The access key's id.
        secret: Of the key.
        service: By signing name.
        region: Of the scope.
    """

    key: str
    secret: str = field(repr=False)
    service: str
    region: str

    def sign(self, method: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Give the headers with a signature among them; the body's hash has to be there."""
        request = AWSRequest(method, url, dict(headers))
        request.headers["Host"] = urlsplit(url).netloc
        digest = request.headers["X-Amz-Content-SHA256"]
        kind = S3SigV4Auth if self.service == "s3" else SigV4Auth
        auth = kind(Credentials(self.key, self.secret), self.service, self.region)
        auth.payload = lambda _: digest
        auth.add_auth(request)
        return dict(request.headers.items())
