"""CreateEndpointConfig, DescribeEndpointConfig, ListEndpointConfigs, DeleteEndpointConfig."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.errors import validation
from local_test.aws.sagemaker import tags
from local_test.aws.sagemaker.resources import ENDPOINT_CONFIG, MODEL, now
from local_test.aws.service import SAGEMAKER

_NOT_HERE = ("ShadowProductionVariants", "ExplainerConfig")
_NOT_SERVERLESS = ("InstanceType", "InitialInstanceCount", "ManagedInstanceScaling")
_MEMORY = range(1024, 6145, 1024)  # MB (C4.3)


@SAGEMAKER.operation("CreateEndpointConfig")
def create_endpoint_config(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep a configuration whose models are there."""
    name = given["EndpointConfigName"]
    arn = ENDPOINT_CONFIG.arn(cloud, name)
    if name in ENDPOINT_CONFIG.table(cloud):
        raise ENDPOINT_CONFIG.exists(cloud, name)
    tags.check(given.get("Tags", ()))
    if found := list(_problems(given)):
        raise validation(" ".join(found))
    for variant in given["ProductionVariants"]:
        MODEL.find(cloud, variant["ModelName"])
    kept = {key: value for key, value in given.items() if key != "Tags"}
    kept["ProductionVariants"] = [_completed(each) for each in given["ProductionVariants"]]
    ENDPOINT_CONFIG.create(cloud, name, {**kept, "EndpointConfigArn": arn, "CreationTime": now()})
    tags.put(cloud, arn, given.get("Tags", ()))
    return {"EndpointConfigArn": arn}


@SAGEMAKER.operation("DescribeEndpointConfig")
def describe_endpoint_config(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a configuration as it was made."""
    return ENDPOINT_CONFIG.find(cloud, given["EndpointConfigName"])


@SAGEMAKER.operation("ListEndpointConfigs")
def list_endpoint_configs(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a page of configurations, the newest first unless asked otherwise."""
    return ENDPOINT_CONFIG.page(cloud, given)


@SAGEMAKER.operation("DeleteEndpointConfig")
def delete_endpoint_config(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Forget a configuration; endpoints that were made of it go on."""
    name = given["EndpointConfigName"]
    if not ENDPOINT_CONFIG.table(cloud).delete(name):
        raise ENDPOINT_CONFIG.missing(cloud, name)
    tags.forget(cloud, ENDPOINT_CONFIG.arn(cloud, name))
    return {}


def _completed(variant: Mapping[str, Any]) -> dict[str, Any]:
    """A variant with what AWS fills in."""
    defaults: dict[str, Any] = {"InitialVariantWeight": 1.0}
    if not variant.get("ServerlessConfig"):
        defaults["InitialInstanceCount"] = 1
    return {**defaults, **variant}


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    """Say what AWS, or the laptop, cannot take."""
    for member in _NOT_HERE:
        if given.get(member):
            yield f"{member} cannot be run by the laptop's SageMaker; AWS can."
    variants = given["ProductionVariants"]
    names = [each["VariantName"] for each in variants]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield f"Production variant names must be unique: {', '.join(twice)}."
    for variant in variants:
        yield from _variant_problems(variant)
    if any(each.get("ServerlessConfig") for each in variants):
        yield from _serverless_problems(given, variants)


def _variant_problems(variant: Mapping[str, Any]) -> Iterator[str]:
    name = variant["VariantName"]
    if not variant.get("ModelName"):
        yield f"Production variant {name} needs a ModelName."
    if serverless := variant.get("ServerlessConfig"):
        if extra := [member for member in _NOT_SERVERLESS if variant.get(member)]:
            yield f"Serverless variant {name} cannot have {', '.join(extra)}."
        if serverless["MemorySizeInMB"] not in _MEMORY:
            yield (
                f"MemorySizeInMB of variant {name} is {serverless['MemorySizeInMB']}; "
                "allowed are 1024, 2048, 3072, 4096, 5120 and 6144."
            )
    elif not variant.get("InstanceType"):
        yield f"Production variant {name} needs an InstanceType or a ServerlessConfig."


def _serverless_problems(
    given: Mapping[str, Any], variants: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """What serverless endpoints lack (C4.5)."""
    if len(variants) > 1:
        yield "An endpoint with a serverless variant can have only one variant."
    for member in ("DataCaptureConfig", "AsyncInferenceConfig", "VpcConfig"):
        if given.get(member):
            yield f"{member} is not supported by serverless endpoints."
