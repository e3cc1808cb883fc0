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


@pytest.mark.parametrize(
    ("place", "bucket", "expected"),
    [
        ("data/a.csv", "mine", "s3://mine/data/a.csv"),
        ("s3://other/a.csv", "mine", "s3://other/a.csv"),
        ("/data/a.csv", "mine", "/data/a.csv"),
        ("data/a.csv", None, "data/a.csv"),
    ],
)
def test_a_key_is_of_the_bucket_that_is_given(
    place: str, bucket: str | None, expected: str
) -> None:
    assert s3.resolved(place, bucket) == expected
