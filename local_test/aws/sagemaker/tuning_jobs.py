"""Create, Describe, List, StopHyperParameterTuningJob, and the list of its training jobs.

A tuning job starts real training jobs, as many at once as it may, and holds them against each
other by the metric that they print (C5.51). What it tries is drawn at random, for the strategy
Bayesian too, or a grid. Accepted without any effect: early stopping and completion criteria.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from local_test.aws import listing
from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError, validation
from local_test.aws.sagemaker import jobs, tags, training_jobs, tuning_ranges, tuning_run
from local_test.aws.sagemaker.training_progress import now
from local_test.aws.service import SAGEMAKER
from local_test.aws.store import Document, Table

NOUN: Final = "hyper-parameter-tuning-job"
_NAME: Final = "HyperParameterTuningJobName"
_STATUS: Final = "HyperParameterTuningJobStatus"
_CONFIG: Final = "HyperParameterTuningJobConfig"
_MISSING: Final = "Amazon SageMaker can't find a tuning job with this name."
_NOT_HERE: Final = ("TrainingJobDefinitions", "WarmStartConfig", "Autotune")
_BY_VALUE: Final = "FinalObjectiveMetricValue"
_SUMMARY: Final = (
    *(_NAME, "HyperParameterTuningJobArn", _STATUS, "CreationTime", "LastModifiedTime"),
    *("HyperParameterTuningEndTime", "TrainingJobStatusCounters", "ObjectiveStatusCounters"),
)


@SAGEMAKER.operation("CreateHyperParameterTuningJob")
def create_tuning_job(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Start a search whose first training job AWS would take."""
    name = given[_NAME]
    arn = cloud.arn("sagemaker", f"{NOUN}/{name}")
    tags.check(given.get("Tags", ()))
    if found := list(_problems(given)):
        raise validation(f"The tuning job cannot run here: {'; '.join(found)}.")
    document: Document = {
        **jobs.known_members("DescribeHyperParameterTuningJob", given),
        "HyperParameterTuningJobArn": arn,
        _STATUS: jobs.IN_PROGRESS,
        "CreationTime": now(),
        "LastModifiedTime": now(),
    }
    training_jobs.check(cloud, tuning_run.training(document, 1, {}))
    if not _table(cloud).create(name, document):
        raise AwsError(
            "ResourceInUse",
            "Tuning job names must be unique within an AWS account and region, and a tuning job "
            f"with this name already exists ({arn}).",
        )
    tags.put(cloud, arn, given.get("Tags", ()))
    cloud.tasks.start(arn, lambda: tuning_run.run(cloud, _table(cloud), name))
    return {"HyperParameterTuningJobArn": arn}


@SAGEMAKER.operation("DescribeHyperParameterTuningJob")
def describe_tuning_job(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a search as it is now, with the best of its jobs so far."""
    document = _found(cloud, given)
    return {
        **jobs.known_members("DescribeHyperParameterTuningJob", document),
        **tuning_run.counters(cloud, document),
        "BestTrainingJob": tuning_run.best(cloud, document),
    }


@SAGEMAKER.operation("ListHyperParameterTuningJobs")
def list_tuning_jobs(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a page of searches, the oldest first unless asked otherwise."""
    rows = []
    for each in _table(cloud).list():
        shown = {**each, **tuning_run.counters(cloud, each)}
        row = {member: shown.get(member) for member in _SUMMARY}
        config = each[_CONFIG]
        rows.append(
            {**row, "Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
        )
    asked = {"SortOrder": "Ascending", **given}
    found, token = listing.page(rows, asked, name=_NAME, status=_STATUS)
    return {"HyperParameterTuningJobSummaries": found, "NextToken": token}


@SAGEMAKER.operation("ListTrainingJobsForHyperParameterTuningJob")
def list_jobs_of_tuning_job(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a page of a search's training jobs with what each has tried."""
    rows = tuning_run.summaries(cloud, _found(cloud, given))
    if given.get("SortBy") == _BY_VALUE:
        rows = [
            {**each, _BY_VALUE: each[tuning_run.FINAL]["Value"]}
            for each in rows
            if tuning_run.FINAL in each
        ]
    asked = {"SortOrder": "Ascending", **given}
    members = {"name": "TrainingJobName", "status": "TrainingJobStatus"}
    page, token = listing.page(rows, asked, **members, more={_BY_VALUE: _BY_VALUE})
    found = [{name: each[name] for name in each if name != _BY_VALUE} for each in page]
    return {"TrainingJobSummaries": found, "NextToken": token}


@SAGEMAKER.operation("StopHyperParameterTuningJob")
def stop_tuning_job(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have a search stopped, and the training jobs that run for it."""
    status = _found(cloud, given)[_STATUS]

    def change(document: Document) -> None:
        nonlocal status
        status = document[_STATUS]
        if status == jobs.IN_PROGRESS:
            document.update({_STATUS: jobs.STOPPING, "LastModifiedTime": now()})

    _table(cloud).change(given[_NAME], change)
    if status in jobs.OVER:
        raise validation(f"The request was rejected because the tuning job is in status {status}.")
    return {}


@SAGEMAKER.at_start
def end_what_was_cut_off(cloud: Cloud) -> None:
    """Fail the searches that ran when the laptop was switched off without warning."""
    for name, document in _table(cloud).items():
        if document[_STATUS] not in jobs.OVER:
            tuning_run.finish(_table(cloud), name, jobs.FAILED, jobs.CLOSED)


def _table(cloud: Cloud) -> Table:
    return cloud.store.table(NOUN)


def _found(cloud: Cloud, given: Mapping[str, Any]) -> Document:
    return jobs.found(_table(cloud), given[_NAME], _MISSING)


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    """What AWS, or this laptop, does not take; all of it at once."""
    yield from (f"the laptop knows no {name}" for name in _NOT_HERE if name in given)
    config, definition = given[_CONFIG], given.get("TrainingJobDefinition")
    if definition is None:
        yield "TrainingJobDefinition is missing"
        return
    if "InstanceConfigs" in definition.get("HyperParameterTuningResourceConfig", {}):
        yield "the laptop knows no InstanceConfigs"
    objective = config.get("HyperParameterTuningJobObjective")
    metrics = definition["AlgorithmSpecification"].get("MetricDefinitions", ())
    if objective is None:
        yield "HyperParameterTuningJobObjective is missing"
    elif objective["MetricName"] not in [each["Name"] for each in metrics]:
        yield f"no MetricDefinition is named {objective['MetricName']}, as the objective is"
    ranges, strategy = tuning_run.ranges(given), config["Strategy"]
    static = definition.get("StaticHyperParameters", {})
    yield from tuning_ranges.problems(ranges, strategy, static)
    most, limits = tuning_ranges.combinations(ranges), config["ResourceLimits"]
    count = limits.get("MaxNumberOfTrainingJobs")
    if strategy == tuning_ranges.GRID and count not in {None, most}:
        yield f"a grid of {most} combinations has MaxNumberOfTrainingJobs {count}"
    if strategy != tuning_ranges.GRID and count is None:
        yield "MaxNumberOfTrainingJobs is missing"
