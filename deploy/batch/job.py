"""One transform job: asked for with the settings that our formats need, and waited for.

| setting | CSV and JSON lines | why |
| --- | --- | --- |
| SplitType | Line | a record is a line; a body may hold many (C2.12) |
| BatchStrategy | MultiRecord | the model computes many rows as fast as one (C2.14) |
| MaxPayloadInMB, MaxConcurrentTransforms | not said | the server's own advice holds (C2.3, C2.5) |
| Accept | the input's type | both sides have to be of one kind for a join (C2.11) |
| JoinSource | Input | the answer stands beside its record |
| AssembleWith | Line, or None without a join | an answer of ours ends its own line (C2.9) |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy import naming
from deploy.aws import Aws
from deploy.endpoint import s3
from deploy.errors import DeployError, MissingError
from deploy.screen import Screen
from deploy.waiting import Wait

ENDED: Final = ("Completed", "Failed", "Stopped")
_MOST_ATTEMPTS: Final = 50  # of the same job: names of failed ones are taken for ever


@dataclass(frozen=True)
class Order:
    """What is to be done.

    Attributes:
        model: The SageMaker model's name.
        source: An object or a prefix in S3.
        media_type: Of its records.
        output: The folder in S3 under which the job's own folder is made.
        pick: InputFilter; None for all of a record.
        join: Whether every answer stands beside its record.
        instance_type: The machine.
        instance_count: How many; a file is done by one of them.
        kms_key: For the results; None for S3's own keys.
        seconds_per_request: How long one request may take (C2.7).
        max_payload: MaxPayloadInMB; None lets the server say.
        digest: Of the content that is read, so that another content is another job.
    """

    model: str
    source: str
    media_type: str
    output: str
    pick: str | None
    join: bool
    instance_type: str
    instance_count: int
    kms_key: str | None
    seconds_per_request: int
    max_payload: int | None
    digest: str

    def result(self, name: str) -> str:
        """The folder that a job of this name writes to."""
        return s3.below(self.output, "results", name)

    def request(self, name: str, tags: Mapping[str, str]) -> dict[str, Any]:
        """What CreateTransformJob takes."""
        output = {
            "S3OutputPath": self.result(name),
            "Accept": self.media_type,
            "AssembleWith": "Line" if self.join else "None",
        }
        processing = {"JoinSource": "Input" if self.join else "None"}
        sizes = {} if self.max_payload is None else {"MaxPayloadInMB": self.max_payload}
        return {
            "TransformJobName": name,
            "ModelName": self.model,
            "BatchStrategy": "MultiRecord",
            **sizes,
            "ModelClientConfig": {
                "InvocationsTimeoutInSeconds": self.seconds_per_request,
                "InvocationsMaxRetries": 1,
            },
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": self.source}},
                "ContentType": self.media_type,
                "SplitType": "Line",
                "CompressionType": "None",
            },
            "TransformOutput": output | ({"KmsKeyId": self.kms_key} if self.kms_key else {}),
            "DataProcessing": processing | ({"InputFilter": self.pick} if self.pick else {}),
            "TransformResources": {
                "InstanceType": self.instance_type,
                "InstanceCount": self.instance_count,
            },
            "Tags": naming.as_list(tags),
        }


class Jobs:
    """The transform jobs of an account.

    Args:
        aws: Where.
        screen: For progress.
        tags: For jobs that are made; their names begin with the project's, as IAM wants them.
    """

    def __init__(self, aws: Aws, screen: Screen, tags: Mapping[str, str]) -> None:
        self._aws = aws
        self._screen = screen
        self._tags = tags

    def start(self, order: Order, *, anew: bool = False) -> str:
        """Give the name of the job that does this: one that is there, or a new one.

        The name follows from what is to be done, so that a rerun finds the job that was started
        before; one that failed gets a successor.

        Args:
            order: What is to be done.
            anew: Do it again although it was done.

        Raises:
            DeployError: AWS refuses.
        """
        stem = naming.named(
            f"{self._tags[naming.TAG_PROJECT]}-batch", vars(order), longest=naming.LONGEST - 3
        )
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            name = stem if attempt == 1 else f"{stem}-{attempt}"
            found = self.describe(name)
            if found is None:
                self._aws.write(
                    "sagemaker", "CreateTransformJob", **order.request(name, self._tags)
                )
                if not self._aws.plan:
                    self._screen.say(f"Transform job {name} was started.")
                return name
            status = found["TransformJobStatus"]
            if status not in {"Failed", "Stopped"} and not (anew and status in ENDED):
                self._screen.say(f"Transform job {name} is there already: {status}.")
                return name
        raise DeployError(
            f"{_MOST_ATTEMPTS} jobs of this very content have failed; the last is {name}.",
            hint="See why before it is tried again.",
        )

    def wait(self, name: str, seconds: float, every: float) -> dict[str, Any]:
        """Wait for the end, good or bad; gives what SageMaker says of the job then.

        Raises:
            OverdueError: It does not end in time.
            DeployError: It is gone, or AWS does not say.
        """
        return Wait(f"transform job {name}", self._screen, seconds, every).until(
            lambda: self._aws.read("sagemaker", "DescribeTransformJob", TransformJobName=name),
            lambda found: found["TransformJobStatus"] in ENDED,
            lambda found: str(found["TransformJobStatus"]),
        )

    def describe(self, name: str) -> dict[str, Any] | None:
        """What SageMaker says of a job; None where there is none.

        Raises:
            DeployError: AWS does not say.
        """
        try:
            return self._aws.read("sagemaker", "DescribeTransformJob", TransformJobName=name)
        except MissingError:
            return None


def known_model(aws: Aws, name: str) -> str:
    """Give the name of a model back that is there, before anything is sent for it.

    Raises:
        DeployError: There is none.
    """
    try:
        aws.read("sagemaker", "DescribeModel", ModelName=name)
    except MissingError as error:
        raise DeployError(
            f"There is no SageMaker model {name}: {error.reason}",
            hint="`aws sagemaker list-models` shows them; `python -m deploy endpoint` makes one.",
        ) from error
    return name


def model_of(aws: Aws, endpoint: str) -> str:
    """Give the model that an endpoint serves.

    Raises:
        DeployError: There is no such endpoint, or it serves several models.
    """
    found = aws.read("sagemaker", "DescribeEndpoint", EndpointName=endpoint)
    config = aws.read(
        "sagemaker", "DescribeEndpointConfig", EndpointConfigName=found["EndpointConfigName"]
    )
    models = sorted({str(each.get("ModelName", "")) for each in config["ProductionVariants"]})
    if len(models) != 1 or not models[0]:
        raise DeployError(
            f"Endpoint {endpoint} serves {', '.join(filter(None, models)) or 'no model by name'}.",
            hint="Say which one with --model.",
        )
    return models[0]
