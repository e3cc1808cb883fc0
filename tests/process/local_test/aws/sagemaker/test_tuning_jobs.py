"""Tuning jobs of the laptop's SageMaker: searches whose jobs really train, by our own ranges."""

from argparse import Namespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_test.aws.laptop import Laptop
from model.blerssi import data
from tests.support.hosting import IMAGE
from tests.support.job_runs import OVER, Jobs
from tests.support.scans import surveyed
from tests.support.waiting import until
from train import metrics
from train.tuning import sagemaker
from train.tuning.space import space

QUICK = {"epochs": "1", "batch_size": "64", "hidden": "8", "drawn_scans": "0.0"}


@pytest.fixture(scope="module")
def jobs(aws: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    jobs = Jobs(aws)
    path = tmp_path_factory.mktemp("scans") / "scans.csv"
    data.write(path, surveyed(cells=6, scans=2))
    jobs.put("scans/scans.csv", path.read_bytes())
    return jobs


def request(jobs: Jobs, *, trials: int = 2, parallel: int = 2, **fixed: str) -> dict[str, Any]:
    """What `python -m train tune sagemaker` prints."""
    asked = Namespace(
        name=jobs.name(),
        image=IMAGE,
        role=jobs.role,
        training=jobs.uri("scans/"),
        validation=None,
        output=jobs.uri("tuned"),
        instance="ml.m5.large",
        strategy="Random",
        trials=trials,
        parallel=parallel,
    )
    return sagemaker.document(space({**QUICK, **fixed}), asked)


def described(jobs: Jobs, name: str) -> dict[str, Any]:
    found: dict[str, Any] = jobs.sagemaker.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name
    )
    return found


def ended(jobs: Jobs, name: str) -> dict[str, Any]:
    until(
        lambda: described(jobs, name)["HyperParameterTuningJobStatus"] in OVER, f"the end of {name}"
    )
    return described(jobs, name)


def trained(jobs: Jobs, name: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = jobs.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, **more
    )["TrainingJobSummaries"]
    return found


def test_our_ranges_are_searched_and_the_best_job_is_known(jobs: Jobs) -> None:
    given = request(jobs, trials=3)
    name = given["HyperParameterTuningJobName"]
    definition = given["TrainingJobDefinition"]  # as SDK V2 says it
    definition["HyperParameterTuningResourceConfig"] = definition.pop("ResourceConfig")
    tags = [{"Key": "project", "Value": "x"}]
    made = jobs.sagemaker.create_hyper_parameter_tuning_job(**given, Tags=tags)

    found = ended(jobs, name)

    assert found["HyperParameterTuningJobStatus"] == "Completed", found.get("FailureReason")
    assert found["HyperParameterTuningJobArn"] == made["HyperParameterTuningJobArn"]
    assert found["TrainingJobStatusCounters"]["Completed"] == 3
    assert found["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 0}
    by_value = trained(jobs, name, SortBy="FinalObjectiveMetricValue")
    values = [each["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for each in by_value]
    assert values == sorted(values)
    assert found["BestTrainingJob"]["TrainingJobName"] == by_value[0]["TrainingJobName"]
    rates = {each["TunedHyperParameters"]["learning_rate"] for each in by_value}
    assert len(rates) == 3
    job = jobs.training_of(by_value[0]["TrainingJobName"])
    assert job["TuningJobArn"] == made["HyperParameterTuningJobArn"]
    assert job["HyperParameters"]["_tuning_objective_metric"] == metrics.OBJECTIVE
    assert job["HyperParameters"].items() >= QUICK.items()
    listed = jobs.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)
    assert [each["Strategy"] for each in listed["HyperParameterTuningJobSummaries"]] == ["Random"]
    assert jobs.sagemaker.list_tags(ResourceArn=made["HyperParameterTuningJobArn"])["Tags"] == tags


def test_a_grid_tries_every_combination_once(jobs: Jobs) -> None:
    given = request(jobs)
    config = given["HyperParameterTuningJobConfig"]
    config["Strategy"] = "Grid"
    config["ResourceLimits"] = {"MaxParallelTrainingJobs": 1}
    config["ParameterRanges"] = {
        "CategoricalParameterRanges": [{"Name": "class_balance", "Values": ["true", "false"]}]
    }
    jobs.sagemaker.create_hyper_parameter_tuning_job(**given)

    name = given["HyperParameterTuningJobName"]
    assert ended(jobs, name)["HyperParameterTuningJobStatus"] == "Completed"
    tried = [each["TunedHyperParameters"]["class_balance"] for each in trained(jobs, name)]
    assert tried == ["true", "false"]


def test_a_search_is_stopped_with_its_jobs(jobs: Jobs) -> None:
    given = request(jobs, trials=5, parallel=1, epochs="10000")
    name = given["HyperParameterTuningJobName"]
    jobs.sagemaker.create_hyper_parameter_tuning_job(**given)
    until(lambda: trained(jobs, name), "the first job")

    jobs.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)

    assert ended(jobs, name)["HyperParameterTuningJobStatus"] == "Stopped"
    assert [each["TrainingJobStatus"] for each in trained(jobs, name)] == ["Stopped"]
    with pytest.raises(ClientError, match="is in status Stopped"):
        jobs.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def test_a_search_whose_objective_is_never_printed_fails(jobs: Jobs) -> None:
    given = request(jobs, trials=1, parallel=1, validation_fraction="0")
    jobs.sagemaker.create_hyper_parameter_tuning_job(**given)

    found = ended(jobs, given["HyperParameterTuningJobName"])

    assert found["HyperParameterTuningJobStatus"] == "Failed"
    assert metrics.OBJECTIVE in found["FailureReason"]
    assert found["ObjectiveStatusCounters"]["Failed"] == 1


def test_what_aws_refuses_is_refused_all_at_once(jobs: Jobs) -> None:
    given = request(jobs)
    config = given["HyperParameterTuningJobConfig"]
    config["Strategy"] = "Hyperband"
    config["HyperParameterTuningJobObjective"]["MetricName"] = "loss"
    given["TrainingJobDefinition"]["StaticHyperParameters"]["dropout"] = "0.1"
    given["TrainingJobDefinition"]["HyperParameterTuningResourceConfig"] = {
        "InstanceConfigs": [
            {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
        ]
    }
    with pytest.raises(ClientError) as caught:
        jobs.sagemaker.create_hyper_parameter_tuning_job(**given)
    for part in (
        "no InstanceConfigs",
        "strategy Hyperband",
        "named loss",
        "dropout is given more than once",
    ):
        assert part in str(caught.value)


def test_a_search_whose_jobs_could_not_run_is_none(jobs: Jobs) -> None:
    given = request(jobs)
    given["TrainingJobDefinition"]["RoleArn"] = "arn:aws:iam::123456789012:role/nobody"
    with pytest.raises(ClientError):
        jobs.sagemaker.create_hyper_parameter_tuning_job(**given)
    with pytest.raises(ClientError, match="can't find"):
        described(jobs, given["HyperParameterTuningJobName"])
