"""`python -m deploy upload` against the laptop's S3: what arrives, and what failures leave."""

import hashlib
import random
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local_test.aws.laptop import Laptop
from model import archive, artifact
from tests.support.deploys import deploy, model_folder
from tests.support.faults import Proxy, proxy

LARGE = 17 << 20  # bytes: two parts


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return model_folder(tmp_path / "model")


def objects(aws: Laptop, bucket: str) -> list[str]:
    """Name all that is in a bucket, unfinished uploads included."""
    s3 = aws.client("s3")
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    parts = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return [each["Key"] for each in (*found, *parts)]


def through(aws: Laptop, running: Proxy) -> dict[str, str]:
    return {**aws.variables, "AWS_ENDPOINT_URL_S3": running.endpoint}


def test_a_model_arrives_checked_encrypted_and_tagged(
    aws: Laptop, bucket: str, model: Path
) -> None:
    ended = deploy(
        *("upload", model, "--to", f"s3://{bucket}/models"),
        *("--owner", "ana", "--json"),
        variables=aws.variables,
    )
    assert ended.code == 0, ended.err
    document = ended.document
    key = f"models/{document['sha256'][:16]}/model.tar.gz"
    assert document["model_artifact_url"] == f"s3://{bucket}/{key}"
    assert document["uploaded"] is True
    s3 = aws.client("s3")
    stored = s3.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    assert hashlib.sha256(stored["Body"].read()).hexdigest() == document["sha256"]
    assert stored["ChecksumSHA256"]
    assert stored["ServerSideEncryption"] == "AES256"
    tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    found = {each["Key"]: each["Value"] for each in tags}
    assert found == {"project": "blerssi", "owner": "ana", "made-by": "blerssi-deploy"}


def test_a_rerun_uploads_nothing(aws: Laptop, bucket: str, model: Path, tmp_path: Path) -> None:
    to = f"s3://{bucket}/models"
    first = deploy("upload", model, "--to", to, "--json", variables=aws.variables).document
    archive.pack(model, tmp_path / "copy.tar.gz")  # the same content by another name
    with proxy(aws.url, lambda _: False) as watched:
        again = deploy(
            *("upload", tmp_path / "copy.tar.gz", "--to", to, "--json"),
            variables=through(aws, watched),
        ).document
    assert again == {**first, "uploaded": False}
    assert {each.partition(" ")[0] for each in watched.requests} == {"GET", "HEAD"}


def test_a_plan_writes_nothing(aws: Laptop, bucket: str, model: Path) -> None:
    ended = deploy("upload", model, "--to", f"s3://{bucket}", "--plan", variables=aws.variables)
    assert ended.code == 0, ended.err
    assert f"would call s3:PutObject\n  Bucket = {bucket}\n  Key = " in ended.out
    assert objects(aws, bucket) == []


@pytest.mark.parametrize("cuts", [False, True], ids=["answers 503", "hangs up"])
def test_s3_may_fail_every_third_request(
    aws: Laptop, bucket: str, tmp_path: Path, cuts: bool
) -> None:
    large = model_folder(tmp_path / "large", params=random.Random(1).randbytes(LARGE))
    with proxy(aws.url, lambda number: number % 3 == 0, cuts=cuts) as broken:
        ended = deploy(
            *("upload", large, "--to", f"s3://{bucket}", "--json"), variables=through(aws, broken)
        )
    assert ended.code == 0, ended.err
    assert broken.failed
    url = ended.document["model_artifact_url"]
    assert objects(aws, bucket) == [url.removeprefix(f"s3://{bucket}/")]


HASTY = {"AWS_MAX_ATTEMPTS": "2"}  # where all attempts fail


def is_write(running: Proxy) -> Any:
    return lambda number: running.requests[number - 1].startswith(("PUT", "POST"))


@pytest.mark.parametrize("size", [10, LARGE], ids=["one request", "parts"])
def test_s3_that_takes_nothing_leaves_nothing(
    aws: Laptop, bucket: str, tmp_path: Path, size: int
) -> None:
    model = model_folder(tmp_path / "model", params=random.Random(2).randbytes(size))
    with proxy(aws.url, lambda _: False) as broken:
        broken.fails = is_write(broken)
        variables = through(aws, broken) | HASTY
        ended = deploy("upload", model, "--to", f"s3://{bucket}", variables=variables)
    assert ended.code == 1
    assert f"AWS refuses s3:PutObject s3://{bucket}/" in ended.err
    assert "SlowDown" in ended.err
    assert objects(aws, bucket) == []


def test_parts_that_fail_are_removed(aws: Laptop, bucket: str, tmp_path: Path) -> None:
    large = model_folder(tmp_path / "large", params=random.Random(3).randbytes(LARGE))
    with proxy(aws.url, lambda _: False) as broken:
        broken.fails = lambda number: "partNumber=2" in broken.requests[number - 1]
        variables = through(aws, broken) | HASTY
        ended = deploy("upload", large, "--to", f"s3://{bucket}", variables=variables)
    assert ended.code == 1
    assert any("partNumber=1" in each for each in broken.requests)
    assert objects(aws, bucket) == []


def test_a_bucket_that_is_not_there_is_named(aws: Laptop, model: Path) -> None:
    ended = deploy("upload", model, "--to", "s3://nowhere-at-all/x", variables=aws.variables)
    assert ended.code == 1
    assert ended.err.startswith("There is no bucket nowhere-at-all.")


def test_a_store_that_is_not_there_is_named(aws: Laptop, model: Path) -> None:
    nowhere = {**aws.variables, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"} | HASTY
    ended = deploy("upload", model, "--to", "s3://bucket", variables=nowhere)
    assert ended.code == 1
    assert "got no answer" in ended.err
    assert "http://127.0.0.1:9" in ended.err


def unknown(aws: Laptop) -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7CANARY0"}


def mistyped(aws: Laptop) -> dict[str, str]:
    return {"AWS_SECRET_ACCESS_KEY": "canary-secret"}


def none(aws: Laptop) -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


def expired(aws: Laptop) -> dict[str, str]:
    """Give a session whose hour is over; moto runs in this process."""
    from moto.sts.models import sts_backends

    trust = '{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}'
    role = aws.client("iam").create_role(RoleName="short", AssumeRolePolicyDocument=trust)
    arn = role["Role"]["Arn"]
    session = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    sts_backends[aws.cloud.account]["aws"].assumed_roles[-1].expiration -= timedelta(hours=2)
    return {
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (unknown, "are of a key that AWS does not know"),
        (mistyped, "do not match"),
        (none, "There are no usable AWS credentials"),
        (expired, "have expired"),
    ],
)
def test_credentials_that_do_not_do_are_named_and_not_shown(
    aws: Laptop, bucket: str, model: Path, make: Any, words: str
) -> None:
    wrong = make(aws)
    ended = deploy("upload", model, "--to", f"s3://{bucket}", variables={**aws.variables, **wrong})
    assert ended.code == 1
    assert words in ended.err
    for secret in filter(None, wrong.values()):
        assert secret not in ended.out + ended.err
    assert objects(aws, bucket) == []


def test_a_damaged_model_is_refused_before_anything_is_asked(aws: Laptop, model: Path) -> None:
    (model / artifact.PARAMS).write_bytes(b"damaged")
    with proxy(aws.url, lambda _: False) as watched:
        ended = deploy("upload", model, "--to", "s3://bucket", variables=through(aws, watched))
    assert ended.code == 1
    assert "model-0000.params has SHA-256" in ended.err
    assert watched.requests == []


def test_another_object_under_the_key_is_not_overwritten(
    aws: Laptop, bucket: str, model: Path
) -> None:
    key = (
        deploy(
            "upload", model, "--to", f"s3://{bucket}", "--plan", "--json", variables=aws.variables
        )
        .document["model_artifact_url"]
        .removeprefix(f"s3://{bucket}/")
    )
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"theirs")
    ended = deploy("upload", model, "--to", f"s3://{bucket}", variables=aws.variables)
    assert ended.code == 1
    assert "has 6 bytes" in ended.err
    assert aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b"theirs"


@pytest.fixture(params=["tmpfs", "limit"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, int | None]]:
    """A folder into which no large file goes, and the limit of files that makes it so."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if request.param == "limit":
        yield disk, 100
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield disk, None
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    aws: Laptop, bucket: str, tmp_path: Path, full: tuple[Path, int | None]
) -> None:
    disk, limit = full
    large = model_folder(tmp_path / "large", params=random.Random(4).randbytes(200_000))
    ended = deploy(
        *("upload", large, "--to", f"s3://{bucket}"),
        variables={**aws.variables, "TMPDIR": str(disk)},
        largest_file=limit,
    )
    assert ended.code == 1
    assert re.match("No space left on device|File too large", ended.err)
    assert "Make room there, or set TMPDIR" in ended.err
    assert list(disk.iterdir()) == []
    assert objects(aws, bucket) == []
