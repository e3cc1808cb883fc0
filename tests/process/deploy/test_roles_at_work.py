"""The whole way with nothing but the roles: training, endpoint, answer, removal."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local_test.aws.laptop import Laptop
from model.blerssi import data
from tests.support import endpoints
from tests.support.deploys import Ended, deploy
from tests.support.roles import assumed, client
from tests.support.scans import surveyed

BUCKET = "roles-at-work"
NAME = "blerssi-at-work"
ABOUT = ("--bucket", BUCKET, "--prefix", "ours")
EXTRAS = ("--scale", "1:2", "--capture", 100, "--capture-to", f"s3://{BUCKET}/ours/captured")


@pytest.fixture(scope="module")
def made(aws: Laptop) -> Iterator[dict[str, str]]:
    aws.client("s3").create_bucket(Bucket=BUCKET)
    ended = deploy("iam", "apply", *ABOUT, "--json", variables=aws.variables)
    assert ended.code == 0, ended.err
    roles: dict[str, str] = ended.document["roles"]
    yield roles
    deploy("destroy", "--name", NAME, "--yes", variables=aws.variables)
    deploy("iam", "remove", *ABOUT, variables=aws.variables)


def test_the_pipeline_deploys_and_asks_and_the_cleaner_removes(
    aws: Laptop, made: dict[str, str]
) -> None:
    pipeline, cleaner = assumed(aws, made["pipeline"]), assumed(aws, made["cleaner"])
    artifact = endpoints.put(aws, BUCKET, "ours/good", endpoints.handler("good"))

    ended = deploy(
        *("endpoint", "--name", NAME, "--image", endpoints.IMAGE, "--artifact", artifact),
        *("--role", "blerssi-execution", "--instance-type", "ml.m5.large", "--poll", 0.2),
        *EXTRAS,
        variables=pipeline,
    )
    assert ended.code == 0, ended.err

    observed = deploy("observe", "--endpoint", NAME, variables=pipeline)
    assert observed.code == 0, observed.err

    question = {"EndpointName": NAME, "Body": b"x", "ContentType": "text/plain"}
    answer = client("sagemaker-runtime", pipeline).invoke_endpoint(**question)
    assert answer["Body"].read() == b"good"
    with pytest.raises(ClientError, match="is not authorized to perform"):
        client("sagemaker-runtime", cleaner).invoke_endpoint(**question)

    removal = ("destroy", "--name", NAME, "--artifacts", "--logs", "--yes")
    refused = deploy(*removal, variables=pipeline)
    assert refused.code == 1
    assert "IAM does not allow" in refused.err
    status = aws.client("sagemaker").describe_endpoint(EndpointName=NAME)["EndpointStatus"]
    assert status == "InService"

    ended = deploy(*removal, variables=cleaner)
    assert ended.code == 0, ended.err
    assert aws.client("sagemaker").list_endpoints(NameContains=NAME)["Endpoints"] == []
    alarms = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert not [each["AlarmName"] for each in alarms if NAME in each["AlarmName"]]
    assert aws.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", []) == []
    dashboards = aws.client("cloudwatch").list_dashboards()["DashboardEntries"]
    queries = aws.client("logs").describe_query_definitions()["queryDefinitions"]
    assert [each for each in (*dashboards, *queries) if NAME in str(each)] == []


def test_the_pipeline_trains_with_the_execution_role_in_its_own_place_and_no_other(
    aws: Laptop, made: dict[str, str], tmp_path: Path
) -> None:
    data.write(tmp_path / "scans.csv", surveyed())
    scans = (tmp_path / "scans.csv").read_bytes()
    for place in ("ours", "theirs"):
        aws.client("s3").put_object(Bucket=BUCKET, Key=f"{place}/scans/scans.csv", Body=scans)

    def train(place: str, to: str) -> Ended:
        return deploy(
            *("train", "--image", endpoints.IMAGE, "--role", "blerssi-execution"),
            *("--training", f"s3://{BUCKET}/{place}/scans/", "--to", f"s3://{BUCKET}/{to}"),
            *("-H", "epochs=2", "--poll", 0.2, "--json"),
            variables=assumed(aws, made["pipeline"]),
        )

    refused = train("theirs", "ours/models")  # which the pipeline may not look at
    assert refused.code == 1
    assert f"IAM does not allow s3:ListBucket s3://{BUCKET}" in refused.err
    refused = train("ours", "theirs/models")  # which SageMaker may not use for us
    assert refused.code == 1
    assert "is Failed: ClientError" in refused.err
    assert "AccessDenied" in refused.err
    ended = train("ours", "ours/models")
    assert ended.code == 0, ended.err
    keys = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="theirs/")["Contents"]
    assert [each["Key"] for each in keys] == ["theirs/scans/scans.csv"]
    assert ended.document["model_artifact_url"].startswith(f"s3://{BUCKET}/ours/models/")
