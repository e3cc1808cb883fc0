from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest

from local_test.aws import shapes


@pytest.fixture(scope="module")
def model() -> Any:
    return botocore.session.get_session().get_service_model("sagemaker")


def found(model: Any, operation: str, value: Any) -> list[str]:
    return list(shapes.problems(model.operation_model(operation).input_shape, value))


ENDPOINT = {"EndpointName": "e", "EndpointConfigName": "c"}


@pytest.mark.parametrize(
    "more",
    [{}, {"Tags": []}, {"Tags": [{"Key": "Größe_1", "Value": "a b/c:d"}]}, {"Tags": None}],
)
def test_sound_input(model: Any, more: dict[str, Any]) -> None:
    assert found(model, "CreateEndpoint", {**ENDPOINT, **more}) == []


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            {"EndpointName": "a b"},
            (
                "Value 'a b' at 'endpointName' failed to satisfy constraint: Member must satisfy "
                "regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
            ),
        ),
        (
            {"EndpointConfigName": None},
            (
                "Value 'null' at 'endpointConfigName' failed to satisfy constraint: "
                "Member must not be null"
            ),
        ),
        (
            {"Tags": [{"Key": "k" * 129, "Value": ""}]},
            (
                f"Value '{'k' * 129}' at 'tags.1.member.key' failed to satisfy constraint: "
                "Member must have length less than or equal to 128"
            ),
        ),
        (
            {"Tags": {}},
            "Value at 'tags' failed to satisfy constraint: Member must be a list",
        ),
    ],
)
def test_violated_constraint(model: Any, more: dict[str, Any], problem: str) -> None:
    assert problem in found(model, "CreateEndpoint", {**ENDPOINT, **more})


def test_enumerations_and_numbers(model: Any) -> None:
    variant = {
        "VariantName": "v",
        "ModelName": "m",
        "InstanceType": "ml.none",
        "InitialInstanceCount": 0,
    }
    given = {"EndpointConfigName": "c", "ProductionVariants": [variant]}
    several = found(model, "CreateEndpointConfig", given)
    assert len(several) == 2
    assert "'productionVariants.1.member.instanceType'" in several[0] + several[1]
    assert any("Member must satisfy enum value set: [ml.t2.medium" in each for each in several)
    assert any("value greater than or equal to 1" in each for each in several)


def test_boolean_is_no_number(model: Any) -> None:
    given = {"MaxResults": True}
    assert found(model, "ListModels", given) == [
        "Value at 'maxResults' failed to satisfy constraint: Member must be a integer"
    ]


def test_every_pattern_of_the_model_can_be_read(model: Any) -> None:
    patterns = {
        pattern
        for name in model.shape_names
        if (pattern := model.shape_for(name).metadata.get("pattern"))
    }
    assert len(patterns) > 200
    unread = {pattern for pattern in patterns if shapes._compiled(pattern) is None}
    assert len(unread) <= 3  # those of Java's surrogate pairs and misplaced quantifiers


def test_output(model: Any) -> None:
    shape = model.operation_model("DescribeEndpoint").output_shape
    sound = {
        "EndpointName": "e",
        "EndpointArn": "a",
        "EndpointConfigName": None,
        "EndpointStatus": "InService",
        "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
        "LastModifiedTime": datetime(2026, 1, 1, tzinfo=UTC),
    }
    written = shapes.output(shape, sound)
    assert written["CreationTime"] == 1767225600.0
    assert "EndpointConfigName" not in written
    with pytest.raises(ValueError, match=r"unknown members \['Nonsense'\]"):
        shapes.output(shape, {**sound, "Nonsense": 1})
    with pytest.raises(ValueError, match=r"missing ones \['EndpointName'\]"):
        shapes.output(shape, {**sound, "EndpointName": None})
