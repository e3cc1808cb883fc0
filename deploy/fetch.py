"""Brings a file of scans to where a program without AWS reads it: from S3, or from a volume.

The first step of the pipeline: what trains and what judges get the very same bytes.
"""

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from container.checksums import of_file
from container.errors import UserError
from deploy import options
from deploy.aws import BOTO_ERRORS, Aws
from deploy.endpoint import s3
from deploy.errors import MissingError, explained
from deploy.transfer import size

HELP = "bring a file from S3, or from a volume, to a path"
EXAMPLES = """examples:
  python -m deploy fetch s3://BUCKET/data/training.csv --to training.csv
  python -m deploy fetch /data/training.csv --to training.csv
"""
_S3: Final = "s3://"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("source", metavar="SOURCE", help="s3://BUCKET/KEY, or a path")
    parser.add_argument("--bucket", metavar="NAME", help="then SOURCE is a key in it, or as above")
    parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="is replaced")
    options.add_common(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says."""
    given = options.common(arguments, variables)
    target: Path = arguments.to
    source = s3.resolved(arguments.source, arguments.bucket)
    if given.aws.plan:
        given.screen.say(f"would fetch {source} to {target}")
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.startswith(_S3):
        download(given.aws, source, target)
    else:
        _copy(Path(source), target)
    total = target.stat().st_size
    if not total:
        raise UserError(f"{source} is empty.")
    given.screen.say(f"{target}: {size(total)} of {source}.")
    found = {"source": source, "bytes": total, "sha256": of_file(target)}
    given.screen.result(found)
    return 0


def download(aws: Aws, uri: str, target: Path) -> None:
    """Bring an object of S3.

    Raises:
        MissingError: There is none.
        DeployError: S3 refuses.
        OSError: The disk is full, or the place cannot be written.
    """
    bucket, key = s3.split(uri)
    place = {"Bucket": bucket, "Key": key}
    if not key or key.endswith("/"):
        raise UserError(f"{uri} is a folder; one file is expected.")
    try:
        aws.client("s3").download_file(bucket, key, str(target))
    except BOTO_ERRORS as error:
        found = explained(error, "s3:GetObject", place)
        if isinstance(found, MissingError):
            found.hint = f"Put it there: aws s3 cp FILE {uri}"
        raise found from error


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise UserError(
            f"There is no file {source}.", hint="Name s3://BUCKET/KEY, or mount the volume."
        )
    shutil.copyfile(source, target)
