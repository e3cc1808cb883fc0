"""Objects as boto3 puts and gets them through the gateway."""

import base64
import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from local_test.aws.laptop import Laptop
from tests.support.laptop import client

PART = 5 << 20  # the least that S3 takes of a multipart upload


@pytest.fixture
def bucket(aws: Laptop) -> Iterator[str]:
    s3, name = aws.client("s3"), f"objects-{os.urandom(4).hex()}"
    s3.create_bucket(Bucket=name)
    yield name
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize("key", ["plain", "a/b/c", "with space+plus", "ümlaut/%25", "q?a=b&c"])
def test_key(aws: Laptop, bucket: str, key: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=b"content")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"content"
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]


@pytest.mark.parametrize("size", [0, 1, 1 << 20])
def test_size_and_checksum(aws: Laptop, bucket: str, size: int) -> None:
    s3, body = aws.client("s3"), os.urandom(size)
    s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm="SHA256")
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head["ContentLength"] == size
    assert base64.b64decode(head["ChecksumSHA256"]) == hashlib.sha256(body).digest()
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body


def test_multipart_and_ranges(aws: Laptop, bucket: str, tmp_path: Path) -> None:
    s3, body = aws.client("s3"), os.urandom(2 * PART + 7)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(body)
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    s3.upload_file(str(source), bucket, "big", Config=config)
    s3.download_file(bucket, "big", str(target), Config=config)
    assert target.read_bytes() == body
    part = s3.get_object(Bucket=bucket, Key="big", Range=f"bytes={PART - 2}-{PART + 2}")
    assert part["Body"].read() == body[PART - 2 : PART + 3]


def test_copy_and_deletion_of_several(aws: Laptop, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    s3.copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
    assert s3.get_object(Bucket=bucket, Key="b")["Body"].read() == b"1"
    objects = [{"Key": "a"}, {"Key": "b"}]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_presigned_url(aws: Laptop, bucket: str) -> None:
    aws.client("s3").put_object(Bucket=bucket, Key="a b", Body=b"1")
    s3 = client(aws, "s3", aws.credentials, config=Config(signature_version="s3v4"))
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b"})
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - ours
        assert answer.read() == b"1"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url.replace("a%20b", "c"))  # noqa: S310
    with caught.value:
        assert caught.value.code == 403


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (lambda s3: s3.list_objects_v2(Bucket="no-such-bucket"), "NoSuchBucket"),
        (lambda s3: s3.put_object(Bucket="no-such-bucket", Key="a"), "NoSuchBucket"),
        (lambda s3: s3.head_bucket(Bucket="no-such-bucket"), "404"),
    ],
)
def test_wrong_bucket(aws: Laptop, operation: Callable[[Any], Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        operation(aws.client("s3"))
    assert caught.value.response["Error"]["Code"] == code


def test_missing_object(aws: Laptop, bucket: str) -> None:
    with pytest.raises(aws.client("s3").exceptions.NoSuchKey):
        aws.client("s3").get_object(Bucket=bucket, Key="none")


def test_bucket_with_objects_is_not_deleted(aws: Laptop, bucket: str) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="a")
    with pytest.raises(ClientError) as caught:
        s3.delete_bucket(Bucket=bucket)
    assert caught.value.response["Error"]["Code"] == "BucketNotEmpty"
