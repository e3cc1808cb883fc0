import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from deploy import naming
from deploy.batch.job import Jobs, Order, known_model, model_of
from deploy.batch.records import CSV
from deploy.errors import DeployError, MissingError
from deploy.screen import Screen

if TYPE_CHECKING:
    from deploy.aws import Aws

ORDER = Order(
    model="blerssi",
    source="s3://bucket/in/a.csv",
    media_type=CSV,
    output="s3://bucket/batch/",
    pick=None,
    join=True,
    instance_type="ml.m5.large",
    instance_count=1,
    kms_key=None,
    seconds_per_request=600,
    max_payload=None,
    digest="0123",
)


class FakeAws:
    """Transform jobs and models by name."""

    plan = False

    def __init__(self, **jobs: str) -> None:
        self.jobs = jobs
        self.created: list[dict[str, Any]] = []
        self.models = ["blerssi"]

    def read(self, _: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        match operation:
            case "DescribeTransformJob":
                name = parameters["TransformJobName"]
                if name in self.jobs:
                    return {"TransformJobName": name, "TransformJobStatus": self.jobs[name]}
            case "DescribeEndpoint":
                return {"EndpointConfigName": "config"}
            case "DescribeEndpointConfig":
                return {"ProductionVariants": [{"ModelName": each} for each in self.models]}
            case "DescribeModel" if parameters["ModelName"] in self.models:
                return {}
        raise MissingError("It is not there.", reason="Could not find it.")

    def write(self, _: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        assert operation == "CreateTransformJob"
        self.created.append(parameters)
        self.jobs[parameters["TransformJobName"]] = "InProgress"
        return {}


def jobs(aws: FakeAws) -> Jobs:
    return Jobs(cast("Aws", aws), Screen(io.StringIO()), naming.tags("floor", "me"))


def test_settings_are_those_that_our_formats_need() -> None:
    found = ORDER.request("job", {"owner": "me"})
    assert found["TransformInput"]["SplitType"] == "Line"
    assert found["TransformOutput"] == {
        "S3OutputPath": "s3://bucket/batch/results/job",
        "Accept": CSV,
        "AssembleWith": "Line",
    }
    assert found["DataProcessing"] == {"JoinSource": "Input"}
    assert found["BatchStrategy"] == "MultiRecord"
    assert not {"MaxPayloadInMB", "MaxConcurrentTransforms"} & found.keys()
    assert found["Tags"] == [{"Key": "owner", "Value": "me"}]


def test_what_is_wished_is_asked_for() -> None:
    order = replace(ORDER, pick="$[2:]", join=False, kms_key="k", max_payload=6)
    found = order.request("job", {})
    assert found["DataProcessing"] == {"JoinSource": "None", "InputFilter": "$[2:]"}
    assert found["TransformOutput"]["AssembleWith"] == "None"
    assert found["TransformOutput"]["KmsKeyId"] == "k"
    assert found["MaxPayloadInMB"] == 6


def test_the_same_work_is_the_same_job() -> None:
    aws = FakeAws()
    name = jobs(aws).start(ORDER)
    assert jobs(aws).start(ORDER) == name
    assert len(aws.created) == 1
    aws.jobs[name] = "Completed"
    assert jobs(aws).start(ORDER) == name
    assert jobs(aws).start(replace(ORDER, digest="4567")) != name
    assert len(aws.created) == 2


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_job_that_failed_gets_a_successor(status: str) -> None:
    aws = FakeAws()
    name = jobs(aws).start(ORDER)
    aws.jobs[name] = status
    assert jobs(aws).start(ORDER) == f"{name}-2"
    aws.jobs[f"{name}-2"] = "Completed"
    assert jobs(aws).start(ORDER) == f"{name}-2"


def test_what_was_done_is_done_anew_where_that_is_wished() -> None:
    aws = FakeAws()
    name = jobs(aws).start(ORDER)
    assert jobs(aws).start(ORDER, anew=True) == name  # it still runs
    aws.jobs[name] = "Completed"
    assert jobs(aws).start(ORDER, anew=True) == f"{name}-2"


def test_names_begin_with_the_project_and_leave_room_for_successors() -> None:
    name = jobs(FakeAws()).start(ORDER)
    assert name.startswith("floor-batch-")
    assert len(name) <= 60


def test_endless_failure_ends() -> None:
    aws = FakeAws()
    name = jobs(aws).start(ORDER)
    aws.jobs |= dict.fromkeys([name, *(f"{name}-{number}" for number in range(2, 99))], "Failed")
    with pytest.raises(DeployError, match="50 jobs"):
        jobs(aws).start(ORDER)


def test_waiting_ends_with_the_job() -> None:
    assert jobs(FakeAws(job="Stopped")).wait("job", 1, 1)["TransformJobStatus"] == "Stopped"


def test_the_model_of_an_endpoint_is_found() -> None:
    aws = FakeAws()
    assert model_of(cast("Aws", aws), "e") == "blerssi"
    aws.models = ["a", "b"]
    with pytest.raises(DeployError, match="a, b"):
        model_of(cast("Aws", aws), "e")
    aws.models = [""]  # of inference components
    with pytest.raises(DeployError, match="no model by name"):
        model_of(cast("Aws", aws), "e")


def test_a_model_that_is_missing_is_told_first() -> None:
    aws = cast("Aws", FakeAws())
    assert known_model(aws, "blerssi") == "blerssi"
    with pytest.raises(DeployError, match=r"no SageMaker model other: Could not find"):
        known_model(aws, "other")
