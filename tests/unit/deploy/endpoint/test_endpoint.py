import io
from typing import Any

import pytest

from container.errors import UserError
from deploy.endpoint import changing, endpoint
from deploy.endpoint.alarms import Limits
from deploy.endpoint.capture import Capture
from deploy.endpoint.config import Configuration, Instances
from deploy.endpoint.failure import EndpointFailedError, RolledBackError
from deploy.endpoint.model import Model
from deploy.endpoint.rollout import Rollout
from deploy.endpoint.scaling import Scaling
from deploy.errors import CredentialsError, DeniedError, DeployError, MissingError, RefusedError
from tests.support.fake_aws import ROLE, FakeAws, bring_about, common, wanted

OTHER = Configuration(Instances("ml.c6i.large"))


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def deployed(aws: FakeAws) -> FakeAws:
    bring_about(aws)
    aws.calls.clear()
    return aws


def test_all_is_made_in_order(aws: FakeAws) -> None:
    outcome = bring_about(aws)
    assert aws.calls == [
        "CreateModel",
        "CreateEndpointConfig",
        *["PutMetricAlarm"] * 3,
        "CreateEndpoint",
    ]
    assert (outcome["action"], outcome["status"]) == ("created", "InService")


def test_a_second_run_changes_nothing(deployed: FakeAws) -> None:
    outcome = bring_about(deployed)
    assert deployed.calls == []
    assert (outcome["action"], outcome["changes"]) == ("unchanged", [])


def test_other_content_is_another_version(deployed: FakeAws) -> None:
    before = bring_about(deployed)
    after = bring_about(deployed, wanted(configuration=OTHER))
    assert after["action"] == "updated"
    assert after["config"] != before["config"]
    assert after["model"] == before["model"]
    assert deployed.calls == ["CreateEndpointConfig", "UpdateEndpoint"]


def test_an_artefact_that_was_written_again_is_another_model(deployed: FakeAws) -> None:
    before = bring_about(deployed)
    deployed.operations["HeadObject"] = lambda **_: {"ContentLength": 1, "ETag": '"2"'}
    assert bring_about(deployed)["model"] != before["model"]


def test_somebody_may_make_the_same_endpoint_at_the_same_time(aws: FakeAws) -> None:
    create = aws.operations["CreateEndpoint"]

    def faster(**given: Any) -> None:
        create(**given)  # theirs
        create(**given)  # ours comes too late

    aws.operations["CreateEndpoint"] = faster
    assert bring_about(aws)["action"] == "unchanged"


def test_an_endpoint_that_is_in_motion_is_waited_for(deployed: FakeAws) -> None:
    update = deployed.operations["UpdateEndpoint"]

    def busy(**given: Any) -> None:
        deployed.operations["UpdateEndpoint"] = update
        words = "Cannot update in-progress endpoint"
        raise RefusedError(words, reason=words)

    deployed.operations["UpdateEndpoint"] = busy
    assert bring_about(deployed, wanted(configuration=OTHER))["action"] == "updated"


def test_an_endpoint_that_failed_before_is_made_anew(deployed: FakeAws) -> None:
    assert deployed.endpoint is not None
    deployed.endpoint["EndpointStatus"] = "Failed"
    assert bring_about(deployed)["action"] == "created"
    assert deployed.calls == ["DeleteEndpoint", "CreateEndpoint"]


def test_an_endpoint_of_somebody_else_is_left_alone(deployed: FakeAws) -> None:
    deployed.tags = [{"Key": "owner", "Value": "somebody"}]
    with pytest.raises(DeployError, match="was not made by"):
        bring_about(deployed, wanted(configuration=OTHER))
    assert deployed.calls == []


def test_a_failed_creation_leaves_nothing(aws: FakeAws) -> None:
    create = aws.operations["CreateEndpoint"]

    def fails(**given: Any) -> None:
        create(**given)
        assert aws.endpoint is not None
        aws.endpoint |= {"EndpointStatus": "Failed", "FailureReason": "No ping"}

    aws.operations["CreateEndpoint"] = fails
    with pytest.raises(EndpointFailedError, match="Failed: No ping") as caught:
        bring_about(aws)
    assert "Removed again: endpoint blerssi" in caught.value.hint
    assert (aws.endpoint, aws.things, aws.alarms) == (None, {}, {})


def test_a_failed_creation_is_kept_where_that_is_asked_for(aws: FakeAws) -> None:
    create = aws.operations["CreateEndpoint"]

    def fails(**given: Any) -> None:
        create(**given)
        assert aws.endpoint is not None
        aws.endpoint["EndpointStatus"] = "Failed"

    aws.operations["CreateEndpoint"] = fails
    with pytest.raises(EndpointFailedError) as caught:
        bring_about(aws, keep=True)
    assert "Left as they are" in caught.value.hint
    assert aws.endpoint is not None
    assert aws.things


@pytest.mark.parametrize("operation", ["CreateEndpoint", "UpdateEndpoint"])
def test_an_endpoint_deleted_in_mid_deploy(aws: FakeAws, operation: str) -> None:
    if operation == "UpdateEndpoint":
        bring_about(aws)
    before = dict(aws.things)

    def vanishes(**_: Any) -> None:
        aws.endpoint = None

    aws.operations[operation] = vanishes
    with pytest.raises(EndpointFailedError, match="was deleted while it was being"):
        bring_about(aws, wanted(configuration=OTHER))
    assert aws.things == before


def test_a_rollback_names_the_alarm_and_removes_the_new_version(deployed: FakeAws) -> None:
    before = dict(deployed.things)

    def rolls_back(**_: Any) -> None:
        assert deployed.endpoint is not None
        deployed.endpoint["FailureReason"] = "An alarm"
        next(iter(deployed.alarms.values()))["StateValue"] = "ALARM"

    deployed.operations["UpdateEndpoint"] = rolls_back
    with pytest.raises(RolledBackError, match=r"was rolled back: An alarm\. On: .*5xx") as caught:
        bring_about(deployed, wanted(configuration=OTHER))
    assert "Removed again: configuration" in caught.value.hint
    assert deployed.things == before


def test_a_failed_update_keeps_what_the_endpoint_may_use(deployed: FakeAws) -> None:
    def breaks(**given: Any) -> None:
        assert deployed.endpoint is not None
        deployed.endpoint |= {
            "EndpointStatus": "Failed",
            "EndpointConfigName": given["EndpointConfigName"],
        }

    deployed.operations["UpdateEndpoint"] = breaks
    with pytest.raises(EndpointFailedError) as caught:
        bring_about(deployed, wanted(configuration=OTHER))
    assert "Left as they are: configuration" in caught.value.hint
    assert deployed.endpoint is not None
    assert deployed.endpoint["EndpointConfigName"] in deployed.things


def test_an_alarm_that_is_on_forbids_an_update(
    deployed: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "_CALM_SECONDS", -60.0)  # the alarm's period: no waiting
    next(iter(deployed.alarms.values()))["StateValue"] = "ALARM"
    with pytest.raises(DeployError, match="rolled back at once") as caught:
        bring_about(deployed, wanted(configuration=OTHER))
    assert "--no-rollback" in caught.value.hint
    deployed.calls.clear()
    mend = wanted(configuration=OTHER, rollout=Rollout(rollback=False))
    assert bring_about(deployed, mend)["action"] == "updated"


def test_denied_in_the_middle_removes_what_was_made(aws: FakeAws) -> None:
    def denied(**_: Any) -> None:
        raise DeniedError("IAM does not allow it.")

    aws.operations["CreateEndpointConfig"] = denied
    with pytest.raises(DeniedError) as caught:
        bring_about(aws)
    assert aws.things == {}
    assert "Removed again: model" in caught.value.hint


def test_what_cannot_be_removed_is_named(aws: FakeAws) -> None:
    def denied(**_: Any) -> None:
        raise DeniedError("IAM does not allow it.")

    aws.operations |= {"CreateEndpointConfig": denied, "DeleteModel": denied}
    with pytest.raises(DeniedError) as caught:
        bring_about(aws)
    assert "Could not be removed: model blerssi-" in caught.value.hint


def test_expired_credentials_end_it_without_removing_anything(aws: FakeAws) -> None:
    def expired(**_: Any) -> None:
        raise CredentialsError("They have expired.")

    aws.operations["CreateEndpoint"] = expired
    with pytest.raises(CredentialsError) as caught:
        bring_about(aws)
    assert "Left as they are: model" in caught.value.hint
    assert not [call for call in aws.calls if call.startswith("Delete")]


def test_changed_limits_change_the_alarms_only(deployed: FakeAws) -> None:
    bring_about(deployed, wanted(limits=Limits(server_errors=0.5)))
    assert deployed.calls == ["PutMetricAlarm"]
    deployed.calls.clear()
    outcome = bring_about(deployed, wanted(limits=None))
    assert deployed.calls == ["DeleteAlarms"]
    assert outcome["alarms"] == []
    assert deployed.alarms == {}


def test_nothing_is_asked_for_what_cannot_be_had() -> None:
    nobody = FakeAws()
    nobody.operations.clear()
    with pytest.raises(UserError, match=r"--instances 0.*--step 99"):
        bring_about(
            nobody,
            wanted(configuration=Configuration(Instances(count=0)), rollout=Rollout("canary", 99)),
        )


def test_names_are_not_taken_for_secrets_but_values_are_not_shown(aws: FakeAws) -> None:
    screen = io.StringIO()
    secret = "not-for-anybody"  # noqa: S105 - the test looks for it
    model = Model("image", "s3://bucket/m.tar.gz", ROLE, {"TOKEN": secret})
    found = endpoint.bring_about(common(aws, screen), wanted(model=model), seconds=5, every=0.01)
    assert secret not in screen.getvalue() + str(found)


@pytest.mark.parametrize("operation", ["CreateEndpoint", "UpdateEndpoint"])
def test_aws_may_not_see_yet_what_was_just_made(aws: FakeAws, operation: str) -> None:
    if operation == "UpdateEndpoint":
        bring_about(aws)
    sound = aws.operations[operation]

    def early(**_: Any) -> None:
        aws.operations[operation] = sound
        raise MissingError("Could not find endpoint configuration.")

    aws.operations[operation] = early
    assert bring_about(aws, wanted(configuration=OTHER))["status"] == "InService"


def test_what_stays_missing_ends_it(aws: FakeAws) -> None:
    def missing(**_: Any) -> None:
        raise MissingError("Could not find endpoint configuration.")

    aws.operations["CreateEndpoint"] = missing
    with pytest.raises(MissingError, match="endpoint configuration"):
        bring_about(aws)
    assert aws.calls.count("CreateEndpoint") == 3
    assert aws.things == {}


def test_an_endpoint_out_of_service_is_not_called_unchanged(deployed: FakeAws) -> None:
    assert deployed.endpoint is not None
    deployed.endpoint["EndpointStatus"] = "OutOfService"
    with pytest.raises(EndpointFailedError, match="is OutOfService"):
        bring_about(deployed)
    assert deployed.calls == []


SCALED = [{"ServiceNamespace": "sagemaker", "ResourceId": "x", "MinCapacity": 1, "MaxCapacity": 4}]
POLICY = [{"PolicyName": "blerssi-target", "PolicyType": "TargetTrackingScaling"}]


@pytest.fixture
def scaled(deployed: FakeAws) -> FakeAws:
    deployed.operations |= {
        "DescribeScalableTargets": lambda **_: {"ScalableTargets": SCALED},
        "DescribeScalingPolicies": lambda **_: {"ScalingPolicies": POLICY},
        **dict.fromkeys(
            (
                *("DeleteScalingPolicy", "DeregisterScalableTarget"),
                *("PutScalingPolicy", "RegisterScalableTarget"),
            ),
            lambda **_: {},
        ),
    }
    return deployed


def test_another_instance_type_needs_the_scaling_out_of_the_way(scaled: FakeAws) -> None:
    bring_about(scaled, wanted(configuration=OTHER, scaling=Scaling(1, 4)))
    assert scaled.calls[1:4] == [
        "DeleteScalingPolicy",
        "DeregisterScalableTarget",
        "UpdateEndpoint",
    ]


def test_a_rollback_brings_the_scaling_back(scaled: FakeAws) -> None:
    scaled.operations["UpdateEndpoint"] = lambda **_: {}
    with pytest.raises(RolledBackError) as caught:
        bring_about(scaled, wanted(configuration=OTHER, scaling=Scaling(1, 4)))
    assert scaled.calls[4:6] == ["RegisterScalableTarget", "PutScalingPolicy"]
    assert "scaling" not in caught.value.hint


def test_a_scaling_that_does_not_come_back_is_told(scaled: FakeAws) -> None:
    def denied(**_: Any) -> None:
        raise DeniedError("IAM does not allow it.")

    scaled.operations |= {"UpdateEndpoint": lambda **_: {}, "RegisterScalableTarget": denied}
    with pytest.raises(RolledBackError) as caught:
        bring_about(scaled, wanted(configuration=OTHER, scaling=Scaling(1, 4)))
    assert "Its scaling is not back: IAM does not allow it." in caught.value.hint


def test_a_scaled_endpoint_keeps_the_instances_that_it_has(scaled: FakeAws) -> None:
    given: dict[str, Any] = {}
    scaled.operations["UpdateEndpoint"] = lambda **more: given.update(more)
    scaled.things = {
        name: {**each, "ProductionVariants": [{"InstanceType": "ml.m5.large"}]}
        for name, each in scaled.things.items()
    }
    with pytest.raises(RolledBackError):
        bring_about(
            scaled,
            wanted(
                configuration=Configuration(Instances(), capture=Capture(5, "s3://bucket")),
                scaling=Scaling(1, 4),
            ),
        )
    assert given["RetainAllVariantProperties"] is True
    kept_out = {each["VariantPropertyType"] for each in given["ExcludeRetainedVariantProperties"]}
    assert kept_out == {"DesiredWeight", "DataCaptureConfig"}
    assert "DeregisterScalableTarget" not in scaled.calls


def test_an_answer_from_before_the_update_is_not_taken_for_a_rollback(deployed: FakeAws) -> None:
    describe, config = deployed.operations["DescribeEndpoint"], ""
    answers = 0

    def update(**given: Any) -> None:
        nonlocal config
        config = given["EndpointConfigName"]

    def late(**given: Any) -> Any:
        nonlocal answers
        answers += bool(config)
        if answers == 3:
            assert deployed.endpoint is not None
            deployed.endpoint |= {"EndpointConfigName": config, "LastModifiedTime": 1}
        return describe(**given)

    deployed.sees_updates = False
    deployed.operations |= {"UpdateEndpoint": update, "DescribeEndpoint": late}
    assert bring_about(deployed, wanted(configuration=OTHER))["action"] == "updated"
