"""Objects in S3 with all their versions: tags, counts, removal."""

from collections.abc import Iterator
from typing import Any, Final

from deploy import naming
from deploy.aws import Aws
from deploy.endpoint import s3
from deploy.errors import DeployError, MissingError

_BATCH: Final = 1000  # of a DeleteObjects


def tags(aws: Aws, uri: str) -> dict[str, str] | None:
    """Read the tags of an object, None where it is gone.

    Raises:
        DeployError: AWS does not say.
    """
    bucket, key = s3.split(uri)
    try:
        found = aws.read("s3", "GetObjectTagging", Bucket=bucket, Key=key)
    except MissingError:
        return None
    return naming.as_mapping(found["TagSet"])


def count(aws: Aws, folder: str) -> int:
    """Count the objects below a folder, versions included.

    Raises:
        DeployError: AWS does not say.
    """
    bucket, prefix = s3.split(folder)
    try:
        return sum(1 for _ in _versions(aws, bucket, prefix))
    except MissingError:  # of the bucket
        return 0


def remove(aws: Aws, uri: str) -> None:
    """Delete an object with all its versions; one that is gone is no fault.

    Raises:
        DeployError: AWS does not let it be deleted.
    """
    bucket, key = s3.split(uri)
    _delete(aws, bucket, [each for each in _versions(aws, bucket, key) if each["Key"] == key])


def remove_below(aws: Aws, folder: str) -> None:
    """Delete all objects below a folder, with all their versions.

    Raises:
        DeployError: AWS does not let one be deleted.
    """
    bucket, prefix = s3.split(folder)
    _delete(aws, bucket, list(_versions(aws, bucket, prefix)))


def counted(number: int) -> str:
    """Say how many objects: "1 object", "2 objects"."""
    return f"{number} object{'' if number == 1 else 's'}"


def _versions(aws: Aws, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    for kind in ("Versions", "DeleteMarkers"):
        for each in aws.pages("s3", "ListObjectVersions", kind, Bucket=bucket, Prefix=prefix):
            yield {"Key": each["Key"], "VersionId": each["VersionId"]}


def _delete(aws: Aws, bucket: str, objects: list[dict[str, Any]]) -> None:
    for start in range(0, len(objects), _BATCH):
        batch = objects[start : start + _BATCH]
        done = aws.write(
            "s3", "DeleteObjects", Bucket=bucket, Delete={"Objects": batch, "Quiet": True}
        )
        if errors := done.get("Errors"):
            first = errors[0]
            raise DeployError(
                f"{counted(len(errors))} of s3://{bucket} could not be deleted; the first is "
                f"{first.get('Key')}: {first.get('Code')} {first.get('Message', '')}".rstrip()
                + "."
            )
