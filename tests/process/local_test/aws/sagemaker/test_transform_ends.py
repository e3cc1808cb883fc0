"""How transform jobs end: with bad records, slow or broken models, stopped, refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from local_test.aws.laptop import Laptop
from local_test.aws.sagemaker import transform_server
from tests.support.hosting import NEVER_HEALTHY
from tests.support.job_runs import SUM, Jobs
from tests.support.waiting import until

MANY = 100_000


@pytest.fixture(scope="module")
def jobs(aws: Laptop) -> Jobs:
    made = Jobs(aws)
    made.put("small/a.csv", "id1,1,2\nid2,3,4\nid3,5,6\n")
    made.put("numbers/a.csv", "1,2\n3,4\n5,6\n")
    return made


@pytest.fixture(scope="module")
def model(jobs: Jobs) -> str:
    """A model that adds the columns up."""
    return jobs.model()


def test_one_bad_line_among_many_is_named_and_leaves_no_result(jobs: Jobs, model: str) -> None:
    lines = ["1,2\n"] * MANY
    lines[77_776] = "bad,2\n"
    uri = jobs.put("one-bad/a.csv", "".join(lines))

    job = jobs.transform(model, uri)

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        f"ClientError: {uri}: record 77777: the model answered 422: "
    )
    assert "row 0 is bad" in job["FailureReason"]
    assert not jobs.keys(f"{job['TransformJobName']}/out/")
    log = jobs.log("/aws/sagemaker/TransformJobs", f"{job['TransformJobName']}/")
    assert any("one-bad/a.csv: ClientError: record 77777" in line for line in log)
    with pytest.raises(WaiterError, match="terminal failure"):
        jobs.sagemaker.get_waiter("transform_job_completed_or_stopped").wait(
            TransformJobName=job["TransformJobName"]
        )


@pytest.mark.parametrize("count", [1, 2])
def test_other_objects_are_transformed_all_the_same(jobs: Jobs, model: str, count: int) -> None:
    for name, content in {"a": "1,2\n", "deep/b": "bad\n", "deep/c": "5,6\n"}.items():
        jobs.put(f"several/{name}.csv", content)

    job = jobs.transform(model, jobs.uri("several/"), count=count)

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].endswith("1 of 3 objects failed.")
    assert "several/deep/b.csv: record 1: the model answered 422" in job["FailureReason"]
    assert jobs.keys(f"{job['TransformJobName']}/out/") == ["a.csv.out", "deep/c.csv.out"]
    assert jobs.result(job, "deep/c.csv") == "11,true\n"


def test_a_fault_of_the_model_is_told_as_its_own(jobs: Jobs, model: str) -> None:
    uri = jobs.put("fault/a.csv", "1\nfault\n")

    job = jobs.transform(model, uri, ModelClientConfig={"InvocationsMaxRetries": 0})

    assert job["FailureReason"].startswith(
        f"AlgorithmError: {uri}: records 1 to 2: the model answered 500: "
    )


def test_what_takes_too_long_is_told(jobs: Jobs, model: str) -> None:
    uri = jobs.put("slow/a.csv", "slow\n")
    patience = {"InvocationsMaxRetries": 0, "InvocationsTimeoutInSeconds": 1}

    job = jobs.transform(model, uri, ModelClientConfig=patience)

    assert job["FailureReason"] == f"AlgorithmError: {uri}: record 1: no answer within 1 s."


def test_a_stopped_job_leaves_no_result(jobs: Jobs, model: str) -> None:
    uri = jobs.put("stopped/a.csv", "slow\n")
    given = jobs.transformation(model, uri)
    name = given["TransformJobName"]
    jobs.sagemaker.create_transform_job(**given)
    until(lambda: "TransformStartTime" in jobs.transformation_of(name), "the first request")

    jobs.sagemaker.stop_transform_job(TransformJobName=name)

    assert jobs.transformed(name)["TransformJobStatus"] == "Stopped"
    assert not jobs.keys(f"{name}/out/")
    with pytest.raises(ClientError, match="the transform job is in status Stopped"):
        jobs.sagemaker.stop_transform_job(TransformJobName=name)


@pytest.mark.parametrize(
    ("processing", "said"),
    [
        ({"InputFilter": "$[7]"}, "record 1: $[7] finds nothing: there is no item 7 among 3."),
        ({"InputFilter": "$[1:]", "OutputFilter": "$[9]"}, "record 1: $[9] finds nothing"),
    ],
)
def test_filters_that_find_nothing_are_told(
    jobs: Jobs, model: str, processing: dict[str, str], said: str
) -> None:
    job = jobs.transform(model, jobs.uri("small/"), DataProcessing=processing)

    assert job["TransformJobStatus"] == "Failed"
    assert said in job["FailureReason"]


@pytest.mark.parametrize(
    ("handler", "variables", "why", "log"),
    [
        (NEVER_HEALTHY, {}, "/ping did not answer 200 within 3 s", "no such weights"),
        (SUM, {"SAGEMAKER_MODEL_SERVER_WORKERS": "many"}, "it ended with exit code", "many"),
    ],
)
def test_a_container_that_does_not_get_ready_fails_the_job_with_its_log(
    jobs: Jobs,
    monkeypatch: pytest.MonkeyPatch,
    handler: str,
    variables: dict[str, str],
    why: str,
    log: str,
) -> None:
    monkeypatch.setattr(transform_server, "READY_SECONDS", 3.0)

    job = jobs.transform(jobs.model(handler, **variables), jobs.uri("numbers/"))

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        f"AlgorithmError: The container did not get ready: {why}"
    )
    assert log in job["FailureReason"]


def test_a_model_that_is_gone_by_now_fails_the_job(jobs: Jobs) -> None:
    name = jobs.model()
    jobs.s3.delete_object(Bucket=jobs.bucket, Key=f"{name}/model.tar.gz")

    job = jobs.transform(name, jobs.uri("numbers/"))

    assert "Failed to download model data" in job["FailureReason"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ModelName": "no-such-model"}, "Could not find model"),
        ({"uri": "s3://no-such-bucket-here/x"}, "No S3 objects found under S3 URL"),
        ({"uri": "s3://{bucket}/nothing"}, "No S3 objects found under S3 URL"),
        ({"MaxPayloadInMB": 60, "MaxConcurrentTransforms": 2}, "120 MB; at most 100"),
        ({"DataProcessing": {"InputFilter": "features"}}, "no JSONPath"),
        ({"DataProcessing": {"JoinSource": "Both"}}, "Input, None"),
        (
            {"DataProcessing": {"JoinSource": "Input"}, "output": {"Accept": "application/json"}},
            "the same format on both sides",
        ),
        (
            {"DataProcessing": {"JoinSource": "Input"}, "source": {"ContentType": "image/png"}},
            "DataProcessing takes a ContentType of",
        ),
        ({"TransformJobName": "not a name"}, "regular expression"),
        ({"DataCaptureConfig": {"DestinationS3Uri": "s3://x/y"}}, "captures no data"),
    ],
)
def test_what_aws_rejects_is_rejected(
    jobs: Jobs, model: str, changes: dict[str, Any], said: str
) -> None:
    uri = changes.get("uri", "s3://{bucket}/numbers/").format(bucket=jobs.bucket)
    more = {key: each for key, each in changes.items() if key != "uri"}
    shapes = {key: more.pop(key) for key in ("source", "output") if key in more}
    given = {**jobs.transformation(model, uri, **shapes), **more}

    with pytest.raises(ClientError, match=said) as caught:
        jobs.sagemaker.create_transform_job(**given)

    assert caught.value.response["Error"]["Code"] == "ValidationException"
