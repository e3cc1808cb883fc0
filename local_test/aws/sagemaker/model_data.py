"""Model data: found in S3 when a model is made, fetched and unpacked when it is to serve."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError, validation
from model import archive
from model.errors import ArtifactError

_DENIED = {"403", "AccessDenied", "Forbidden"}


class ModelDataError(Exception):
    """Why a container gets no model, in the words of an endpoint's FailureReason."""


@dataclass(frozen=True)
class Source:
    """Where a container's model lies (C1.9).

    Attributes:
        url: As it was given.
        bucket: Of S3.
        key: Of the archive, or the prefix that all files share.
        is_archive: Whether it is one tar.gz.
    """

    url: str
    bucket: str
    key: str
    is_archive: bool


def source(container: Mapping[str, Any]) -> Source | None:
    """Read a ContainerDefinition's ModelDataUrl or ModelDataSource; None where it has neither.

    Raises:
        AwsError: It has both, or not an S3 URI.
    """
    url = container.get("ModelDataUrl")
    data = (container.get("ModelDataSource") or {}).get("S3DataSource")
    if url and data:
        raise validation("Either ModelDataUrl or ModelDataSource can be given, not both.")
    if data:
        return _source(data["S3Uri"], is_archive=data["CompressionType"] == "Gzip")
    return _source(url, is_archive=True) if url else None


def check(cloud: Cloud, container: Mapping[str, Any], role: str) -> None:
    """Look whether a container's model is there and the role may read it, as CreateModel does.

    Raises:
        AwsError: It is not, the role may not, or there is no such role.
    """
    client = cloud.client("s3", role=role)
    if (found := source(container)) is None:
        return
    try:
        if found.is_archive:
            client.head_object(Bucket=found.bucket, Key=found.key)
        elif not client.list_objects_v2(Bucket=found.bucket, Prefix=found.key).get("Contents"):
            raise validation(f"Could not find model data at {found.url}.")
    except ClientError as error:
        if error.response["Error"]["Code"] in _DENIED:
            raise _no_access(cloud, found, role) from error
        raise validation(f"Could not find model data at {found.url}.") from error


def fetch(
    cloud: Cloud, container: Mapping[str, Any], role: str, folder: Path, hostname: str
) -> None:
    """Put a container's model into a folder that does not exist yet.

    Args:
        cloud: Where S3 is.
        container: A ContainerDefinition.
        role: Whose rights count.
        folder: It becomes the model folder; empty for a container without model data (C1.11).
        hostname: What the container is called in sentences.

    Raises:
        ModelDataError: It cannot be downloaded or unpacked.
    """
    found = source(container)
    if found is None:
        folder.mkdir(parents=True)
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        client = cloud.client("s3", role=role)
        if found.is_archive:
            _fetch_archive(client, found, folder, hostname)
        else:
            _fetch_files(client, found, folder)
    except (ClientError, BotoCoreError, AwsError) as error:
        raise ModelDataError(
            f'Failed to download model data for container "{hostname}" from URL: "{found.url}". '
            "Please ensure that there is an object located at the URL and that the role passed to "
            f"CreateModel has permissions to download the object. ({_said(error)})"
        ) from error
    except OSError as error:
        raise ModelDataError(
            f'The instance cannot store the model data of container "{hostname}" from URL: '
            f'"{found.url}": {error.strerror}.'
        ) from error


def _fetch_archive(client: Any, found: Source, folder: Path, hostname: str) -> None:
    packed = folder.with_name(f"{folder.name}.tar.gz")
    try:
        client.download_file(found.bucket, found.key, str(packed))
        archive.unpack(packed, folder)
    except ArtifactError as error:
        raise ModelDataError(
            f'Failed to extract model data archive from URL "{found.url}" for container '
            f'"{hostname}". Please ensure that the object located at the URL is a valid tar.gz '
            f"archive. ({error})"
        ) from error
    finally:
        packed.unlink(missing_ok=True)


def _fetch_files(client: Any, found: Source, folder: Path) -> None:
    """Copy all objects below a prefix, or the single one of that name."""
    names = _file_names(client, found)
    folder.mkdir()
    try:
        for key, name in names.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(found.bucket, key, str(target))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _file_names(client: Any, found: Source) -> dict[str, str]:
    """The files below the model folder, by the keys of their objects.

    Raises:
        AwsError: There are none, or a name leads outside of the folder.
    """
    paginator = client.get_paginator("list_objects_v2")
    pages = paginator.paginate(Bucket=found.bucket, Prefix=found.key)
    keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
    names = {key: _name(key, found.key) for key in keys if not key.endswith("/")}
    if not names:
        raise validation("no object has that prefix")
    if outside := [name for name in names.values() if ".." in PurePosixPath(name).parts]:
        raise validation(f"the name {outside[0]!r} leads outside")
    return names


def _name(key: str, prefix: str) -> str:
    """The file's name below the model folder."""
    if key == prefix:
        return key.rpartition("/")[2]
    return key.removeprefix(prefix).lstrip("/")


def _source(url: str, *, is_archive: bool) -> Source:
    parts = urlsplit(url)
    key = parts.path.removeprefix("/")
    if parts.scheme != "s3" or not key:
        raise validation(f"{url} is not an S3 URI such as s3://bucket/key/model.tar.gz.")
    return Source(url, parts.netloc, key, is_archive)


def _no_access(cloud: Cloud, found: Source, role: str) -> AwsError:
    return validation(
        f'Could not access model data at {found.url}. Please ensure that the role "{role}" exists '
        'and that its trust relationship policy allows the action "sts:AssumeRole" for the service '
        'principal "sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" '
        f"permissions and that the object is located in {cloud.region}."
    )


def _said(error: Exception) -> str:
    if isinstance(error, ClientError):
        return f"S3 says {error.response['Error']['Code']}"
    return str(error)
