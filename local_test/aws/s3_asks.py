"""What requests of S3 need: the IAM action behind a method, a path and a query."""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote
from xml.sax.saxutils import unescape

from local_test.aws.policies import Ask

_BUCKET = {  # a subresource in the query: its name in actions on the bucket
    "acl": "BucketAcl",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
}
_LISTS = {"uploads": "ListBucketMultipartUploads", "versions": "ListBucketVersions"}
_OBJECT = {
    "acl": "ObjectAcl",
    "attributes": "ObjectAttributes",
    "legal-hold": "ObjectLegalHold",
    "retention": "ObjectRetention",
    "tagging": "ObjectTagging",
}
_HEADERS = (
    "x-amz-acl",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-storage-class",
)
_KEY = re.compile(r"<Key>(.*?)</Key>", re.DOTALL)


def needed(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> list[Ask]:
    """Say what a request needs.

    Args:
        method: Of HTTP.
        path: `/bucket/key`, decoded.
        query: Its parameters, those without a value too.
        headers: Those of the request; conditions may be about them.
        body: That of a deletion of many objects, else empty.
    """
    bucket, _, key = path.lstrip("/").partition("/")
    context: dict[str, Sequence[str]] = {
        f"s3:{name}": [headers[name]] for name in _HEADERS if name in headers
    }
    context |= {f"s3:{name}": [query[name]] for name in ("prefix", "delimiter") if name in query}
    if not bucket:
        return [Ask("s3:ListAllMyBuckets", "*", context)]
    arn = f"arn:aws:s3:::{bucket}"
    if key:
        asks = [Ask(f"s3:{_of_object(method, query)}", f"{arn}/{key}", context)]
        return [*asks, *_source(headers)]
    if method == "POST" and "delete" in query:
        keys = map(unescape, _KEY.findall(body.decode("utf-8", "replace")))
        return [Ask("s3:DeleteObject", f"{arn}/{each}", context) for each in keys]
    return [Ask(f"s3:{_of_bucket(method, query)}", arn, context)]


def _of_object(method: str, query: Mapping[str, str]) -> str:
    version = "Version" if "versionId" in query else ""
    verb = {"GET": "Get", "HEAD": "Get", "DELETE": "Delete"}.get(method, "Put")
    for name, noun in _OBJECT.items():
        if name in query:
            return f"{verb}{noun.replace('Object', f'Object{version}', 1)}"
    if "uploadId" in query and method == "GET":
        return "ListMultipartUploadParts"
    if "uploadId" in query and method == "DELETE":
        return "AbortMultipartUpload"
    return f"{verb}Object{version}" if verb != "Put" else "PutObject"


def _of_bucket(method: str, query: Mapping[str, str]) -> str:
    for name, noun in _BUCKET.items():
        if name in query:
            return f"{'Get' if method == 'GET' else 'Put'}{noun}"
    if method == "GET":
        return next((action for name, action in _LISTS.items() if name in query), "ListBucket")
    return {"HEAD": "ListBucket", "DELETE": "DeleteBucket"}.get(method, "CreateBucket")


def _source(headers: Mapping[str, str]) -> Iterator[Ask]:
    """Yield what the source of a copy needs."""
    if source := headers.get("x-amz-copy-source"):
        name, _, _version = unquote(source).lstrip("/").partition("?versionId=")
        yield Ask("s3:GetObject", f"arn:aws:s3:::{name}")
