"""Transform jobs that really transform: split, sent, joined, assembled."""

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_test import feeder
from local_test.aws.laptop import Laptop
from tests.support.job_runs import Jobs

MANY = 100_000
ECHO = """
import json, os

def model_fn(model_dir):
    return 1

def transform_fn(model, body, content_type, accept):
    raw = body.encode() if isinstance(body, str) else bytes(body)
    names = ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "SAGEMAKER_BATCH_STRATEGY", "MINE",
             "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "SAGEMAKER_BATCH")
    told = {"body": raw.decode("latin-1"), "type": content_type, "accept": accept}
    told["environment"] = {name: os.environ[name] for name in names if name in os.environ}
    return json.dumps(told), "application/json"
"""


@pytest.fixture(scope="module")
def jobs(aws: Laptop) -> Jobs:
    made = Jobs(aws)
    made.put("numbers/a.csv", "1,2\n3,4\n5,6\n")
    return made


@pytest.fixture(scope="module")
def model(jobs: Jobs) -> str:
    """A model that adds the columns up."""
    return jobs.model()


@pytest.fixture(scope="module")
def echo(jobs: Jobs) -> str:
    """A model that tells what it was asked."""
    return jobs.model(ECHO)


def told(jobs: Jobs, job: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The requests of which the result of the echo tells."""
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    return [json.loads(line) for line in jobs.result(job, name).splitlines()]


def test_a_large_file_keeps_number_order_and_identity_of_its_records(
    jobs: Jobs, model: str
) -> None:
    uri = jobs.put("large/a.csv", "".join(f"id{n},{n},1\n" for n in range(MANY)))
    given = jobs.transformation(
        *(model, uri),
        MaxPayloadInMB=1,
        MaxConcurrentTransforms=3,
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,3]"},
    )

    jobs.sagemaker.create_transform_job(**given)
    jobs.sagemaker.get_waiter("transform_job_completed_or_stopped").wait(
        TransformJobName=given["TransformJobName"], WaiterConfig={"Delay": 1, "MaxAttempts": 90}
    )

    lines = jobs.result(given, "a.csv").splitlines()
    assert len(lines) == MANY
    assert lines == [f"id{n},{n + 1}" for n in range(MANY)]


def test_what_the_job_chooses_reaches_the_container(jobs: Jobs, echo: str) -> None:
    job = jobs.transform(
        *(echo, jobs.uri("numbers/")),
        source={"ContentType": "text/csv"},
        output={"Accept": "application/json", "AssembleWith": "Line"},
        BatchStrategy="SingleRecord",
        MaxConcurrentTransforms=2,
        MaxPayloadInMB=3,
        Environment={"MINE": "yes"},
    )

    requests = told(jobs, job, "a.csv")
    assert [each["body"] for each in requests] == ["1,2\n", "3,4\n", "5,6\n"]
    assert requests[0]["accept"] == "application/json"
    assert requests[0]["environment"] == {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "3",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "2",
        "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD",
        "MINE": "yes",
    }
    log = jobs.log("/aws/sagemaker/TransformJobs", f"{job['TransformJobName']}/")
    settings = "MaxConcurrentTransforms=2, MaxPayloadInMB=3, BatchStrategy=SINGLE_RECORD"
    assert any(line.endswith(settings) for line in log)


def test_nothing_that_was_not_chosen_reaches_the_container(jobs: Jobs, echo: str) -> None:
    job = jobs.transform(echo, jobs.uri("numbers/"), output={"Accept": "application/json"})

    (request,) = told(jobs, job, "a.csv")
    assert request["body"] == "1,2\n3,4\n5,6\n"
    assert request["environment"] == {"SAGEMAKER_BATCH": "true"}


@pytest.mark.parametrize(
    ("source", "content", "bodies"),
    [
        ({"SplitType": "None"}, b"1\n2\n", ["1\n2\n"]),
        ({"SplitType": None}, b"1\n2\n", ["1\n2\n"]),
        ({"CompressionType": "Gzip"}, gzip.compress(b"1\n2"), ["1\n", "2"]),
        (
            {"SplitType": "RecordIO", "ContentType": "application/octet-stream"},
            feeder.frame(b"a") + feeder.frame(b"bcd"),
            [feeder.frame(each).decode("latin-1") for each in (b"a", b"bcd")],
        ),
    ],
)
@pytest.mark.parametrize("payload", [0, 6])
def test_objects_are_cut_as_the_job_says(
    jobs: Jobs, echo: str, source: dict[str, Any], content: bytes, bodies: list[str], payload: int
) -> None:
    job = jobs.transform(
        *(echo, jobs.put("cut/a", content)),
        source=source,
        output={"Accept": "application/json", "AssembleWith": "Line"},
        BatchStrategy="SingleRecord",
        MaxPayloadInMB=payload,
    )

    assert [each["body"] for each in told(jobs, job, "a")] == bodies


def test_a_manifest_names_the_objects(jobs: Jobs, model: str) -> None:
    jobs.put("named/data/a.csv", "1,2\n")
    jobs.put("named/data/b.csv", "bad\n")
    manifest = jobs.put("named/list", json.dumps([{"prefix": jobs.uri("named/data/")}, "a.csv"]))
    data = {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": manifest}}

    job = jobs.transform(model, manifest, source={"DataSource": data})

    assert job["TransformJobStatus"] == "Completed"
    assert jobs.result(job, "a.csv") == "3,true\n"


def test_json_is_joined_as_a_member(jobs: Jobs, echo: str) -> None:
    uri = jobs.put("json/a.jsonl", '{"id": 1, "x": [1, 2]}\n{"id": 2, "x": [3]}\n')

    job = jobs.transform(
        *(echo, uri),
        source={"ContentType": "application/jsonlines"},
        output={"Accept": "application/json", "AssembleWith": "Line"},
        BatchStrategy="SingleRecord",
        DataProcessing={"InputFilter": "$.x", "JoinSource": "Input"},
    )

    found = told(jobs, job, "a.jsonl")
    assert [(each["id"], each["SageMakerOutput"]["body"]) for each in found] == [
        (1, "[1,2]\n"),
        (2, "[3]\n"),
    ]


def test_jobs_are_listed_labelled_and_unique(jobs: Jobs, model: str) -> None:
    given = jobs.transformation(model, jobs.uri("numbers/"), Tags=[{"Key": "a", "Value": "1"}])
    name = given["TransformJobName"]
    arn = jobs.sagemaker.create_transform_job(**given)["TransformJobArn"]

    with pytest.raises(ClientError, match="job with this name already exists") as caught:
        jobs.sagemaker.create_transform_job(**given)
    assert caught.value.response["Error"]["Code"] == "ResourceInUse"
    jobs.transformed(name)
    newest = jobs.sagemaker.list_transform_jobs(MaxResults=1)["TransformJobSummaries"]
    assert [each["TransformJobName"] for each in newest] == [name]
    assert jobs.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    with pytest.raises(ClientError, match="Could not find requested job with name: nothing"):
        jobs.sagemaker.describe_transform_job(TransformJobName="nothing")
