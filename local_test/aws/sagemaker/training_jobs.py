"""CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs, StopTrainingJob.

A job really trains: the image runs with the /opt/ml that the platform lays out, from S3 and to
S3. What would need another platform is refused at once. Accepted without any effect is what a
program cannot tell here: VPC, KMS and sizes of instances and volumes, spot (never interrupted),
retries, debugger and profiler.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from container import contract
from local_test.aws import listing
from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError, validation
from local_test.aws.sagemaker import jobs, sources, tags, training_metrics, training_run
from local_test.aws.sagemaker import training_progress as progress
from local_test.aws.sagemaker.channels import Channel, Delivery
from local_test.aws.sagemaker.training_results import location
from local_test.aws.service import SAGEMAKER
from local_test.aws.store import Document, Table
from local_test.runner import Runner

NOUN: Final = "training-job"
_MISSING: Final = "Requested resource not found."
_NOT_HERE: Final = ("ServerlessJobConfig", "SessionChainingConfig", "ModelPackageConfig")
_NEEDED: Final = ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition")


@SAGEMAKER.operation("CreateTrainingJob")
def create_training_job(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Start a job whose role, image and data are there, as AWS makes sure too."""
    name, arn = (
        given["TrainingJobName"],
        cloud.arn("sagemaker", f"{NOUN}/{given['TrainingJobName']}"),
    )
    if name in _table(cloud):
        raise _in_use(arn)
    tags.check(given.get("Tags", ()))
    check(cloud, given)
    if not _table(cloud).create(name, _document(given, arn)):
        raise _in_use(arn)
    tags.put(cloud, arn, given.get("Tags", ()))
    cloud.tasks.start(arn, lambda: training_run.run(cloud, _table(cloud), name))
    return {"TrainingJobArn": arn}


def check(cloud: Cloud, given: Mapping[str, Any]) -> None:
    """Make sure that a job can run: its members, role, image and data.

    Raises:
        AwsError: It cannot.
    """
    if found := list(_problems(given)):
        raise validation(f"The training job cannot run here: {'; '.join(found)}.")
    channels = training_run.channels(_document(given, ""))
    Delivery(cloud, given["RoleArn"], channels, 0, 1).check()
    sources.parsed(given["OutputDataConfig"]["S3OutputPath"])
    image = given["AlgorithmSpecification"]["TrainingImage"]
    _check_place(jobs.runner_of(cloud, image, given["RoleArn"]), given)


@SAGEMAKER.operation("DescribeTrainingJob")
def describe_training_job(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a job as it is now."""
    return jobs.found(_table(cloud), given["TrainingJobName"], _MISSING)


@SAGEMAKER.operation("ListTrainingJobs")
def list_training_jobs(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a page of jobs, the oldest first unless asked otherwise."""
    shown = (
        *("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime"),
        *("LastModifiedTime", "TrainingJobStatus", "SecondaryStatus"),
    )
    rows = [{member: each.get(member) for member in shown} for each in _table(cloud).list()]
    asked = {"SortOrder": "Ascending", **given}
    found, token = listing.page(rows, asked, name="TrainingJobName", status="TrainingJobStatus")
    return {"TrainingJobSummaries": found, "NextToken": token}


@SAGEMAKER.operation("StopTrainingJob")
def stop_training_job(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have a job stopped: SIGTERM, and SIGKILL 120 s later; its model is kept (C5.5)."""
    name = given["TrainingJobName"]
    status = jobs.found(_table(cloud), name, _MISSING)["TrainingJobStatus"]

    def change(document: Document) -> None:
        nonlocal status
        status = document["TrainingJobStatus"]
        if status == jobs.IN_PROGRESS:
            progress.enter(document, jobs.STOPPING)
            document["TrainingJobStatus"] = jobs.STOPPING

    _table(cloud).change(name, change)
    if status in jobs.OVER:
        raise validation(
            f"The request was rejected because the training job is in status {status}."
        )
    return {}


@SAGEMAKER.at_start
def end_what_was_cut_off(cloud: Cloud) -> None:
    """Fail the jobs that ran when the laptop was switched off without warning."""
    for name, document in _table(cloud).items():
        if document["TrainingJobStatus"] not in jobs.OVER:
            told = progress.Progress(_table(cloud), name)
            told.finish(jobs.FAILED, jobs.FAILED, FailureReason=jobs.CLOSED)


def _table(cloud: Cloud) -> Table:
    return cloud.store.table(NOUN)


def _document(given: Mapping[str, Any], arn: str) -> Document:
    """A new job, as DescribeTrainingJob shows it."""
    now = progress.now()
    algorithm = {"TrainingInputMode": "File", **given["AlgorithmSpecification"]}
    document: Document = {
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
        **jobs.known_members("DescribeTrainingJob", given),
        "AlgorithmSpecification": algorithm,
        "TrainingJobArn": arn,
        "ModelArtifacts": {"S3ModelArtifacts": location(given)},
        "TrainingJobStatus": jobs.IN_PROGRESS,
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    document["ResourceConfig"] = {"InstanceCount": 1, **document["ResourceConfig"]}
    document["OutputDataConfig"] = {"KmsKeyId": "", **document["OutputDataConfig"]}
    progress.enter(document, progress.STARTING)
    return document


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    """What AWS, or this laptop, does not take; all of it at once."""
    yield from (f"{name} is missing" for name in _NEEDED if name not in given)
    yield from (f"the laptop knows no {name}" for name in _NOT_HERE if name in given)
    algorithm, resources = given.get("AlgorithmSpecification", {}), given.get("ResourceConfig", {})
    if "AlgorithmSpecification" in given and not algorithm.get("TrainingImage"):
        yield "AlgorithmSpecification has no TrainingImage, and the laptop knows no AlgorithmName"
    if resources.get("InstanceGroups"):
        yield "the laptop knows no InstanceGroups"
    if "ResourceConfig" in given and not resources.get("InstanceType"):
        yield "ResourceConfig has no InstanceType"
    yield from training_metrics.problems(algorithm.get("MetricDefinitions", ()))
    names = [each["ChannelName"] for each in given.get("InputDataConfig", ())]
    yield from (f"two channels are named {each}" for each in names if names.count(each) > 1)
    mode = algorithm.get("TrainingInputMode", "File")
    for each in given.get("InputDataConfig", ()):
        yield from Channel(each, mode).problems()
    yield from _time_problems(given)
    local = given.get("CheckpointConfig", {}).get("LocalPath", contract.BASE_DIR)
    if not f"{local}/".startswith(f"{contract.BASE_DIR}/") or ".." in local.split("/"):
        yield f"CheckpointConfig.LocalPath {local} is not below {contract.BASE_DIR}"


def _time_problems(given: Mapping[str, Any]) -> Iterator[str]:
    condition = given.get("StoppingCondition", {})
    longest, wait = condition.get("MaxRuntimeInSeconds"), condition.get("MaxWaitTimeInSeconds")
    if given.get("EnableManagedSpotTraining") and (wait is None or wait < (longest or 0)):
        yield (
            "Invalid MaxWaitTimeInSeconds: with EnableManagedSpotTraining it has to be given, and "
            "to be greater than or equal to MaxRuntimeInSeconds"
        )


def _check_place(runner: Runner, given: Mapping[str, Any]) -> None:
    if runner.has_networks:
        return
    count = given["ResourceConfig"].get("InstanceCount", 1)
    for wanted, what in (
        (count > 1, f"{count} instances need"),
        (given.get("EnableNetworkIsolation"), "EnableNetworkIsolation needs"),
    ):
        if wanted:
            raise validation(
                f"{what} a network of the job's own, which processes cannot have; start the "
                "laptop's AWS with Docker, or go without."
            )


def _in_use(arn: str) -> AwsError:
    return AwsError(
        "ResourceInUse",
        "Training job names must be unique within an AWS account and region, and a training job "
        f"with this name already exists ({arn}).",
    )
