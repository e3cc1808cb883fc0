"""One tuning job: training jobs, so many at once, until there are enough or somebody stops it."""

import itertools
import logging
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.sagemaker import jobs, training_jobs, tuning_ranges
from local_test.aws.sagemaker.training_progress import now
from local_test.aws.store import Document, Table

FINAL: Final = "FinalHyperParameterTuningJobObjectiveMetric"
OBJECTIVE: Final = "_tuning_objective_metric"  # among the hyperparameters of every job (C5.51)
_LOOK_SECONDS: Final = 0.2
_STEM: Final = 32  # characters of a tuning job's name at most: its jobs' names go on behind it
_RESOURCES: Final = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
_COUNTED: Final = {
    jobs.COMPLETED: "Completed",
    jobs.FAILED: "NonRetryableError",
    jobs.STOPPED: "Stopped",
}
_LOG = logging.getLogger(__name__)


def run(cloud: Cloud, table: Table, name: str) -> None:
    """Run a search that was created to its end, whatever that is; nothing is raised.

    Args:
        cloud: Where.
        table: Of tuning jobs.
        name: The search's.
    """
    document = table.get(name)
    if document is None:
        return
    try:
        status, why = _run(cloud, table, document)
    except Exception as error:
        status, why = jobs.FAILED, jobs.reason(error)
    finish(table, name, status, why)


def finish(table: Table, name: str, status: str, why: str = "") -> None:
    """End a search.

    Args:
        table: Of tuning jobs.
        name: The search's.
        status: How it ended.
        why: Its FailureReason, where it failed.
    """
    ended = {
        "HyperParameterTuningJobStatus": status,
        "HyperParameterTuningEndTime": now(),
        "LastModifiedTime": now(),
        **({"FailureReason": why} if why else {}),
    }
    table.change(name, lambda document: document.update(ended))


def ranges(document: Mapping[str, Any]) -> tuning_ranges.Ranges:
    """The ParameterRanges of a search, where either of two members may have them."""
    within = document.get("TrainingJobDefinition", {}).get("HyperParameterRanges")
    found: tuning_ranges.Ranges = within or document["HyperParameterTuningJobConfig"].get(
        "ParameterRanges", {}
    )
    return found


def training(document: Mapping[str, Any], number: int, values: Mapping[str, str]) -> Document:
    """The input of CreateTrainingJob for one candidate.

    Args:
        document: The search.
        number: Of the job, from 1.
        values: What it tries.
    """
    definition = dict(document["TrainingJobDefinition"])
    static = definition.pop("StaticHyperParameters", {})
    for member in ("DefinitionName", "TuningObjective", "HyperParameterRanges", "RetryStrategy"):
        definition.pop(member, None)
    resources = definition.pop("HyperParameterTuningResourceConfig", {})
    if plain := {member: each for member, each in resources.items() if member in _RESOURCES}:
        definition["ResourceConfig"] = plain
    name = document["HyperParameterTuningJobName"]
    unlike = zlib.crc32(document["CreationTime"].isoformat().encode())
    return {
        **definition,
        "TrainingJobName": f"{name[:_STEM].rstrip('-')}-{number:03d}-{unlike:08x}",
        "HyperParameters": {**static, **values, OBJECTIVE: _objective(document)["MetricName"]},
        "TuningJobArn": document["HyperParameterTuningJobArn"],
    }


def summaries(cloud: Cloud, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The training jobs of a search, in the order of their numbers."""
    arn = document["HyperParameterTuningJobArn"]
    static = document["TrainingJobDefinition"].get("StaticHyperParameters", {})
    return [
        _summary(each, _objective(document), static)
        for each in cloud.store.table(training_jobs.NOUN).list()
        if each.get("TuningJobArn") == arn
    ]


def counters(cloud: Cloud, document: Mapping[str, Any]) -> dict[str, Any]:
    """How many of a search's training jobs are in which state."""
    found = summaries(cloud, document)
    states = Counter(_COUNTED.get(each["TrainingJobStatus"], "InProgress") for each in found)
    objectives = Counter(each["ObjectiveStatus"] for each in found)
    return {
        "TrainingJobStatusCounters": {
            name: states[name] for name in ("InProgress", *_COUNTED.values())
        }
        | {"RetryableError": 0},
        "ObjectiveStatusCounters": {
            name: objectives[name] for name in ("Succeeded", "Pending", "Failed")
        },
    }


def best(cloud: Cloud, document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The summary of the training job whose objective is best; None while there is none."""
    found = [
        each
        for each in summaries(cloud, document)
        if FINAL in each and each["TrainingJobStatus"] == jobs.COMPLETED
    ]
    sign = 1 if _objective(document)["Type"] == "Minimize" else -1
    return min(found, key=lambda each: sign * each[FINAL]["Value"], default=None)


def _run(cloud: Cloud, table: Table, document: Document) -> tuple[str, str]:
    """Start training jobs and wait for them; gives how the search ended, and why."""
    limits = document["HyperParameterTuningJobConfig"]["ResourceLimits"]
    longest = limits.get("MaxRuntimeInSeconds")
    deadline = None if longest is None else time.monotonic() + longest
    waiting, running = _candidates(document), list[str]()
    more, stopped = True, False
    while more or running:
        running = [name for name in running if not _is_over(cloud, name)]
        if cloud.tasks.stopping.is_set():
            return jobs.FAILED, jobs.CLOSED
        late = deadline is not None and time.monotonic() > deadline
        if not stopped and (late or _is_to_stop(table, document)):
            stopped, more = True, False
            _stop(cloud, running)
        while more and len(running) < limits["MaxParallelTrainingJobs"]:
            given = next(waiting, None)
            if given is None:
                more = False
                break
            training_jobs.create_training_job(cloud, given)
            running.append(given["TrainingJobName"])
        cloud.tasks.stopping.wait(_LOOK_SECONDS)
    if stopped:
        return jobs.STOPPED, ""
    if best(cloud, document) is None:
        metric = _objective(document)["MetricName"]
        return jobs.FAILED, f"No training job completed with a value of the objective {metric}."
    return jobs.COMPLETED, ""


def _candidates(document: Document) -> Iterator[Document]:
    config = document["HyperParameterTuningJobConfig"]
    seed = config.get("RandomSeed", zlib.crc32(document["HyperParameterTuningJobName"].encode()))
    drawn = tuning_ranges.candidates(ranges(document), config["Strategy"], seed)
    most = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    for number, values in enumerate(itertools.islice(drawn, most), 1):
        yield training(document, number, values)


def _is_over(cloud: Cloud, name: str) -> bool:
    found = cloud.store.table(training_jobs.NOUN).get(name)
    return found is None or found["TrainingJobStatus"] in jobs.OVER


def _is_to_stop(table: Table, document: Document) -> bool:
    found = table.get(document["HyperParameterTuningJobName"])
    return found is None or found["HyperParameterTuningJobStatus"] == jobs.STOPPING


def _stop(cloud: Cloud, names: Sequence[str]) -> None:
    for name in names:
        try:
            training_jobs.stop_training_job(cloud, {"TrainingJobName": name})
        except AwsError as error:  # it has ended meanwhile
            _LOG.info("%s is not stopped: %s", name, error.message)


def _objective(document: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = document["HyperParameterTuningJobConfig"][
        "HyperParameterTuningJobObjective"
    ]
    return found


def _summary(
    job: Document, objective: Mapping[str, str], static: Mapping[str, str]
) -> dict[str, Any]:
    """A training job as ListTrainingJobsForHyperParameterTuningJob shows it."""
    members = (
        *("TrainingJobName", "TrainingJobArn", "CreationTime", "LastModifiedTime"),
        *("TrainingStartTime", "TrainingEndTime", "TrainingJobStatus", "FailureReason"),
    )
    found = {member: job[member] for member in members if member in job}
    given = job["HyperParameters"]
    found["TunedHyperParameters"] = {
        name: value for name, value in given.items() if name not in static and name != OBJECTIVE
    }
    value = next(
        (
            each["Value"]
            for each in job.get("FinalMetricDataList") or ()
            if each["MetricName"] == objective["MetricName"]
        ),
        None,
    )
    if value is not None:
        found[FINAL] = {**objective, "Value": value}
    over = job["TrainingJobStatus"] in jobs.OVER
    found["ObjectiveStatus"] = "Pending" if not over else "Failed" if value is None else "Succeeded"
    del found["LastModifiedTime"]
    return found
