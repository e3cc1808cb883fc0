"""An S3 in memory with the few calls of boto3 that jobs make, for tests without a server."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import ClientError
from botocore.response import StreamingBody


class FakeS3:
    """One bucket.

    Args:
        objects: Contents by key of the bucket `bucket`; any other one does not exist.

    Attributes:
        objects: The contents now.
        refusal: The code of the error that every call meets; empty for none.
    """

    def __init__(self, **objects: bytes) -> None:
        self.objects = dict(objects)
        self.refusal = ""

    def get_paginator(self, _operation: str) -> "FakeS3":
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        self._check(Bucket)
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        for start in range(0, len(keys), 2):
            yield {"Contents": [{"Key": key} for key in keys[start : start + 2]]}
        if not keys:
            yield {}

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"ContentLength": len(self._content(Bucket, Key))}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        content = self._content(Bucket, Key)
        body = StreamingBody(io.BytesIO(content), len(content))
        return {"ContentLength": len(content), "Body": body}

    def download_file(self, bucket: str, key: str, path: str) -> None:
        Path(path).write_bytes(self._content(bucket, key))

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self._check(bucket)
        self.objects[key] = Path(path).read_bytes()

    def upload_fileobj(self, file: BinaryIO, bucket: str, key: str) -> None:
        self._check(bucket)
        self.objects[key] = file.read()

    def delete_object(self, Bucket: str, Key: str) -> None:  # noqa: N803
        self._check(Bucket)
        self.objects.pop(Key, None)

    def _content(self, bucket: str, key: str) -> bytes:
        self._check(bucket)
        if key not in self.objects:
            raise _error("NoSuchKey")
        return self.objects[key]

    def _check(self, bucket: str) -> None:
        if self.refusal:
            raise _error(self.refusal)
        if bucket != "bucket":
            raise _error("NoSuchBucket")


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "in a test"}}, "GetObject")
