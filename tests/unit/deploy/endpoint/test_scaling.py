import pytest

from deploy.endpoint.scaling import Scaling


def test_real_time_endpoints_follow_the_requests_of_an_instance() -> None:
    scaling = Scaling(2, 8, 300, out_seconds=30, in_seconds=120)
    assert scaling.target_request("blerssi") == {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/blerssi/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MinCapacity": 2,
        "MaxCapacity": 8,
    }
    policy = scaling.policy_request("blerssi", asynchronous=False)
    assert policy["PolicyType"] == "TargetTrackingScaling"
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 300.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
        "ScaleOutCooldown": 30,
        "ScaleInCooldown": 120,
    }


def test_asynchronous_ones_follow_what_waits() -> None:
    policy = Scaling(0, 4, 5).policy_request("blerssi", asynchronous=True)
    metric = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    assert metric["MetricName"] == "ApproximateBacklogSizePerInstance"
    assert metric["Dimensions"] == [{"Name": "EndpointName", "Value": "blerssi"}]


@pytest.mark.parametrize(
    ("scaling", "instances", "asynchronous"),
    [(Scaling(1, 4), 2, False), (Scaling(2, 2), 2, False), (Scaling(0, 4), 1, True)],
)
def test_sound_bounds(scaling: Scaling, instances: int, *, asynchronous: bool) -> None:
    assert scaling.problems(instances, asynchronous=asynchronous) == []


@pytest.mark.parametrize(
    ("scaling", "instances", "asynchronous", "words"),
    [
        (Scaling(0, 4), 2, False, "from 1"),
        (Scaling(5, 4), 5, False, "--scale 5:4"),
        (Scaling(0, 0), 1, True, "--scale 0:0"),
        (Scaling(3, 4), 2, False, "--instances 2"),
        (Scaling(1, 4, target=0), 2, False, "--target"),
        (Scaling(1, 4, out_seconds=-1), 2, False, "cool-down"),
        (Scaling(1, 4), None, False, "serverless"),
    ],
)
def test_what_cannot_be_scaled_is_said(
    scaling: Scaling, instances: int | None, words: str, *, asynchronous: bool
) -> None:
    assert any(words in each for each in scaling.problems(instances, asynchronous=asynchronous))
