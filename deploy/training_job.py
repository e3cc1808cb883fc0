"""One training job: what is asked for, found again by its content, and waited for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Final

from deploy import naming
from deploy.aws import Aws
from deploy.endpoint import s3
from deploy.errors import DeployError, ExistsError, MissingError, RefusedError
from deploy.screen import Screen
from deploy.waiting import Wait

STEM: Final = "blerssi-train"
LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"
METRICS: Final = "training_metrics.json"  # equal to train.metrics.definitions(); a test says so
_ENDED: Final = ("Completed", "Failed", "Stopped")
_USELESS: Final = ("Failed", "Stopped", "Stopping")
_MOST_ATTEMPTS: Final = 50  # of the same job: names are taken for ever
_SPARE_SECONDS: Final = 1800  # beyond the job's own limit, for machines and images
_LINES: Final = 20


class TrainingFailedError(DeployError):
    """The job ended without a model."""

    code = "training_failed"


@dataclass(frozen=True)
class Order:
    """What is to be done.

    Attributes:
        image: The training image, by its digest.
        role: The execution role's ARN.
        channels: Place in S3 by channel.
        content: What is in them, so that other data is another job.
        hyperparameters: Text by name.
        output: The folder in S3 that results and checkpoints go below.
        instance_type: The machine.
        instance_count: How many.
        volume_gb: Their disks.
        spot: Whether machines may be taken away, and cost less.
        max_seconds: Of training.
        max_wait: Of waiting for spot machines and training.
        kms_key: Encrypts results and disks; None for S3's own keys.
    """

    image: str
    role: str
    channels: Mapping[str, str]
    content: Mapping[str, Sequence[Sequence[str]]]
    hyperparameters: Mapping[str, str]
    output: str
    instance_type: str
    instance_count: int
    volume_gb: int
    spot: bool
    max_seconds: int
    max_wait: int
    kms_key: str | None

    @property
    def longest(self) -> int:
        """How long it may take in all, in seconds."""
        return (self.max_wait if self.spot else self.max_seconds) + _SPARE_SECONDS

    @property
    def stem(self) -> str:
        """The name of its first attempt, which follows from its content."""
        return naming.named(STEM, asdict(self), longest=naming.LONGEST - 3)

    def request(self, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
        """What CreateTrainingJob takes."""
        key = {"KmsKeyId": self.kms_key} if self.kms_key else {}
        disk = {"VolumeKmsKeyId": self.kms_key} if self.kms_key else {}
        wait = {"MaxWaitTimeInSeconds": self.max_wait} if self.spot else {}
        return {
            "TrainingJobName": name,
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "MetricDefinitions": metric_definitions(),
            },
            "RoleArn": self.role,
            "InputDataConfig": [_channel(*each) for each in self.channels.items()],
            "OutputDataConfig": {"S3OutputPath": s3.below(self.output, "jobs"), **key},
            "ResourceConfig": {
                "InstanceType": self.instance_type,
                "InstanceCount": self.instance_count,
                "VolumeSizeInGB": self.volume_gb,
                **disk,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": self.max_seconds, **wait},
            "HyperParameters": dict(self.hyperparameters),
            "EnableManagedSpotTraining": self.spot,
            # Of this content: a successor goes on where the job stood that failed.
            "CheckpointConfig": {"S3Uri": s3.below(self.output, "checkpoints", self.stem)},
            "Tags": naming.as_list(tags),
        }


class Jobs:
    """The training jobs of an account.

    Args:
        aws: Where.
        screen: For progress.
        tags: For jobs that are made.
    """

    def __init__(self, aws: Aws, screen: Screen, tags: Mapping[str, str]) -> None:
        self._aws = aws
        self._screen = screen
        self._tags = tags

    def start(self, order: Order, *, anew: bool = False) -> str:
        """Give the name of the job that does this: one that is there, or a new one.

        Args:
            order: What is to be done.
            anew: Do it again although it was done.

        Raises:
            DeployError: AWS refuses.
        """
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            name = order.stem if attempt == 1 else f"{order.stem}-{attempt}"
            found = self._describe(name)
            if found is None:
                return self._create(order, name)
            status = found["TrainingJobStatus"]
            if status not in _USELESS and not (anew and status in _ENDED):
                self._screen.say(f"Training job {name} is there already: {status}.")
                return name
        raise DeployError(
            f"{_MOST_ATTEMPTS} jobs of this very content have failed; the last is {name}.",
            hint="See why before it is tried again.",
        )

    def completed(self, name: str, seconds: float, every: float) -> dict[str, Any]:
        """Wait for a good end; gives what SageMaker says of the job then.

        Raises:
            TrainingFailedError: It ended otherwise.
            OverdueError: It does not end in time.
        """
        found = Wait(f"training job {name}", self._screen, seconds, every).until(
            lambda: self._aws.read("sagemaker", "DescribeTrainingJob", TrainingJobName=name),
            lambda found: found["TrainingJobStatus"] in _ENDED,
            lambda found: f"{found['TrainingJobStatus']} ({found['SecondaryStatus']})",
        )
        if found["TrainingJobStatus"] == "Completed":
            return found
        reason = " ".join(str(found.get("FailureReason") or "AWS gives no reason.").split())
        raise TrainingFailedError(
            f"The training job {name} is {found['TrainingJobStatus']}: {reason}",
            hint=self._log(name),
        )

    def _create(self, order: Order, name: str) -> str:
        try:
            self._aws.write("sagemaker", "CreateTrainingJob", **order.request(name, self._tags))
        except RefusedError as error:
            if not isinstance(error, ExistsError) and error.aws_code != "ResourceInUse":
                raise
            return name  # another run was faster, and does the same, as the name is
        if not self._aws.plan:
            self._screen.say(f"Training job {name} was started.")
        return name

    def _describe(self, name: str) -> dict[str, Any] | None:
        try:
            return self._aws.read("sagemaker", "DescribeTrainingJob", TrainingJobName=name)
        except MissingError:
            return None
        except RefusedError as error:
            if "not found" in error.reason.lower():
                return None
            raise

    def _log(self, name: str) -> str:
        lines = _last_lines(self._aws, name)
        if not lines:
            return f"Its log ({LOG_GROUP}, {name}) has no lines."
        return "\n".join((f"Its log ({LOG_GROUP}, {name}) ends:", *lines))


def metric_definitions() -> list[dict[str, str]]:
    """Which figures are found in the log, and how; those that training prints (C5.50)."""
    text = resources.files("deploy").joinpath(METRICS).read_text("utf-8")
    found: list[dict[str, str]] = json.loads(text)
    return found


def _channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {
        "ChannelName": name,
        "ContentType": "text/csv",
        "DataSource": {"S3DataSource": source},
    }


def _last_lines(aws: Aws, name: str) -> list[str]:
    events: list[Mapping[str, Any]] = []
    try:
        found = aws.read(
            *("logs", "DescribeLogStreams"),
            logGroupName=LOG_GROUP,
            logStreamNamePrefix=f"{name}/",
        )
        for stream in found["logStreams"]:
            events += aws.read(
                *("logs", "GetLogEvents"),
                logGroupName=LOG_GROUP,
                logStreamName=stream["logStreamName"],
                startFromHead=False,
                limit=_LINES,
            )["events"]
    except RefusedError:  # nothing was written yet, or the log may not be read
        return []
    events.sort(key=lambda each: int(each["timestamp"]))
    return [str(each["message"]).rstrip()[:400] for each in events[-_LINES:]]
