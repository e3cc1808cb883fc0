"""Puts a model to S3 under a key that follows from its content, checked before and after.

A folder is packed as SageMaker packs one; an archive is taken as it is. Either is read back by the
verifier that serving uses, and refused where serving would refuse it. The object's SHA-256 travels
with it and is compared afterwards; it is encrypted by S3 or with a KMS key. The key holds the
archive's own hash, so that a model is never overwritten and a rerun uploads nothing.
"""

import argparse
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container import checksums
from container.errors import UserError
from deploy import options, packing
from deploy.aws import BOTO_ERRORS, Aws
from deploy.errors import MissingError, RefusedError, explained
from deploy.screen import Screen
from deploy.transfer import Count, size

HELP = "check a model and put it to S3 under a key that follows from its content"
EXAMPLES = """examples:
  python -m deploy upload build/model --to s3://BUCKET/models
  python -m deploy upload model.tar.gz --to s3://BUCKET/models --kms-key alias/models
  python -m deploy upload build/model --to s3://BUCKET/models --plan --json upload.json
"""
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/-]*")  # what S3 calls safe


@dataclass(frozen=True)
class Destination:
    """Where models go.

    Attributes:
        bucket: The bucket's name.
        prefix: What their keys begin with, no slash at either end; may be empty.
    """

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, uri: str) -> "Destination":
        """Read `s3://BUCKET/PREFIX`.

        Raises:
            UserError: It is something else.
        """
        parts = urllib.parse.urlsplit(uri)
        prefix = parts.path.strip("/")
        sound = _BUCKET.fullmatch(parts.netloc) and _PREFIX.fullmatch(prefix)
        if parts.scheme != "s3" or not sound or parts.query or parts.fragment:
            raise UserError(
                f"--to is {uri!r}; expected s3://BUCKET/PREFIX of letters, digits and !_.*'()-/."
            )
        return cls(parts.netloc, prefix)

    def key(self, digest: str) -> str:
        """Give the key of a model with this SHA-256."""
        return "/".join(each for each in (self.prefix, digest[:16], packing.ARCHIVE) if each)


@dataclass(frozen=True)
class Encryption:
    """How S3 encrypts an object.

    Attributes:
        kms_key: A key's ARN, ID or alias; None for S3's own keys (AES-256).
    """

    kms_key: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What PutObject takes."""
        if self.kms_key is None:
            return {"ServerSideEncryption": "AES256"}
        return {
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": self.kms_key,
            "BucketKeyEnabled": True,
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("model", type=Path, help="a model folder, or its model.tar.gz")
    parser.add_argument(
        "--to", required=True, metavar="s3://BUCKET/PREFIX", help="where models are kept"
    )
    parser.add_argument(
        "--kms-key", metavar="KEY", help="encrypt with this KMS key (default: S3's own, AES-256)"
    )
    parser.add_argument(
        "--bucket-owner", metavar="ACCOUNT", help="refuse a bucket of any other account"
    )
    options.add_common(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says."""
    given = options.common(arguments, variables)
    destination = Destination.parse(arguments.to)
    owner = {"ExpectedBucketOwner": arguments.bucket_owner} if arguments.bucket_owner else {}
    with packing.checked(arguments.model) as packed:
        upload = Upload(given.aws, given.screen, destination, owner)
        encryption = Encryption(arguments.kms_key)
        done = upload.run(packed, encryption, given.tags)
    given.screen.say(done["model_artifact_url"])
    given.screen.result(done | ({"plan": given.aws.planned} if given.aws.plan else {}))
    return 0


class Upload:
    """One archive on its way to S3.

    Args:
        aws: Where.
        screen: For progress.
        destination: Bucket and prefix.
        owner: `ExpectedBucketOwner`, or nothing.
    """

    def __init__(
        self, aws: Aws, screen: Screen, destination: Destination, owner: Mapping[str, str]
    ) -> None:
        self._aws = aws
        self._screen = screen
        self._to = destination
        self._owner = owner

    def run(self, packed: Path, encryption: Encryption, tags: Mapping[str, str]) -> dict[str, Any]:
        """Upload what is not there yet; gives the document of `--json`.

        Raises:
            UserError: There is no such bucket, or it is of another region.
            DeployError: S3 refuses, or it holds something else than was sent.
        """
        digest = checksums.of_file(packed)
        key = self._to.key(digest)
        uri = f"s3://{self._to.bucket}/{key}"
        found = self._look(key)
        if found is not None:
            self._compare(found, packed, uri)
            self._screen.say(f"{uri} is there already.")
        elif self._aws.plan:
            self._aws.note("s3", "PutObject", **self._place(key), **self._extra(encryption, tags))
        else:
            self._send(packed, key, self._extra(encryption, tags))
            self._compare(self._stored(key), packed, uri)
        return {
            "model_artifact_url": uri,
            "sha256": digest,
            "bytes": packed.stat().st_size,
            "uploaded": found is None and not self._aws.plan,
        }

    def _look(self, key: str) -> dict[str, Any] | None:
        """Give the object where it is there.

        It is listed first: unlike those of a HEAD request, refusals of a listing say why.
        """
        bucket = {"Bucket": self._to.bucket, **self._owner}
        try:
            found = self._aws.read("s3", "ListObjectsV2", **bucket, Prefix=key, MaxKeys=1)
        except MissingError as error:
            raise UserError(
                f"There is no bucket {self._to.bucket}.",
                hint="Check --to; `aws s3 ls` lists your buckets.",
            ) from error
        place = found["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
        if place and place != self._aws.region:
            raise UserError(
                f"The bucket {self._to.bucket} is in {place}, and the endpoint is to be in "
                f"{self._aws.region}; SageMaker reads models of its own region only.",
                hint=f"Give --region {place}, or another bucket.",
            )
        return self._stored(key) if found.get("Contents") else None

    def _stored(self, key: str) -> dict[str, Any]:
        return self._aws.read("s3", "HeadObject", ChecksumMode="ENABLED", **self._place(key))

    def _send(self, packed: Path, key: str, extra: Mapping[str, Any]) -> None:
        """Upload in parts where it is large; parts of an upload that fails are removed."""
        from boto3.s3.transfer import TransferConfig

        total = packed.stat().st_size
        try:
            self._aws.client("s3").upload_file(
                str(packed),
                self._to.bucket,
                key,
                ExtraArgs={**extra, **self._owner},
                Callback=Count(self._screen, f"Uploading {packed.name}", total),
                Config=TransferConfig(
                    multipart_threshold=checksums.PART, multipart_chunksize=checksums.PART
                ),
            )
        except BOTO_ERRORS as error:
            raise explained(error, "s3:PutObject", self._place(key)) from error
        finally:
            self._screen.clear()
        self._screen.say(f"Uploaded {size(total)}.")

    def _compare(self, found: Mapping[str, Any], packed: Path, uri: str) -> None:
        """Hold what S3 says of the object to the archive."""
        expected = (packed.stat().st_size, checksums.of_object(packed))
        stored = (found["ContentLength"], found.get("ChecksumSHA256"))
        if stored != expected:
            raise RefusedError(
                f"{uri} has {stored[0]} bytes and SHA-256 {stored[1]}, but the archive has "
                f"{expected[0]} bytes and {expected[1]}.",
                hint="Something else wrote there, or the store keeps no checksums; remove the "
                "object and upload again.",
                operation="s3:PutObject",
            )

    def _place(self, key: str) -> dict[str, str]:
        return {"Bucket": self._to.bucket, "Key": key, **self._owner}

    @staticmethod
    def _extra(encryption: Encryption, tags: Mapping[str, str]) -> dict[str, Any]:
        return {
            "ChecksumAlgorithm": "SHA256",
            "ContentType": "application/gzip",
            "Tagging": urllib.parse.urlencode(tags),
            **encryption.parameters,
        }
