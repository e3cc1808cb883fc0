"""The request of a tuning job, held to the service's model in botocore."""

import argparse
from typing import Any

import botocore.session
import pytest

from local_test.aws import shapes
from train import metrics
from train.hyperparameters import Hyperparameters
from train.tuning import sagemaker
from train.tuning.space import space

WORDS = (
    *("--image", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ble:1"),
    *("--role", "arn:aws:iam::123456789012:role/sagemaker"),
    *("--training", "s3://bucket/scans/", "--output", "s3://bucket/tuned"),
)


def request(*words: str, **fixed: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    sagemaker.add_arguments(parser)
    asked = parser.parse_args([*WORDS, *words])
    asked.trials, asked.parallel = 20, 4
    return sagemaker.document(space(fixed), asked)


def problems(given: dict[str, Any]) -> list[str]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model("CreateHyperParameterTuningJob").input_shape
    unknown = {*given} - {*shape.members}
    return [*unknown, *shapes.problems(shape, given)]


@pytest.mark.parametrize("words", [(), ("--validation", "s3://bucket/judged/")])
def test_the_request_is_one_that_the_service_takes(words: tuple[str, ...]) -> None:
    given = request(*words, epochs="30")
    assert not problems(given)
    definition = given["TrainingJobDefinition"]
    assert definition["StaticHyperParameters"] == {"epochs": "30"}
    assert len(definition["InputDataConfig"]) == 1 + len(words) // 2


def test_the_check_of_the_request_can_fail() -> None:
    given = request()
    given["HyperParameterTuningJobConfig"]["Strategy"] = "Guess"
    assert any("enum" in each for each in problems(given))


def test_the_objective_is_found_in_the_log() -> None:
    given = request()
    objective = given["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    definitions = given["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"]
    assert objective == {"Type": "Minimize", "MetricName": metrics.OBJECTIVE}
    assert objective["MetricName"] in [each["Name"] for each in definitions]


def test_every_value_at_the_edge_of_a_range_is_a_hyperparameter() -> None:
    ranges = sagemaker.ranges(space({}).ranges)
    numbers = ranges["ContinuousParameterRanges"]
    for bound in ("MinValue", "MaxValue"):
        Hyperparameters.parse({each["Name"]: each[bound] for each in numbers})
    for each in ranges["CategoricalParameterRanges"]:
        for value in each["Values"]:
            Hyperparameters.parse({each["Name"]: value})
    names = {each["Name"] for kind in ranges.values() for each in kind}
    assert names == set(space({}).ranges)
