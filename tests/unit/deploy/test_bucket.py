from typing import Any

import pytest

from deploy import bucket
from deploy.errors import DeployError, MissingError
from tests.support.fake_aws import FakeAws, common

FOLDER = "s3://bucket/capture/blerssi/"


def versioned(*keys: str) -> FakeAws:
    """An AWS with a bucket in which every object has one version and no deletion."""
    aws = FakeAws()
    listed = {"Versions": [{"Key": key, "VersionId": "1"} for key in keys], "DeleteMarkers": []}
    aws.pages = lambda *names, **_: iter(listed[names[2]])  # type: ignore[method-assign]
    return aws


def deletions(aws: FakeAws) -> list[list[str]]:
    found: list[list[str]] = []

    def delete(**given: Any) -> dict[str, Any]:
        found.append([each["Key"] for each in given["Delete"]["Objects"]])
        return {}

    aws.operations["DeleteObjects"] = delete
    return found


def test_an_object_goes_and_not_those_that_begin_like_it() -> None:
    aws = versioned("m/model.tar.gz", "m/model.tar.gz.old")
    found = deletions(aws)
    bucket.remove(common(aws).aws, "s3://bucket/m/model.tar.gz")
    assert found == [["m/model.tar.gz"]]


def test_a_thousand_at_a_time() -> None:
    aws = versioned(*(f"capture/blerssi/{number}" for number in range(2001)))
    found = deletions(aws)
    assert bucket.count(common(aws).aws, FOLDER) == 2001
    bucket.remove_below(common(aws).aws, FOLDER)
    assert [len(each) for each in found] == [1000, 1000, 1]


def test_nothing_there_is_no_fault() -> None:
    aws = versioned()
    found = deletions(aws)
    bucket.remove_below(common(aws).aws, FOLDER)
    assert found == []


def test_a_bucket_that_is_gone_has_no_objects() -> None:
    aws = FakeAws()

    def missing(**_: Any) -> Any:
        raise MissingError("NoSuchBucket")

    aws.operations |= {"ListObjectVersions": missing, "GetObjectTagging": missing}
    assert bucket.count(common(aws).aws, FOLDER) == 0
    assert bucket.tags(common(aws).aws, "s3://bucket/key") is None


def test_objects_that_stay_are_told() -> None:
    aws = versioned("capture/blerssi/1")
    error = {"Key": "capture/blerssi/1", "Code": "AccessDenied"}
    aws.operations["DeleteObjects"] = lambda **_: {"Errors": [error]}
    with pytest.raises(DeployError, match=r"1 object .* capture/blerssi/1: AccessDenied\."):
        bucket.remove_below(common(aws).aws, FOLDER)
