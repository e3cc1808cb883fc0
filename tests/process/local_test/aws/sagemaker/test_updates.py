"""Updates of endpoints while 16 clients ask: nothing is lost, and what is bad goes back."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.crowd import asking
from tests.support.hosting import BROKEN, NEVER_HEALTHY, VARIANT, Hosting, packed
from tests.support.waiting import until

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def name(hosting: Hosting) -> Iterator[str]:
    """An endpoint that all tests of this file update."""
    yield hosting.endpoint("updated")
    hosting.delete("updated")


def routing(kind: str, wait: int = 0, **size: Any) -> dict[str, Any]:
    return {"TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": wait, **size}}


PERCENT_20 = {"Type": "CAPACITY_PERCENT", "Value": 20}
POLICIES = [
    pytest.param(None, id="default"),
    pytest.param(
        {"BlueGreenUpdatePolicy": {**routing("ALL_AT_ONCE"), "TerminationWaitInSeconds": 1}},
        id="all-at-once",
    ),
    pytest.param(
        {"BlueGreenUpdatePolicy": routing("CANARY", 1, CanarySize=PERCENT_20)}, id="canary"
    ),
    pytest.param(
        {"BlueGreenUpdatePolicy": routing("LINEAR", 0, LinearStepSize=PERCENT_20)}, id="linear"
    ),
    pytest.param(
        {"RollingUpdatePolicy": {"MaximumBatchSize": PERCENT_20, "WaitIntervalInSeconds": 0}},
        id="rolling",
    ),
]


@pytest.mark.parametrize("policy", POLICIES)
def test_an_update_loses_no_request(
    hosting: Hosting, name: str, policy: dict[str, Any] | None
) -> None:
    before = hosting.ask(name)["model"]
    after = hosting.config(hosting.model(f"version-{next(_NUMBERS)}"), count=2)
    more = {"DeploymentConfig": policy} if policy else {}
    with asking(hosting, name) as crowd:
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=after, **more)
        assert hosting.describe(name)["EndpointStatus"] == "Updating"
        hosting.wait(name)
    assert (crowd.errors, crowd.lost) == ({}, [])
    assert crowd.answers[before]
    found = hosting.describe(name)
    assert found["EndpointConfigName"] == after
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert found.get("LastDeploymentConfig") == policy
    assert "PendingDeploymentSummary" not in found
    assert {hosting.ask(name)["model"] for _ in range(4)} == {after}


def test_a_canary_that_rings_an_alarm_goes_back_by_itself(hosting: Hosting, name: str) -> None:
    good = hosting.describe(name)["EndpointConfigName"]
    answering = hosting.ask(name)["model"]
    bad = hosting.config(hosting.model("bad", packed({"code/inference.py": BROKEN})))
    hosting.aws.client("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[
            {"Name": "EndpointName", "Value": name},
            {"Name": "VariantName", "Value": VARIANT},
        ],
        Statistic="Average",
        Period=10,
        EvaluationPeriods=1,
        Threshold=0.01,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    statuses: set[str] = set()
    with asking(hosting, name) as crowd:
        hosting.sagemaker.update_endpoint(
            EndpointName=name,
            EndpointConfigName=bad,
            DeploymentConfig={
                "BlueGreenUpdatePolicy": routing("CANARY", 600, CanarySize=PERCENT_20),
                "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
            },
        )

        def rolled_back() -> bool:
            found = hosting.describe(name)
            pending = found.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
            statuses.update(each["VariantStatus"][0]["Status"] for each in pending)
            statuses.add(found["EndpointStatus"])
            return bool(found["EndpointStatus"] == "InService")

        until(rolled_back, "the rollback")
    assert {"Updating", "Creating", "Baking", "RollingBack", "InService"} <= statuses
    found = hosting.describe(name)
    assert found["EndpointConfigName"] == good
    assert "alarms: errors" in found["FailureReason"]
    assert crowd.lost == []
    assert set(crowd.errors) == {"ModelError"}
    assert crowd.errors["ModelError"] < sum(crowd.answers.values())
    assert set(crowd.answers) == {answering}
    assert {hosting.ask(name)["model"] for _ in range(8)} == {answering}


def test_an_update_that_never_gets_healthy_goes_back(hosting: Hosting, name: str) -> None:
    good, answering = hosting.describe(name)["EndpointConfigName"], hosting.ask(name)["model"]
    crashes = hosting.model("crashes", None, {"SAGEMAKER_MODEL_SERVER_WORKERS": "many"})
    hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=hosting.config(crashes))
    hosting.wait(name)
    found = hosting.describe(name)
    assert found["EndpointConfigName"] == good
    assert "did not pass the ping health check" in found["FailureReason"]
    assert hosting.ask(name)["model"] == answering


def test_an_update_at_a_time_and_alarms_that_exist(hosting: Hosting, name: str) -> None:
    config = hosting.describe(name)["EndpointConfigName"]

    def update(**more: Any) -> None:
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, **more)

    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "unknown"}]}}
    with pytest.raises(ClientError, match="Could not find the CloudWatch alarms unknown"):
        update(DeploymentConfig=rollback)
    with pytest.raises(ClientError, match="CanarySize is required"):
        update(DeploymentConfig={"BlueGreenUpdatePolicy": routing("CANARY")})
    update()
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        update()
    hosting.wait(name)


def test_counts_and_weights_change_in_service(hosting: Hosting, name: str) -> None:
    for count in (3, 1):
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name,
            DesiredWeightsAndCapacities=[
                {"VariantName": VARIANT, "DesiredInstanceCount": count, "DesiredWeight": 2.0}
            ],
        )
        hosting.wait(name)
        found = hosting.describe(name)["ProductionVariants"][0]
        assert (found["CurrentInstanceCount"], found["CurrentWeight"]) == (count, 2.0)
        assert len({hosting.ask(name)["server"] for _ in range(6)}) == count
    for change, said in (
        ({"VariantName": "unknown"}, "Could not find variant"),
        ({"VariantName": VARIANT, "DesiredInstanceCount": 0}, "Only asynchronous"),
    ):
        with pytest.raises(ClientError, match=said):
            hosting.sagemaker.update_endpoint_weights_and_capacities(
                EndpointName=name, DesiredWeightsAndCapacities=[change]
            )


def test_variants_get_their_parts_and_can_be_asked_for(hosting: Hosting) -> None:
    rows = [
        {
            "VariantName": variant,
            "ModelName": hosting.model(variant),
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": weight,
        }
        for variant, weight in (("heavy", 3.0), ("light", 1.0))
    ]
    name = hosting.config("variants", ProductionVariants=rows)
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    hosting.wait(name)
    models = [hosting.ask(name)["model"] for _ in range(8)]
    assert (models.count("heavy"), models.count("light")) == (6, 2)
    assert hosting.ask(name, TargetVariant="light")["model"] == "light"
    with pytest.raises(ClientError, match="Variant unknown"):
        hosting.ask(name, TargetVariant="unknown")
    hosting.delete(name)


def test_an_endpoint_is_deleted_in_the_middle_of_an_update(hosting: Hosting) -> None:
    name = hosting.endpoint("abandoned")
    stuck = hosting.model("stuck", packed({"code/inference.py": NEVER_HEALTHY}))
    hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=hosting.config(stuck))
    folder = hosting.aws.cloud.folder / "endpoints" / name
    until(lambda: len([*folder.glob("*")]) == 2, "the second deployment")
    hosting.delete(name)
    assert not [*folder.glob("*")]
