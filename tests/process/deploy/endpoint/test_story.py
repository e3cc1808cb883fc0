"""One endpoint from its plan to its end, and what a second run of each step does."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from local_test.aws.laptop import Laptop
from tests.process.deploy.endpoint.conftest import Run
from tests.support import endpoints
from tests.support.deploys import deploy
from tests.support.waiting import until


def written(calls: list[Mapping[str, Any]]) -> list[str]:
    return [each["operation"] for each in calls]


def test_a_plan_names_every_call_and_makes_none(
    aws: Laptop, name: str, run: Run, good: str
) -> None:
    ended = run(good, "--scale", "1:3", "--capture", 20, "--plan", "--json")
    assert ended.code == 0, ended.err
    plan = ended.document["plan"]
    assert written(plan) == [
        "sagemaker:CreateModel",
        "sagemaker:CreateEndpointConfig",
        *["cloudwatch:PutMetricAlarm"] * 3,
        "sagemaker:CreateEndpoint",
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
    ]
    assert plan[0]["parameters"]["ModelName"] == ended.document["model"]
    assert plan[5]["parameters"]["EndpointConfigName"] == ended.document["config"]
    assert "would call sagemaker:CreateEndpoint\n  EndpointName = " in ended.err
    assert endpoints.left(aws, name) == []


def test_from_nothing_to_nothing(aws: Laptop, name: str, run: Run, good: str, bucket: str) -> None:
    options = ("--instances", 1, "--scale", "1:3", "--capture", 100, "--json")
    first = run(good, *options)
    assert first.code == 0, first.err
    assert "no zone redundancy" in first.err
    made = first.document
    assert (made["action"], made["status"]) == ("created", "InService")
    assert endpoints.ask(aws, name) == "good"
    assert (endpoints.scalable(aws, name)[0]["MinCapacity"], made["scaling"]["most"]) == (1, 3)
    again = run(good, *options).document
    assert (again["action"], again["changes"]) == ("unchanged", [])
    assert {**again, "action": 0, "changes": 0} == {**made, "action": 0, "changes": 0}

    captured = f"capture/{name}/"
    s3 = aws.client("s3")
    until(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=captured)["KeyCount"], "a captured file")
    destroy = ("destroy", "--name", name, "--artifacts", "--logs", "--json")
    plan = deploy(*destroy, "--plan", variables=aws.variables)
    assert plan.code == 0, plan.err
    assert set(written(plan.document["plan"])) == {
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DeregisterScalableTarget",
        "sagemaker:DeleteEndpoint",
        "cloudwatch:DeleteAlarms",
        "sagemaker:DeleteEndpointConfig",
        "sagemaker:DeleteModel",
        "logs:DeleteLogGroup",
        "s3:DeleteObject",
    }
    unasked = deploy(*destroy, variables=aws.variables)
    assert (unasked.code, "Give --yes" in unasked.err) == (1, True)
    assert endpoints.ask(aws, name) == "good"
    gone = deploy(*destroy, "--yes", variables=aws.variables)
    assert gone.code == 0, gone.err
    assert endpoints.left(aws, name) == []
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    groups = aws.client("logs").describe_log_groups(
        logGroupNamePrefix=f"/aws/sagemaker/Endpoints/{name}"
    )
    assert groups["logGroups"] == []
    empty = deploy(*destroy, "--yes", variables=aws.variables)
    assert (empty.code, json.loads(empty.out)) == (0, {"removed": [], "left": []})


def test_options_that_are_left_out_are_taken_back(
    aws: Laptop, name: str, run: Run, good: str
) -> None:
    assert run(good, "--instances", 1, "--scale", "1:3").code == 0
    ended = run(good, "--instances", 1, "--no-alarms", "--json")
    assert ended.code == 0, ended.err
    assert endpoints.scalable(aws, name) == []
    assert not [each for each in endpoints.left(aws, name) if each.startswith("blerssi-deploy/")]


def test_a_scaled_endpoint_keeps_its_instances_and_may_change_their_type(
    aws: Laptop, name: str, run: Run, good: str
) -> None:
    assert run(good, "--instances", 1, "--scale", "1:3").code == 0
    sagemaker = aws.client("sagemaker")
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}],
    )
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )

    def instances() -> int:
        found = sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"][0]
        count: int = found["DesiredInstanceCount"]
        return count

    ended = run(good, "--instances", 1, "--scale", "1:3", "--capture", 5)
    assert (ended.code, instances()) == (0, 2), ended.err
    ended = run(good, "--instances", 1, "--scale", "1:3", "--instance-type", "ml.c5.large")
    assert (ended.code, instances()) == (0, 1), ended.err
    assert endpoints.scalable(aws, name)[0]["MaxCapacity"] == 3


def test_serverless(aws: Laptop, name: str, run: Run, good: str) -> None:
    ended = deploy(
        *("endpoint", "--name", name, "--image", endpoints.IMAGE, "--role", "endpoint-role"),
        *("--artifact", good, "--serverless", 1024, "--concurrency", 3, "--poll", 0.2, "--json"),
        variables=aws.variables,
    )
    assert ended.code == 0, ended.err
    assert endpoints.ask(aws, name) == "good"
    found = aws.client("sagemaker").describe_endpoint(EndpointName=name)["ProductionVariants"][0]
    assert found["CurrentServerlessConfig"]["MemorySizeInMB"] == 1024


def test_asynchronous(aws: Laptop, name: str, run: Run, good: str, bucket: str) -> None:
    to = f"s3://{bucket}/async"
    ended = run(good, "--instances", 1, "--async-to", to, "--scale", "1:2", "--target", 5)
    assert ended.code == 0, ended.err
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="question", Body=b"x")
    reply = aws.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=name, InputLocation=f"s3://{bucket}/question", ContentType="text/plain"
    )
    answers = f"async/{name}/answers/"
    assert reply["OutputLocation"].startswith(f"s3://{bucket}/{answers}")
    until(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=answers)["KeyCount"], "the answer")


@pytest.mark.parametrize("shared", [True, False])
def test_what_others_use_or_made_stays(
    aws: Laptop, name: str, run: Run, bucket: str, shared: bool
) -> None:
    """An artefact that another model uses, or that was not uploaded by us."""
    tagging = endpoints.OURS if shared else "owner=somebody"
    artifact = endpoints.put(aws, bucket, "good", endpoints.handler("good"), tagging)
    assert run(artifact, "--instances", 1).code == 0
    sagemaker = aws.client("sagemaker")
    model = sagemaker.list_models(NameContains=name)["Models"][0]["ModelName"]
    other = f"somebodys-{name}"
    if shared:
        found = sagemaker.describe_model(ModelName=model)
        sagemaker.create_model(
            ModelName=other,
            PrimaryContainer={"Image": endpoints.IMAGE, "ModelDataUrl": artifact},
            ExecutionRoleArn=found["ExecutionRoleArn"],
        )
    ended = deploy(
        "destroy", "--name", name, "--artifacts", "--yes", "--json", variables=aws.variables
    )
    assert ended.code == 0, ended.err
    why = "another model uses it" if shared else "it was not uploaded here"
    assert ended.document["left"] == [{"kind": "artefact", "name": artifact, "why": why}]
    aws.client("s3").head_object(Bucket=bucket, Key="good/model.tar.gz")
    assert endpoints.left(aws, name) == ([other] if shared else [])
    if shared:
        sagemaker.delete_model(ModelName=other)


def test_all_versions_of_all_endpoints_of_a_project_go_together(
    aws: Laptop, name: str, run: Run, good: str, bucket: str
) -> None:
    project = ("--project", f"project-of-{name}")
    better = endpoints.put(aws, bucket, "better", endpoints.handler("better"))
    for artifact in (good, better):
        ended = run(artifact, "--instances", 1, *project)
        assert ended.code == 0, ended.err
    assert len(endpoints.left(aws, name)) == 8  # endpoint, two versions of two, three alarms
    destroy = ("destroy", "--yes", "--json")
    others = deploy(*destroy, "--name", name, variables=aws.variables)
    assert (others.code, others.document["removed"]) == (0, [])
    assert endpoints.ask(aws, name) == "better"
    gone = deploy(*destroy, "--all", *project, variables=aws.variables)
    assert (gone.code, len(gone.document["removed"])) == (0, 8), gone.err
    assert endpoints.left(aws, name) == []
    assert gone.document["removed"][0] == {"kind": "endpoint", "name": name}


def test_an_asynchronous_endpoint_that_may_sleep_is_woken_by_one_request(
    aws: Laptop, name: str, run: Run, good: str, bucket: str
) -> None:
    options = ("--instances", 1, "--async-to", f"s3://{bucket}/async", "--target", 5, "--json")
    ended = run(good, *options, "--scale", "0:2")
    assert ended.code == 0, ended.err
    again = run(good, *options, "--scale", "0:2")
    assert (again.code, again.document["changes"]) == (0, []), again.err
    policies = aws.client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=f"endpoint/{name}/variant/AllTraffic"
    )["ScalingPolicies"]
    wake = {each["PolicyName"]: each["PolicyARN"] for each in policies}["blerssi-wake"]
    alarms = aws.client("cloudwatch").describe_alarms(AlarmNames=[f"blerssi-deploy/{name}/wake"])
    assert alarms["MetricAlarms"][0]["AlarmActions"] == [wake]
    assert alarms["MetricAlarms"][0]["MetricName"] == "HasBacklogWithoutCapacity"
    ended = run(good, *options, "--scale", "1:2")
    assert ended.document["changes"] == ["waking taken away", "scaling"], ended.err
    assert f"blerssi-deploy/{name}/wake" not in endpoints.left(aws, name)
