"""Places in S3 as `s3://bucket/prefix`."""

import re
from typing import Final

from container.errors import UserError

_URI: Final = re.compile(r"s3://([a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)
_LONGEST: Final = 512  # of a DestinationS3Uri or S3OutputPath


def problems(option: str, uri: str) -> list[str]:
    """What is wrong with a folder in S3, in words; empty where nothing is."""
    if not _URI.fullmatch(uri):
        return [f"{option} {uri!r} is not of the form s3://bucket/prefix"]
    return [f"{option} has more than {_LONGEST} characters"] if len(uri) > _LONGEST else []


def split(uri: str) -> tuple[str, str]:
    """Give bucket and key.

    Raises:
        UserError: It is not of the form s3://bucket/key.
    """
    if not (found := _URI.fullmatch(uri)):
        raise UserError(f"{uri!r} is not of the form s3://bucket/key.")
    return found[1], found[2] or ""


def resolved(place: str, bucket: str | None) -> str:
    """Give a key of a bucket as a URI; URIs and absolute paths stay as they are."""
    if bucket and not place.startswith(("s3://", "/")):
        return below(f"s3://{bucket}", place)
    return place


def below(folder: str, *names: str) -> str:
    """Give a place inside of a folder, with one slash between."""
    return "/".join((folder.rstrip("/"), *names))
