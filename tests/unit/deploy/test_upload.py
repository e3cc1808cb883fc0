import io

import pytest
from botocore.stub import Stubber

from container.errors import UserError
from deploy.aws import Aws
from deploy.screen import Screen
from deploy.upload import Destination, Encryption, Upload

DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("s3://bucket", "0123456789abcdef/model.tar.gz"),
        ("s3://bucket/", "0123456789abcdef/model.tar.gz"),
        ("s3://bucket/a/b/", "a/b/0123456789abcdef/model.tar.gz"),
    ],
)
def test_the_key_holds_the_content(uri: str, key: str) -> None:
    found = Destination.parse(uri)
    assert (found.bucket, found.key(DIGEST)) == ("bucket", key)


@pytest.mark.parametrize(
    "uri", ["", "bucket", "https://bucket/a", "s3://", "s3://Bucket", "s3://b/a", "s3://bucket/a b",
            "s3://bucket/a?b", "s3://bucket/a#b"]
)  # fmt: skip
def test_a_destination_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(UserError, match="--to"):
        Destination.parse(uri)


def test_objects_are_always_encrypted() -> None:
    assert Encryption().parameters == {"ServerSideEncryption": "AES256"}
    found = Encryption("alias/k").parameters
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", "alias/k")


def listing(region: str) -> tuple[Upload, Stubber]:
    """Give an upload to a bucket of some region, which holds nothing."""
    aws = Aws(Screen(io.StringIO()), region="eu-west-1")
    stub = Stubber(aws.client("s3"))
    headers = {"x-amz-bucket-region": region} if region else {}
    answer = {"KeyCount": 0, "ResponseMetadata": {"HTTPHeaders": headers}}
    stub.add_response("list_objects_v2", answer)
    stub.activate()
    return Upload(aws, Screen(io.StringIO()), Destination("bucket", ""), {}), stub


def test_a_bucket_of_another_region_is_refused() -> None:
    upload, _ = listing("us-west-2")
    with pytest.raises(UserError, match="is in us-west-2, and the endpoint is to be in eu-west-1"):
        upload._look("key")


@pytest.mark.parametrize("region", ["eu-west-1", ""])
def test_a_bucket_of_the_same_or_of_no_region_is_taken(region: str) -> None:
    upload, _ = listing(region)
    assert upload._look("key") is None
