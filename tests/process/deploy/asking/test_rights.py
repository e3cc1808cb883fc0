"""Batch jobs with nothing but the pipeline's and the execution role's rights."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_test.aws.laptop import Laptop
from tests.support.deploys import deploy
from tests.support.roles import assumed

BUCKET = "asking-rights"
PROJECT = "asking"
ABOUT = ("--bucket", BUCKET, "--prefix", "ours", "--project", PROJECT)


@pytest.fixture(scope="module")
def pipeline(aws: Laptop, model: str) -> Iterator[dict[str, str]]:
    """Give the variables of the pipeline, and make a model that runs with the execution role."""
    aws.client("s3").create_bucket(Bucket=BUCKET)
    ended = deploy("iam", "apply", *ABOUT, "--json", variables=aws.variables)
    assert ended.code == 0, ended.err
    roles: dict[str, str] = ended.document["roles"]
    sagemaker = aws.client("sagemaker")
    container = sagemaker.describe_model(ModelName=model)["PrimaryContainer"]
    artifact = f"s3://{BUCKET}/ours/model.tar.gz"
    bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
    aws.client("s3").copy_object(
        Bucket=BUCKET, Key="ours/model.tar.gz", CopySource={"Bucket": bucket, "Key": key}
    )
    sagemaker.create_model(
        ModelName=f"{PROJECT}-model",
        ExecutionRoleArn=roles["execution"],
        PrimaryContainer={
            "Image": container["Image"],
            "ModelDataUrl": artifact,
            "Environment": container["Environment"],
        },
    )
    yield assumed(aws, roles["pipeline"])
    deploy("iam", "remove", *ABOUT, variables=aws.variables)


def batch(pipeline: dict[str, str], scans: Path, place: str) -> tuple[int, str]:
    ended = deploy(
        *("batch", scans, "--model", f"{PROJECT}-model", "--output", f"s3://{BUCKET}/{place}"),
        *("--project", PROJECT, "--every", 0.5),
        variables=pipeline,
    )
    return ended.code, ended.out + ended.err


def test_the_pipeline_may_batch_in_its_own_place(pipeline: dict[str, str], scans: Path) -> None:
    code, said = batch(pipeline, scans, "ours/batch")
    assert code == 0, said
    assert "3 answers, one for each record" in said


def test_nobody_writes_elsewhere(pipeline: dict[str, str], scans: Path) -> None:
    code, said = batch(pipeline, scans, "theirs/batch")
    assert code == 1
    assert "IAM does not allow s3:PutObject" in said
