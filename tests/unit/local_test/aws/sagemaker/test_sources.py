import json
from typing import Any

import pytest

from local_test.aws.errors import AwsError
from local_test.aws.sagemaker import sources
from local_test.aws.sagemaker.sources import Object, Source
from tests.support.fake_s3 import FakeS3

ROLE = "arn:aws:iam::123456789012:role/r"


def s3(**more: bytes) -> FakeS3:
    made = FakeS3()
    made.objects = {
        "in/": b"",
        "in/a.csv": b"a",
        "in/deep/b.csv": b"b",
        "in/deep/": b"",
        "inner.csv": b"c",
        "top.csv": b"d",
        **more,
    }
    return made


def source(client: FakeS3, uri: str, kind: str = "S3Prefix") -> Source:
    return Source(client, {"S3Uri": uri, "S3DataType": kind}, "us-east-1", ROLE)


def manifest(*entries: Any) -> bytes:
    return json.dumps(entries).encode()


@pytest.mark.parametrize(
    ("uri", "names"),
    [
        ("s3://bucket/in/", {"in/a.csv": "a.csv", "in/deep/b.csv": "deep/b.csv"}),
        ("s3://bucket/in/a.csv", {"in/a.csv": "a.csv"}),
        ("s3://bucket/in/deep", {"in/deep/b.csv": "b.csv"}),
        ("s3://bucket/in/d", {"in/deep/b.csv": "deep/b.csv"}),
        ("s3://bucket/top.csv", {"top.csv": "top.csv"}),
        ("s3://bucket/t", {"top.csv": "top.csv"}),
    ],
)
def test_names_are_keys_below_the_prefix(uri: str, names: dict[str, str]) -> None:
    found = source(s3(), uri).objects()

    assert {each.key: each.name for each in found} == names


def test_a_whole_bucket_is_a_prefix_too() -> None:
    found = source(s3(), "s3://bucket").objects()

    assert [each.name for each in found] == ["in/a.csv", "in/deep/b.csv", "inner.csv", "top.csv"]


@pytest.mark.parametrize("prefix", ["s3://bucket/in", "s3://bucket/in/"])
def test_a_manifest_names_objects_in_its_own_order(prefix: str) -> None:
    client = s3(m=manifest({"prefix": prefix}, "deep/b.csv", "a.csv"))

    found = source(client, "s3://bucket/m", "ManifestFile").objects()

    assert found == [
        Object("bucket", "in/deep/b.csv", "deep/b.csv"),
        Object("bucket", "in/a.csv", "a.csv"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is no manifest"),
        (b"\xff", "is no manifest: it is not text"),
        (b"[]", "is no manifest"),
        (manifest("a.csv"), "is no manifest"),
        (manifest({"prefix": "s3://bucket/in/"}, 7), "is no manifest"),
        (manifest({"prefix": "in/"}, "a.csv"), "is not an S3 URI"),
        (manifest({"prefix": "s3://bucket/in/"}, "gone.csv"), "S3 says NoSuchKey"),
        (manifest({"prefix": "s3://bucket/in/"}), "No S3 objects found"),
    ],
)
def test_what_is_no_manifest_is_told(content: bytes, said: str) -> None:
    with pytest.raises(AwsError, match=said):
        source(s3(m=content), "s3://bucket/m", "ManifestFile").objects()


@pytest.mark.parametrize(
    ("uri", "refusal", "said"),
    [
        ("s3://bucket/none/", "", r'bucket "bucket"\.$'),
        ("s3://other/in/", "", "S3 says NoSuchBucket"),
        ("s3://bucket/in/", "AccessDenied", "S3 says AccessDenied"),
    ],
)
def test_missing_data_are_told_as_aws_does(uri: str, refusal: str, said: str) -> None:
    client = s3()
    client.refusal = refusal

    with pytest.raises(AwsError, match=said) as caught:
        source(client, uri).objects()

    assert f'No S3 objects found under S3 URL "{uri}"' in caught.value.message
    assert ROLE in caught.value.message


def test_a_name_that_leads_out_of_the_channel_is_refused() -> None:
    with pytest.raises(AwsError, match=r"in/\.\./\.\./x leads out"):
        source(s3(**{"in/../../x": b""}), "s3://bucket/in/").objects()


def test_the_lines_of_an_augmented_manifest_are_objects() -> None:
    client = s3(m=b'{"a": 1}\n\n{"a": 2}\n', bad=b'{"a": 1}\n7\n', worse=b"{")

    assert source(client, "s3://bucket/m").lines() == [{"a": 1}, {"a": 2}]
    for key in ("bad", "worse"):
        with pytest.raises(AwsError, match="no augmented manifest"):
            source(client, f"s3://bucket/{key}").lines()


def test_hosts_share_objects_and_may_get_none() -> None:
    shares = [sources.share("abcde", number, 3) for number in range(3)]

    assert shares == [["a", "d"], ["b", "e"], ["c"]]
    assert sources.share("a", 1, 2) == []


@pytest.mark.parametrize("uri", ["", "bucket/key", "s3:///key", "https://bucket/key"])
def test_what_is_no_s3_uri_is_told(uri: str) -> None:
    with pytest.raises(AwsError, match="is not an S3 URI"):
        sources.parsed(uri)


def test_keys_may_hold_what_urls_give_a_meaning() -> None:
    assert sources.parsed("s3://bucket/a?b#c//d") == ("bucket", "a?b#c//d")
