"""The endpoint configuration: where a model runs, on what, and what is recorded.

    Instances     machines of one type; two or more stand in different zones
    Serverless    memory instead of machines, none of them while nobody asks (C4.1 - C4.5)
    Asynchronous  requests and answers through S3, up to 1 GB and an hour (C4.8 - C4.11)

Its name follows from its content; it is never changed, another one is made.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy import naming
from deploy.aws import Aws
from deploy.endpoint import s3
from deploy.endpoint.capture import Capture
from deploy.errors import ExistsError, MissingError

VARIANT: Final = "AllTraffic"  # the one variant; guard rails need its name to stay the same
_TYPE: Final = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9-]+")
_START: Final = range(60, 3601)  # seconds, C1.24
_MEMORY: Final = range(1024, 6145, 1024)  # C4.3
_CONCURRENCY: Final = range(1, 201)  # C4.3
_ASYNC_CONCURRENCY: Final = range(1, 1001)  # C4.10


@dataclass(frozen=True)
class Instances:
    """Machines.

    Attributes:
        type: `ml.m5.large`.
        count: How many at first.
        start_seconds: How long a container may take until its ping is well, C1.24.
    """

    type: str = "ml.m5.large"
    count: int = 2
    start_seconds: int = 480

    def problems(self) -> list[str]:
        """What is wrong with them, in words; empty where nothing is."""
        found = []
        if not _TYPE.fullmatch(self.type):
            found.append(f"--instance-type {self.type!r} is not one, such as ml.m5.large")
        if self.count < 1:
            found.append(f"--instances {self.count} is less than one")
        if self.start_seconds not in _START:
            found.append(f"--start-seconds {self.start_seconds} is not from 60 to 3600")
        return found

    def request(self) -> dict[str, Any]:
        """Its part of a ProductionVariant."""
        return {
            "InstanceType": self.type,
            "InitialInstanceCount": self.count,
            "ContainerStartupHealthCheckTimeoutInSeconds": self.start_seconds,
            "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
        }


@dataclass(frozen=True)
class Serverless:
    """Memory instead of machines.

    Attributes:
        memory_mb: 1024 to 6144 in steps of 1024; processors grow with it.
        concurrency: Requests at a time, 1 to 200.
    """

    memory_mb: int
    concurrency: int = 5

    def problems(self) -> list[str]:
        """What is wrong with it, in words; empty where nothing is."""
        found = []
        if self.memory_mb not in _MEMORY:
            found.append(f"--serverless {self.memory_mb} is not 1024, 2048, … 6144 MB")
        if self.concurrency not in _CONCURRENCY:
            found.append(f"--concurrency {self.concurrency} is not from 1 to 200 (serverless)")
        return found

    def request(self) -> dict[str, Any]:
        """Its part of a ProductionVariant."""
        size = {"MemorySizeInMB": self.memory_mb, "MaxConcurrency": self.concurrency}
        return {"ServerlessConfig": size}


@dataclass(frozen=True)
class Asynchronous:
    """Requests and answers through S3.

    Attributes:
        destination: An s3:// URI; every endpoint gets a folder of its own below it.
        concurrency: Requests that an instance gets at a time, 1 to 1000.
    """

    destination: str
    concurrency: int = 4

    def problems(self) -> list[str]:
        """What is wrong with it, in words; empty where nothing is."""
        found = s3.problems("--async-to", self.destination)
        if self.concurrency not in _ASYNC_CONCURRENCY:
            found.append(f"--concurrency {self.concurrency} is not from 1 to 1000 (asynchronous)")
        return found

    def request(self, endpoint: str) -> dict[str, Any]:
        """The AsyncInferenceConfig of an endpoint configuration."""
        folder = s3.below(self.destination, endpoint)
        return {
            "ClientConfig": {"MaxConcurrentInvocationsPerInstance": self.concurrency},
            "OutputConfig": {
                "S3OutputPath": s3.below(folder, "answers"),
                "S3FailurePath": s3.below(folder, "failures"),
            },
        }


@dataclass(frozen=True)
class Configuration:
    """All of it but the model's name.

    Attributes:
        hosting: Where it runs.
        asynchronous: Whether requests come through S3.
        capture: What is recorded, None for nothing.
    """

    hosting: Instances | Serverless
    asynchronous: Asynchronous | None = None
    capture: Capture | None = None

    @property
    def instances(self) -> int | None:
        """How many there are at first; None for serverless."""
        return self.hosting.count if isinstance(self.hosting, Instances) else None

    def problems(self) -> list[str]:
        """What is wrong with it, in words; empty where nothing is."""
        found = self.hosting.problems()
        found += self.asynchronous.problems() if self.asynchronous else []
        found += self.capture.problems() if self.capture else []
        if isinstance(self.hosting, Serverless):  # C4.5
            if self.asynchronous:
                found.append("--serverless and --async-to exclude each other")
            if self.capture:
                found.append("--capture is not for serverless endpoints")
        return found

    def request(self, endpoint: str, model: str) -> dict[str, Any]:
        """The CreateEndpointConfig without name and tags: the content that names it."""
        variant = {
            "VariantName": VARIANT,
            "ModelName": model,
            "InitialVariantWeight": 1.0,
            **self.hosting.request(),
        }
        content: dict[str, Any] = {"ProductionVariants": [variant]}
        if self.asynchronous:
            content["AsyncInferenceConfig"] = self.asynchronous.request(endpoint)
        if self.capture:
            content["DataCaptureConfig"] = self.capture.request()
        return content


def ensure(aws: Aws, name: str, content: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """Make a configuration unless it is there; tells whether it was made.

    Raises:
        DeployError: AWS does not let it be made.
    """
    try:
        aws.read("sagemaker", "DescribeEndpointConfig", EndpointConfigName=name)
    except MissingError:
        return _create(aws, name, content, tags)
    return False


def _create(aws: Aws, name: str, content: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    try:
        aws.write(
            *("sagemaker", "CreateEndpointConfig"),
            EndpointConfigName=name,
            **content,
            Tags=naming.as_list(tags),
        )
    except ExistsError:  # another run was faster, and its content is the same, as the name is
        return False
    return True


def remove(aws: Aws, name: str) -> None:
    """Delete a configuration; one that is gone is no fault.

    Raises:
        DeployError: AWS does not let it be deleted.
    """
    try:
        aws.write("sagemaker", "DeleteEndpointConfig", EndpointConfigName=name)
    except MissingError:
        return


def variant(aws: Aws, name: str) -> Mapping[str, Any]:
    """Give the variant of a configuration; one that is gone has nothing.

    Raises:
        DeployError: AWS does not say.
    """
    try:
        found = aws.read("sagemaker", "DescribeEndpointConfig", EndpointConfigName=name)
    except MissingError:
        return {}
    first: Mapping[str, Any] = found["ProductionVariants"][0]
    return first


def places(there: Mapping[str, Any], endpoint: str) -> list[str]:
    """Name the folders in S3 that an endpoint with a described configuration writes to.

    Args:
        there: What DescribeEndpointConfig says.
        endpoint: The endpoint's name, which is the name of the folders.
    """
    captured = there.get("DataCaptureConfig")
    found = [s3.below(captured["DestinationS3Uri"], endpoint)] if captured else []
    output = there.get("AsyncInferenceConfig", {}).get("OutputConfig", {})
    for key in ("S3OutputPath", "S3FailurePath"):
        if f"/{endpoint}/" in (path := output.get(key, "")):
            found.append(path)
    return [f"{each}/" for each in found]
