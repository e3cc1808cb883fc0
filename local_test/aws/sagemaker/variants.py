"""What an endpoint runs: its variants, copied from configuration and models when it is deployed.

AWS lets both be deleted while the endpoint serves on; so the endpoint's document holds all that is
needed to start it again after the laptop was off.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import models
from local_test.aws.sagemaker.resources import MODEL

DEFAULT_HOSTNAME = "container_1"  # what AWS calls a container without a name in its sentences
STARTUP_SECONDS = 480.0  # C1.24
SERVERLESS_STARTUP_SECONDS = 180.0  # C4.2
_PROPERTIES = ("DesiredInstanceCount", "DesiredWeight")


@dataclass(frozen=True)
class Variant:
    """One model behind an endpoint, and how much of it.

    Attributes:
        name: Such as `AllTraffic`.
        container: A ContainerDefinition.
        role: ARN of the execution role.
        instances: How many are wanted.
        weight: Its part of the traffic, relative to the others'.
        serverless: Its ServerlessConfig; None for one of instances.
        instance_type: None for a serverless one.
        startup_seconds: How long an instance may take until /ping answers 200.
        isolated: Whether its containers get no network.
    """

    name: str
    container: Mapping[str, Any]
    role: str
    instances: int
    weight: float
    serverless: Mapping[str, Any] | None
    instance_type: str | None
    startup_seconds: float
    isolated: bool = False

    @property
    def image(self) -> str:
        """The URI of its image."""
        image: str = self.container["Image"]
        return image

    @property
    def hostname(self) -> str:
        """What its container is called in sentences."""
        hostname: str = self.container.get("ContainerHostname", DEFAULT_HOSTNAME)
        return hostname


def plan(cloud: Cloud, config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Copy an endpoint configuration's variants with their models, ready to be kept.

    Raises:
        AwsError: A model has been deleted since.
    """
    return [_planned(cloud, variant) for variant in config["ProductionVariants"]]


def read(document: Mapping[str, Any]) -> Variant:
    """Read a variant as `plan` wrote it and an update may have changed it."""
    serverless = document.get("ServerlessConfig")
    default = SERVERLESS_STARTUP_SECONDS if serverless else STARTUP_SECONDS
    return Variant(
        document["VariantName"],
        document["Container"],
        document["ExecutionRoleArn"],
        document["DesiredInstanceCount"],
        document["DesiredWeight"],
        serverless,
        document.get("InstanceType"),
        document.get("ContainerStartupHealthCheckTimeoutInSeconds", default),
        document.get("EnableNetworkIsolation", False),
    )


def retain(new: list[dict[str, Any]], old: list[dict[str, Any]], excluded: frozenset[str]) -> None:
    """Let new variants keep the counts and weights of old ones of the same name.

    Args:
        new: They are changed.
        old: What the endpoint runs now.
        excluded: Properties that are not retained, such as `DesiredWeight`.
    """
    before = {each["VariantName"]: each for each in old}
    for variant in new:
        for member in set(_PROPERTIES) - excluded:
            if variant["VariantName"] in before:
                variant[member] = before[variant["VariantName"]][member]


def _planned(cloud: Cloud, variant: Mapping[str, Any]) -> dict[str, Any]:
    model = MODEL.find(cloud, variant["ModelName"])
    return {
        **variant,
        "Container": models.container_of(model),
        "ExecutionRoleArn": model["ExecutionRoleArn"],
        "EnableNetworkIsolation": model["EnableNetworkIsolation"],
        "DesiredInstanceCount": variant.get("InitialInstanceCount", 1),
        "DesiredWeight": variant["InitialVariantWeight"],
    }
