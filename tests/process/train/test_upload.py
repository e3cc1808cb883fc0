"""The upload, against a real S3-compatible server that checks signatures and rights."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from container import checksums
from container.errors import PlatformError, UserError
from model import archive
from tests.support.s3 import BUCKET, S3Server, s3_server
from train.upload import Destination, Uploader


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def trainer(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in server.variables().items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model-0000.params").write_bytes(os.urandom(100_000))
    return folder


def test_what_arrives_is_what_was_packed(trainer: S3Server, model: Path, tmp_path: Path) -> None:
    packed = tmp_path / "model.tar.gz"
    uri = Uploader(Destination(BUCKET, "ble/model.tar.gz")).upload(model, packed)
    assert uri == f"s3://{BUCKET}/ble/model.tar.gz"
    stored = trainer.client().get_object(Bucket=BUCKET, Key="ble/model.tar.gz")
    assert stored["ContentType"] == "application/gzip"
    assert stored["Body"].read() == packed.read_bytes()
    archive.unpack(packed, tmp_path / "again")
    again = (tmp_path / "again/model-0000.params").read_bytes()
    assert again == (model / "model-0000.params").read_bytes()


def test_large_archives_go_in_parts_and_are_still_checked(
    trainer: S3Server, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checksums, "PART", 5 << 20)  # the least that S3 takes
    (model / "large").write_bytes(os.urandom(12 << 20))
    Uploader(Destination(BUCKET, "large.tar.gz")).upload(model, tmp_path / "model.tar.gz")
    head = trainer.client().head_object(Bucket=BUCKET, Key="large.tar.gz", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"].endswith("-3")


@pytest.mark.parametrize(
    ("bucket", "variables", "words"),
    [
        ("elsewhere", {}, "AccessDenied"),
        (BUCKET, {"AWS_SECRET_ACCESS_KEY": "wrong"}, "SignatureDoesNotMatch"),
        (BUCKET, {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}, "Could not connect"),
    ],
)
def test_a_refused_upload_names_the_place_and_the_reason(
    trainer: S3Server,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bucket: str,
    variables: dict[str, str],
    words: str,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    uploader = Uploader(Destination(bucket, "model.tar.gz"))
    with pytest.raises(PlatformError) as caught:
        uploader.upload(model, tmp_path / "model.tar.gz")
    assert words in str(caught.value)
    assert f"s3://{bucket}/model.tar.gz" in str(caught.value)
    assert (model / "model-0000.params").exists()


def test_an_object_that_changed_on_its_way_is_noticed(
    trainer: S3Server, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploader = Uploader(Destination(BUCKET, "changed.tar.gz"))
    send = uploader._client.upload_file

    def send_then_change(*arguments: object, **options: object) -> None:
        send(*arguments, **options)
        trainer.client().put_object(Bucket=BUCKET, Key="changed.tar.gz", Body=b"else")

    monkeypatch.setattr(uploader._client, "upload_file", send_then_change)
    with pytest.raises(PlatformError, match=r"changed\.tar\.gz has 4 bytes"):
        uploader.upload(model, tmp_path / "model.tar.gz")


def test_missing_credentials_are_noticed_before_the_training(
    trainer: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(PlatformError, match="no AWS credentials"):
        Uploader(Destination(BUCKET, "model.tar.gz"))


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("s3://b", "model.tar.gz"),
        ("s3://b/", "model.tar.gz"),
        ("s3://b/a/c/", "a/c/model.tar.gz"),
        ("s3://b/a/mine.tar.gz", "a/mine.tar.gz"),
    ],
)
def test_a_prefix_and_a_whole_key_are_understood(uri: str, key: str) -> None:
    assert Destination.parse(uri) == Destination("b", key)


@pytest.mark.parametrize("uri", ["", "b/c", "s3:///key", "https://b/c", "s3://b/c?x=1"])
def test_other_places_are_refused(uri: str) -> None:
    with pytest.raises(UserError, match="expected s3://BUCKET/PREFIX"):
        Destination.parse(uri)
