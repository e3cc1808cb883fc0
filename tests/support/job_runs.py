"""Training and transform jobs of the laptop's SageMaker: started, waited for, looked at."""

import io
import itertools
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

from container import contract
from local_test.aws.laptop import Laptop
from tests.support.hosting import IMAGE, packed
from tests.support.waiting import until

OVER = ("Completed", "Failed", "Stopped")
CSV = "text/csv"
SUM = """
import csv, io, os, time

class Refused(Exception):
    status_code = 422

def model_fn(model_dir):
    return 1

def transform_fn(model, body, content_type, accept):
    text = body if isinstance(body, str) else body.decode()
    if "slow" in text:
        time.sleep(5)
    lines = []
    for number, row in enumerate(csv.reader(io.StringIO(text))):
        if "bad" in row:
            raise Refused(f"row {number} is bad")
        if "fault" in row:
            raise OSError("the lights went out")
        lines.append(f"{sum(map(float, row)):g},{os.environ['SAGEMAKER_BATCH']}")
    return "".join(f"{line}\\n" for line in lines), "text/csv"
"""
S3 = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
ECR = {
    "Effect": "Allow",
    "Action": ["ecr:GetAuthorizationToken", "ecr:BatchGetImage"],
    "Resource": "*",
}
_LONGEST_ARGUMENT = 256  # of ContainerEntrypoint
_numbers = itertools.count(1)


class Jobs:
    """A laptop with a bucket of its own and a role that may use S3.

    Args:
        aws: The laptop.
        image: What jobs run in Docker; None for our own process, which has no /opt/ml.

    Attributes:
        bucket: Its name.
        role: Its ARN.
    """

    def __init__(self, aws: Laptop, image: str | None = None) -> None:
        self.aws = aws
        self._image = image or IMAGE
        self._base = f"{contract.BASE_DIR}/" if image else ""
        self.sagemaker = aws.client("sagemaker")
        self.s3 = aws.client("s3")
        self.bucket = f"jobs-{next(_numbers)}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.role = self.new_role(S3)

    def new_role(self, *statements: Mapping[str, Any]) -> str:
        """Make a role that SageMaker may act as; gives its ARN."""
        iam, name = self.aws.client("iam"), f"job-role-{next(_numbers)}"
        principal = {"Service": "sagemaker.amazonaws.com"}
        trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trusted))
        if statements:
            iam.put_role_policy(
                RoleName=name, PolicyName="own", PolicyDocument=_policy(*statements)
            )
        arn: str = made["Role"]["Arn"]
        return arn

    def name(self) -> str:
        """A name that no job has."""
        return f"job-{next(_numbers)}"

    def put(self, key: str, content: str | bytes) -> str:
        """Upload an object; gives its URI."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return self.uri(key)

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def get(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def keys(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [each["Key"].removeprefix(prefix) for each in found.get("Contents", ())]

    def archived(self, key: str) -> dict[str, bytes]:
        """The files of a tar.gz, by name."""
        with tarfile.open(fileobj=io.BytesIO(self.get(key)), mode="r:gz") as tar:
            members = ((each.name, tar.extractfile(each)) for each in tar if each.isfile())
            return {name: file.read() for name, file in members if file}

    def training(
        self,
        program: str | None = None,
        channels: Sequence[Mapping[str, Any]] = (),
        *,
        count: int = 1,
        seconds: int = 600,
        algorithm: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """The input of CreateTrainingJob.

        Args:
            program: Python that runs instead of our training, with /opt/ml as its folder; what is
                too long for ContainerEntrypoint comes as a channel of its own, `program`.
            channels: InputDataConfig.
            count: Of instances.
            seconds: MaxRuntimeInSeconds.
            algorithm: More of AlgorithmSpecification.
            more: More of all.
        """
        specification: dict[str, Any] = {"TrainingImage": self._image, "TrainingInputMode": "File"}
        name, inputs = self.name(), list(channels)
        if program is not None and len(program) <= _LONGEST_ARGUMENT and "\n" not in program:
            specification["ContainerEntrypoint"] = ["python", "-c", program]
        elif program is not None:
            uri = self.put(f"programs/{name}/main.py", program)
            inputs.append(channel("program", uri, InputMode="File"))
            specification["ContainerEntrypoint"] = [
                "python",
                f"{self._base}input/data/program/main.py",
            ]
        if inputs:
            more.setdefault("InputDataConfig", inputs)
        return {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {**specification, **(algorithm or {})},
            "OutputDataConfig": {"S3OutputPath": self.uri("out")},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": count,
                "VolumeSizeInGB": 1,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
            **more,
        }

    def train(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        """Run a training job to its end; gives its description."""
        given = self.training(*arguments, **more)
        self.sagemaker.create_training_job(**given)
        return self.trained(given["TrainingJobName"])

    def trained(self, name: str, *statuses: str) -> dict[str, Any]:
        """Wait for a training job's end, or another status; gives its description."""
        wanted = statuses or OVER
        until(lambda: self.training_of(name)["TrainingJobStatus"] in wanted, f"the end of {name}")
        return self.training_of(name)

    def training_of(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
        return found

    def model(self, handler: str = SUM, *, role: str = "", **variables: str) -> str:
        """Make a model of a handler; gives its name."""
        name = self.name()
        url = self.put(f"{name}/model.tar.gz", packed({"code/inference.py": handler}))
        environment = {"SAGEMAKER_MODEL_SERVER_WORKERS": "1", **variables}
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=role or self.role,
            PrimaryContainer={
                "Image": self._image,
                "ModelDataUrl": url,
                "Environment": environment,
            },
        )
        return name

    def transformation(
        self,
        model: str,
        uri: str,
        *,
        source: Mapping[str, Any] | None = None,
        output: Mapping[str, Any] | None = None,
        count: int = 1,
        **more: Any,
    ) -> dict[str, Any]:
        """The input of CreateTransformJob, for CSV by lines unless the rest says otherwise."""
        name = self.name()
        data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
        given = {"DataSource": data, "ContentType": CSV, "SplitType": "Line", **(source or {})}
        return {
            "TransformJobName": name,
            "ModelName": model,
            "TransformInput": {key: each for key, each in given.items() if each is not None},
            "TransformOutput": {"S3OutputPath": self.uri(f"{name}/out"), "Accept": CSV}
            | dict(output or {}),
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": count},
            **more,
        }

    def transform(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        """Run a transform job to its end; gives its description."""
        given = self.transformation(*arguments, **more)
        self.sagemaker.create_transform_job(**given)
        return self.transformed(given["TransformJobName"])

    def transformed(self, name: str) -> dict[str, Any]:
        """Wait for a transform job's end; gives its description."""
        until(
            lambda: self.transformation_of(name)["TransformJobStatus"] in OVER, f"the end of {name}"
        )
        return self.transformation_of(name)

    def transformation_of(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_transform_job(TransformJobName=name)
        return found

    def result(self, job: Mapping[str, Any], name: str) -> str:
        """What a transform job made of an object."""
        return self.get(f"{job['TransformJobName']}/out/{name}.out").decode()

    def log(self, group: str, prefix: str) -> list[str]:
        """The lines of the log streams whose names begin so; none before there is a group."""
        client = self.aws.client("logs")
        try:
            streams = client.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)
        except client.exceptions.ResourceNotFoundException:
            return []
        return [
            event["message"]
            for stream in streams["logStreams"]
            for event in client.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]


def channel(name: str, uri: str, kind: str = "S3Prefix", **more: Any) -> dict[str, Any]:
    """An entry of InputDataConfig; members of its S3DataSource may be among the rest."""
    within = {"S3DataDistributionType", "AttributeNames"}
    data = {key: more.pop(key) for key in within & more.keys()}
    source = {"S3DataType": kind, "S3Uri": uri, **data}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, **more}


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
