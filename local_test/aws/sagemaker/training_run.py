"""One training job, from the instances to the archive: what happens behind CreateTrainingJob."""

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from container import contract
from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.sagemaker import jobs, logs, training_hosts, training_results
from local_test.aws.sagemaker import training_progress as progress
from local_test.aws.sagemaker.channels import Channel, Delivery
from local_test.aws.sagemaker.checkpoints import Checkpoints
from local_test.aws.sagemaker.jobs import JobFailedError, JobStoppedError
from local_test.aws.sagemaker.sources import FAULTS
from local_test.aws.sagemaker.training_hosts import Ending, Host
from local_test.aws.sagemaker.training_metrics import NAMESPACE, Scraper
from local_test.aws.sagemaker.training_progress import Progress
from local_test.aws.sagemaker.training_results import Results
from local_test.aws.store import Document, Table
from local_test.feeder import Feeder
from local_test.layout import Job
from local_test.runner import Program, Show

_CLOSE_SECONDS: Final = 5.0  # SIGTERM to SIGKILL when the laptop closes
_LONGEST: Final = 86_400  # seconds of a job that names no MaxRuntimeInSeconds (C5.8)
_LOG = logging.getLogger(__name__)


def run(cloud: Cloud, table: Table, name: str) -> None:
    """Run a job that was created to its end, whatever that is; nothing is raised.

    Args:
        cloud: Where.
        table: Of training jobs.
        name: The job's.
    """
    document = table.get(name)
    if document is None:
        return
    told = Progress(table, name)
    folder = cloud.folder / "training" / name
    try:
        folder.mkdir(parents=True)
        _Run(cloud, document, told, folder).go()
    except JobStoppedError:
        told.finish(jobs.STOPPED, jobs.STOPPED)
    except Exception as error:
        told.finish(jobs.FAILED, jobs.FAILED, FailureReason=jobs.reason(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Run:
    """The stages of a job; each raises what ends it.

    Args:
        cloud: Where.
        given: The job's document.
        told: Where its progress is told.
        folder: For its hosts.
    """

    def __init__(self, cloud: Cloud, given: Document, told: Progress, folder: Path) -> None:
        self._cloud = cloud
        self._given = given
        self._told = told
        self._folder = folder
        self._role = given["RoleArn"]
        self._algorithm = given["AlgorithmSpecification"]
        self._channels = channels(given)
        self._client = cloud.client("s3", role=self._role)
        name = given["TrainingJobName"]
        self._scraper = Scraper(self._algorithm.get("MetricDefinitions", ()), name)

    def go(self) -> None:
        """Bring data, run, upload, and tell the end."""
        count = self._given["ResourceConfig"]["InstanceCount"]
        with contextlib.ExitStack() as undo:
            hosts = [self._host(name, undo) for name in training_hosts.names(count)]
            for host in hosts:
                training_hosts.lay_out(host, self._given, self._channels)
            self._enter(progress.DOWNLOADING)
            deliveries = self._download(hosts)
            ending = self._train(hosts, deliveries)
        self._finish(hosts, ending)

    def _host(self, name: str, undo: contextlib.ExitStack) -> Host:
        """A host whose log goes to CloudWatch, and past the metric definitions (C5.57)."""
        stream = f"{self._given['TrainingJobName']}/{name}-{int(time.time())}"
        log = undo.enter_context(logs.Log(self._cloud, logs.TRAINING, stream))
        return Host(name, Job(self._folder / name), _both(log, self._scraper))

    def _download(self, hosts: Sequence[Host]) -> list[Delivery]:
        deliveries = [
            Delivery(self._cloud, self._role, self._channels, number, len(hosts))
            for number in range(len(hosts))
        ]
        try:
            for host, delivery in zip(hosts, deliveries, strict=True):
                delivery.download(host.job.places.data_dir)
        except (AwsError, *FAULTS) as error:
            raise JobFailedError(f"ClientError: Data download failed: {_said(error)}") from error
        return deliveries

    def _train(self, hosts: Sequence[Host], deliveries: Sequence[Delivery]) -> Ending:
        """Run the programs, with pipes fed and checkpoints kept."""
        with contextlib.ExitStack() as undo:
            feeders = [
                feeder
                for host, delivery in zip(hosts, deliveries, strict=True)
                for feeder in undo.enter_context(delivery.streaming(host.job.places.data_dir))
            ]
            self._keep_checkpoints(hosts, undo)
            self._enter(progress.TRAINING)
            runner = jobs.runner_of(self._cloud, self._algorithm["TrainingImage"], self._role)
            isolated = bool(self._given.get("EnableNetworkIsolation"))
            network = undo.enter_context(training_hosts.network(len(hosts), isolated=isolated))
            programs = {host: self._program(host, network) for host in hosts}
            self._told.started()
            ending = training_hosts.run(runner, programs, self._watch(feeders))
        for feeder in feeders:
            if feeder.fault is not None:
                raise JobFailedError(f"ClientError: Data streaming failed: {_said(feeder.fault)}")
        return ending

    def _keep_checkpoints(self, hosts: Sequence[Host], undo: contextlib.ExitStack) -> None:
        if "CheckpointConfig" not in self._given:
            return
        uri = self._given["CheckpointConfig"]["S3Uri"]
        try:
            for host in hosts:
                folder = training_hosts.checkpoint_folder(host, self._given)
                undo.enter_context(Checkpoints(self._client, uri, folder))
        except (AwsError, *FAULTS) as error:
            raise JobFailedError(
                f"ClientError: Checkpoint download from {uri} failed: {_said(error)}"
            ) from error

    def _program(self, host: Host, network: str | None) -> Program:
        """What `docker run` is told (C5.1, C5.2, C5.30)."""
        entrypoint = tuple(self._algorithm.get("ContainerEntrypoint", ()))
        arguments = tuple(self._algorithm.get("ContainerArguments", ()))
        return Program(
            arguments if entrypoint else ("train", *arguments),
            host.job.base,
            {
                contract.TRAINING_JOB_NAME: self._given["TrainingJobName"],
                "TRAINING_JOB_ARN": self._given["TrainingJobArn"],
                "AWS_REGION": self._cloud.region,
                **self._given.get("Environment", {}),
            },
            entrypoint=entrypoint,
            network=network,
            host=host.name if network else None,
        )

    def _watch(self, feeders: Sequence[Feeder]) -> "_Watch":
        longest = self._given["StoppingCondition"].get("MaxRuntimeInSeconds", _LONGEST)
        return _Watch(self._told, self._cloud.tasks.stopping, feeders, time.monotonic() + longest)

    def _finish(self, hosts: Sequence[Host], ending: Ending) -> None:
        """Upload and tell how it ended; a job that was stopped keeps its model (C5.5)."""
        if ending.cause == jobs.CLOSED:
            raise JobFailedError(jobs.CLOSED)
        self._told.enter(progress.UPLOADING)
        self._publish()
        archives = self._folder / "archives"
        archives.mkdir()
        results = Results(self._client, self._given, archives)
        results.upload_output(hosts)
        members: dict[str, Any] = {"FinalMetricDataList": self._scraper.final() or None}
        if ending.failed is not None and not ending.cause:
            reason = training_results.failure(ending, hosts)
            self._told.finish(jobs.FAILED, jobs.FAILED, FailureReason=reason, **members)
            return
        results.upload_model(hosts)
        secondary = ending.cause or jobs.COMPLETED
        self._told.finish(jobs.STOPPED if ending.cause else jobs.COMPLETED, secondary, **members)

    def _publish(self) -> None:
        """Put the metrics into CloudWatch; a job does not fail for want of them."""
        try:
            logs.put_metrics(self._cloud.client("cloudwatch"), NAMESPACE, self._scraper.data())
        except FAULTS as error:
            _LOG.warning("Metrics of a job did not reach CloudWatch: %s", error)

    def _enter(self, secondary: str) -> None:
        if self._told.stops():
            raise JobStoppedError
        if self._cloud.tasks.stopping.is_set():
            raise JobFailedError(jobs.CLOSED)
        self._told.enter(secondary)


class _Watch:
    """Why programs have to be stopped, and how long that may take (C5.5)."""

    def __init__(
        self,
        told: Progress,
        closing: threading.Event,
        feeders: Sequence[Feeder],
        deadline: float,
    ) -> None:
        self._told = told
        self._closing = closing
        self._feeders = feeders
        self._deadline = deadline

    def __call__(self) -> tuple[str, float] | None:
        if self._closing.is_set():
            return jobs.CLOSED, _CLOSE_SECONDS
        if self._told.stops():
            return jobs.STOPPED, contract.TRAIN_STOP_SECONDS
        if time.monotonic() > self._deadline:
            return progress.MAX_RUNTIME_EXCEEDED, contract.TRAIN_STOP_SECONDS
        if any(each.fault for each in self._feeders):
            return jobs.FAILED, _CLOSE_SECONDS
        return None


def channels(given: Document) -> list[Channel]:
    """The channels of a job."""
    mode = given["AlgorithmSpecification"]["TrainingInputMode"]
    return [Channel(each, mode) for each in given.get("InputDataConfig", ())]


def _both(one: Show, other: Show) -> Show:
    def show(line: str) -> None:
        one(line)
        other(line)

    return show


def _said(error: Exception) -> str:
    return jobs.reason(error).partition(": ")[2]
