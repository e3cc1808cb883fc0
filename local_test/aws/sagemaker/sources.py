"""What a job's input is: objects of S3 below a prefix, or those that a manifest names.

    S3Prefix                every object whose key begins so
    ManifestFile            [{"prefix": "s3://bucket/folder/"}, "one.csv", "two.csv"]
    AugmentedManifestFile   one JSON object a line; its attributes are streamed (C5.22)

An object's name is its key below the prefix: where it lies in a channel's folder (C5.17), and,
with `.out`, below a transform job's output (C2.9).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard, TypeVar
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from local_test.aws.errors import AwsError, validation

CHUNK: Final = 1 << 18  # bytes
FAULTS: Final = (ClientError, BotoCoreError, Boto3Error)  # what a client of boto3 may raise
_MOST_MANIFEST_BYTES: Final = 64 << 20
_Entry = TypeVar("_Entry")


@dataclass(frozen=True)
class Object:
    """One object of S3.

    Attributes:
        bucket: Where it is.
        key: Its key.
        name: Its key below the prefix, a relative path.
    """

    bucket: str
    key: str
    name: str

    @property
    def place(self) -> str:
        """For people."""
        return f"s3://{self.bucket}/{self.key}"


class Source:
    """The objects of one S3DataSource, as a role sees them.

    Args:
        client: Of S3, with the role's rights.
        given: The S3DataSource.
        region: For the words of a refusal.
        role: Its ARN, likewise.
    """

    def __init__(self, client: Any, given: Mapping[str, Any], region: str, role: str) -> None:
        self._client = client
        self._uri = given["S3Uri"]
        self._type = given["S3DataType"]
        self._region = region
        self._role = role

    def objects(self) -> list[Object]:
        """Find the objects, in the order of their keys or of the manifest.

        Raises:
            AwsError: There are none, the manifest is none, or S3 refuses.
        """
        try:
            if self._type == "S3Prefix":
                found = list(self._below(self._uri))
            else:
                found = list(self._named())
        except ClientError as error:
            raise self._nothing(error.response["Error"]["Code"]) from error
        if not found:
            raise self._nothing("")
        for each in found:
            if each.name.startswith("/") or ".." in each.name.split("/"):
                raise validation(f"The name of {each.place} leads out of the channel.")
        return found

    def lines(self) -> list[dict[str, Any]]:
        """Read an augmented manifest.

        Raises:
            AwsError: It is none, or S3 refuses.
        """
        try:
            lines = self._manifest().splitlines()
            found = [json.loads(line) for line in lines if line.strip()]
        except ClientError as error:
            raise self._nothing(error.response["Error"]["Code"]) from error
        except ValueError as error:
            raise validation(f"{self._uri} is no augmented manifest: {error}.") from error
        if not all(isinstance(each, dict) for each in found):
            raise validation(f"{self._uri} is no augmented manifest: a line is not an object.")
        return found

    def _below(self, uri: str) -> Iterator[Object]:
        bucket, prefix = parsed(uri)
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for each in page.get("Contents", ()):
                key = each["Key"]
                if not key.endswith("/"):  # what consoles make for an empty folder
                    yield Object(bucket, key, _name(key, prefix))

    def _named(self) -> Iterator[Object]:
        try:
            entries = json.loads(self._manifest())
        except ValueError as error:
            raise validation(f"{self._uri} is no manifest: {error}.") from error
        head, *names = entries if isinstance(entries, list) and entries else [None]
        prefix = head.get("prefix") if isinstance(head, dict) else None
        if not isinstance(prefix, str) or not _are_texts(names):
            raise validation(
                f"{self._uri} is no manifest: it has to be a list of an object with `prefix` and "
                "of names."
            )
        bucket, start = parsed(prefix if prefix.endswith("/") else f"{prefix}/")
        for name in names:
            self._client.head_object(Bucket=bucket, Key=start + name)
            yield Object(bucket, start + name, name)

    def _manifest(self) -> str:
        bucket, key = parsed(self._uri)
        found = self._client.get_object(Bucket=bucket, Key=key)
        if found["ContentLength"] > _MOST_MANIFEST_BYTES:
            raise validation(f"{self._uri} is too large for a manifest.")
        try:
            return str(found["Body"].read().decode("utf-8"))
        except UnicodeDecodeError as error:
            raise validation(f"{self._uri} is no manifest: it is not text.") from error

    def _nothing(self, code: str) -> AwsError:
        bucket = parsed(self._uri)[0]
        said = f" S3 says {code}." if code else ""
        return validation(
            f'No S3 objects found under S3 URL "{self._uri}" given in input data source. Please '
            f"ensure that the bucket exists in the selected region ({self._region}), that objects "
            f'exist under that S3 prefix, and that the role "{self._role}" has "s3:ListBucket" '
            f'permissions on bucket "{bucket}".{said}'
        )


def chunks(client: Any, found: Object) -> Iterator[bytes]:
    """Stream an object.

    Raises:
        ClientError: S3 refuses.
        BotoCoreError: It does not answer, or breaks off.
    """
    body = client.get_object(Bucket=found.bucket, Key=found.key)["Body"]
    try:
        yield from body.iter_chunks(CHUNK)
    finally:
        body.close()


def share(items: Sequence[_Entry], number: int, count: int) -> list[_Entry]:
    """What one of several hosts gets with ShardedByS3Key; it may be nothing (C5.22)."""
    return list(items[number::count])


def parsed(uri: str) -> tuple[str, str]:
    """Split an S3 URI into bucket and key.

    Raises:
        AwsError: It is none.
    """
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc:
        raise validation(f"{uri} is not an S3 URI such as s3://bucket/key.")
    return parts.netloc, uri.removeprefix(f"s3://{parts.netloc}").removeprefix("/")


def _are_texts(values: Sequence[Any]) -> TypeGuard[Sequence[str]]:
    return all(isinstance(each, str) for each in values)


def _name(key: str, prefix: str) -> str:
    """A key below a prefix: the whole prefix if it is a folder, else the folder it stands in."""
    folder = f"{prefix.rstrip('/')}/" if prefix else ""
    if not key.startswith(folder):
        folder = f"{prefix.rpartition('/')[0]}/" if "/" in prefix else ""
    return key.removeprefix(folder)
