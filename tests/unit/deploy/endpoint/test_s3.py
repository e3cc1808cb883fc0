import pytest

from container.errors import UserError
from deploy.endpoint import s3


@pytest.mark.parametrize(
    ("uri", "bucket", "key"),
    [
        ("s3://bucket/a/b.tar.gz", "bucket", "a/b.tar.gz"),
        ("s3://my.bucket-1/", "my.bucket-1", ""),
        ("s3://bucket", "bucket", ""),
    ],
)
def test_bucket_and_key(uri: str, bucket: str, key: str) -> None:
    assert s3.split(uri) == (bucket, key)


@pytest.mark.parametrize("uri", ["", "bucket/key", "https://bucket/key", "s3://B/key", "s3:///key"])
def test_other_places_are_refused(uri: str) -> None:
    with pytest.raises(UserError, match="s3://bucket/key"):
        s3.split(uri)
    assert s3.problems("--to", uri)


def test_folders_are_joined_by_one_slash() -> None:
    assert s3.below("s3://bucket/a/", "b", "c") == s3.below("s3://bucket/a", "b", "c")
