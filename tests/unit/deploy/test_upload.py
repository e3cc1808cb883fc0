import io
from pathlib import Path

import pytest
from botocore.stub import Stubber

from container.errors import UserError
from deploy.aws import Aws
from deploy.screen import Screen
from deploy.upload import Destination, Encryption, Upload, checked
from model import archive, artifact
from model.errors import ArtifactError
from tests.support.deploys import model_folder

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


def test_a_folder_is_packed_and_read_back(tmp_path: Path) -> None:
    with checked(model_folder(tmp_path / "model")) as packed:
        assert packed.name == "model.tar.gz"
        archive.unpack(packed, tmp_path / "again")
    assert artifact.verify(tmp_path / "again") is not None
    assert not packed.exists()


def test_an_archive_is_taken_as_it_is(tmp_path: Path) -> None:
    given = tmp_path / "mine.tar.gz"
    archive.pack(model_folder(tmp_path / "model"), given)
    with checked(given) as packed:
        assert packed == given
    assert given.exists()


def test_equal_models_give_equal_archives(tmp_path: Path) -> None:
    with checked(model_folder(tmp_path / "a")) as first:
        one = first.read_bytes()
    with checked(model_folder(tmp_path / "b")) as second:
        assert second.read_bytes() == one


def damaged_folder(folder: Path) -> Path:
    model = model_folder(folder / "model")
    (model / artifact.PARAMS).write_bytes(b"damaged")
    return model


def damaged_archive(folder: Path) -> Path:
    given = folder / "model.tar.gz"
    archive.pack(model_folder(folder / "model"), given)
    given.write_bytes(given.read_bytes()[:-20])
    return given


def archive_of_a_damaged_folder(folder: Path) -> Path:
    given = folder / "model.tar.gz"
    archive.pack(damaged_folder(folder), given)
    return given


def empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (damaged_folder, "has SHA-256"),
        (damaged_archive, "not a sound tar.gz"),
        (archive_of_a_damaged_folder, "has SHA-256"),
        (empty, "holds nothing"),
    ],
)
def test_what_the_verifier_rejects_is_refused(tmp_path: Path, make: object, words: str) -> None:
    assert callable(make)
    with pytest.raises(ArtifactError, match=words), checked(make(tmp_path)):
        pass


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no model"), checked(tmp_path / "gone"):
        pass


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
