"""model.tar.gz to S3: a managed transfer, checked afterwards by size and checksum.

Credentials come from the AWS SDK's standard places only (variables, profile, role of the pod or the
instance), never from a flag. AWS_ENDPOINT_URL_S3 points it at another S3-compatible store.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from container import checksums
from container.errors import PlatformError, UserError
from model import archive

ARCHIVE: Final = "model.tar.gz"

_log = logging.getLogger("blerssi.train")


@dataclass(frozen=True)
class Destination:
    """Where an archive goes.

    Attributes:
        bucket: The bucket's name.
        key: The object's key, `model.tar.gz` at its end.
    """

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> "Destination":
        """Read `s3://bucket/prefix`, or the whole name of a `.tar.gz`.

        Raises:
            UserError: It is something else.
        """
        parts = urlsplit(uri)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            raise UserError(f"--upload is {uri!r}; expected s3://BUCKET/PREFIX.")
        key = parts.path.strip("/")
        if not key.endswith(".tar.gz"):
            key = f"{key}/{ARCHIVE}".lstrip("/")
        return cls(parts.netloc, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Uploader:
    """Puts an archive to its destination.

    Args:
        destination: Bucket and key.

    Raises:
        PlatformError: There are no credentials; better known before the training than after it.
    """

    def __init__(self, destination: Destination) -> None:
        import boto3

        self._destination = destination
        session = boto3.Session()
        if session.get_credentials() is None:
            raise PlatformError(
                f"There are no AWS credentials to upload to {destination} with.",
                hint="Give the pod or the instance a role, or set the SDK's variables or profile.",
            )
        self._client = session.client("s3", region_name=session.region_name or "us-east-1")

    def upload(self, folder: Path, archive_path: Path) -> str:
        """Pack a model folder and upload it.

        Args:
            folder: The model.
            archive_path: Where the archive is made.

        Returns:
            The object's URI.

        Raises:
            PlatformError: S3 refuses it, or holds something else than was sent.
        """
        from boto3.exceptions import Boto3Error
        from boto3.s3.transfer import TransferConfig
        from botocore.exceptions import BotoCoreError, ClientError

        archive.pack(folder, archive_path)
        place = {"Bucket": self._destination.bucket, "Key": self._destination.key}
        try:
            self._client.upload_file(
                str(archive_path),
                *place.values(),
                ExtraArgs={"ChecksumAlgorithm": "SHA256", "ContentType": "application/gzip"},
                Config=TransferConfig(
                    multipart_threshold=checksums.PART, multipart_chunksize=checksums.PART
                ),
            )
            stored = self._client.head_object(**place, ChecksumMode="ENABLED")
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise PlatformError(
                f"The upload to {self._destination} failed: {error}",
                hint="The model is complete in its folder; check bucket, role and network.",
            ) from error
        _compare(stored, archive_path, self._destination)
        _log.info("Uploaded %s, %d bytes", self._destination, stored["ContentLength"])
        return str(self._destination)


def _compare(stored: dict[str, Any], path: Path, destination: Destination) -> None:
    """Hold what S3 says of the object to what was sent."""
    expected = (path.stat().st_size, checksums.of_object(path))
    found = (stored["ContentLength"], stored.get("ChecksumSHA256"))
    if found != expected:
        raise PlatformError(
            f"{destination} has {found[0]} bytes and SHA-256 {found[1]}, "
            f"but {expected[0]} bytes with {expected[1]} were sent.",
            hint="Upload again; if it stays so, the store does not keep checksums.",
        )
