"""CreateEndpoint, DescribeEndpoint, ListEndpoints, UpdateEndpoint, DeleteEndpoint and the like.

Operations check and note what is wanted; `deployment` makes it so in the background.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.errors import validation
from local_test.aws.sagemaker import alarms, deployment, descriptions, policy, tags, variants
from local_test.aws.sagemaker.resources import ENDPOINT, ENDPOINT_CONFIG, now
from local_test.aws.service import SAGEMAKER
from local_test.aws.store import Document

_IN_PROGRESS = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
_NOT_DELETABLE = ("Creating", "SystemUpdating", "Deleting")
_COPIED = ("DataCaptureConfig", "AsyncInferenceConfig")


@SAGEMAKER.operation("CreateEndpoint")
def create_endpoint(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Note a new endpoint and start it."""
    name, arn = given["EndpointName"], ENDPOINT.arn(cloud, given["EndpointName"])
    if name in ENDPOINT.table(cloud):
        raise ENDPOINT.exists(cloud, name)
    tags.check(given.get("Tags", ()))
    wanted = _wanted(cloud, given["EndpointConfigName"])
    _check_deployment(cloud, given.get("DeploymentConfig"), wanted["Variants"])
    document = {
        "EndpointName": name,
        "EndpointArn": arn,
        **wanted,
        "EndpointStatus": "Creating",
        "CreationTime": now(),
        "LastModifiedTime": now(),
    }
    if given.get("DeploymentConfig"):
        document["LastDeploymentConfig"] = given["DeploymentConfig"]
    ENDPOINT.create(cloud, name, document)
    tags.put(cloud, arn, given.get("Tags", ()))
    _start(cloud, deployment.create, name)
    return {"EndpointArn": arn}


@SAGEMAKER.operation("DescribeEndpoint")
def describe_endpoint(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give an endpoint as it is now."""
    return descriptions.endpoint(cloud, ENDPOINT.find(cloud, given["EndpointName"]))


@SAGEMAKER.operation("ListEndpoints")
def list_endpoints(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a page of endpoints, the newest first unless asked otherwise."""
    return ENDPOINT.page(
        cloud, given, "LastModifiedTime", "EndpointStatus", status="EndpointStatus"
    )


@SAGEMAKER.operation("UpdateEndpoint")
def update_endpoint(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Note the configuration that an endpoint is to have, and move it there."""
    name = given["EndpointName"]
    current = ENDPOINT.find(cloud, name)
    pending = _wanted(cloud, given["EndpointConfigName"])
    config = given.get("DeploymentConfig")
    if config is None and given.get("RetainDeploymentConfig"):
        config = current.get("LastDeploymentConfig")
    _check_deployment(cloud, config, pending["Variants"])

    def change(document: Document) -> None:
        _check_free(cloud, document)
        if given.get("RetainAllVariantProperties"):
            _retain(pending, document, given.get("ExcludeRetainedVariantProperties", ()))
        document.pop("FailureReason", None)
        document.update(
            EndpointStatus="Updating",
            LastModifiedTime=now(),
            Pending={**pending, "StartTime": now(), "DeploymentConfig": config},
        )

    ENDPOINT.table(cloud).change(name, change)
    _start(cloud, deployment.update, name)
    return {"EndpointArn": ENDPOINT.arn(cloud, name)}


@SAGEMAKER.operation("UpdateEndpointWeightsAndCapacities")
def update_weights_and_capacities(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Note other weights and instance counts, and make it so."""
    resize(cloud, given["EndpointName"], given["DesiredWeightsAndCapacities"])
    return {"EndpointArn": ENDPOINT.arn(cloud, given["EndpointName"])}


@SAGEMAKER.operation("DeleteEndpoint")
def delete_endpoint(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Stop an endpoint; one that is being updated is given up, one being created is not."""
    name = given["EndpointName"]

    def change(document: Document) -> None:
        if document["EndpointStatus"] in _NOT_DELETABLE:
            raise _in_progress(cloud, name)
        document.update(EndpointStatus="Deleting", LastModifiedTime=now())

    if ENDPOINT.table(cloud).change(name, change) is None:
        raise ENDPOINT.missing(cloud, name)
    _start(cloud, deployment.delete, name)
    return {}


def resize(cloud: Cloud, name: str, changes: Sequence[Mapping[str, Any]]) -> None:
    """Change weights and instance counts of some variants.

    Args:
        cloud: Where.
        name: Of the endpoint.
        changes: DesiredWeightsAndCapacities.

    Raises:
        AwsError: There is no such endpoint or variant, it is busy, or a count is impossible.
    """

    def change(document: Document) -> None:
        _check_free(cloud, document)
        _check_changes(document, changes)
        by_name = {each["VariantName"]: each for each in document["Variants"]}
        for each in changes:
            variant = by_name[each["VariantName"]]
            for member in ("DesiredWeight", "DesiredInstanceCount"):
                if each.get(member) is not None:
                    variant[member] = each[member]
            if update := each.get("ServerlessUpdateConfig"):
                variant["ServerlessConfig"].update(update)
        document.update(EndpointStatus="Updating", LastModifiedTime=now())

    if ENDPOINT.table(cloud).change(name, change) is None:
        raise ENDPOINT.missing(cloud, name)
    _start(cloud, deployment.resize, name)


def _start(cloud: Cloud, work: Callable[[Cloud, str], None], name: str) -> None:
    cloud.tasks.start(f"{work.__name__} endpoint {name}", partial(work, cloud, name))


def _wanted(cloud: Cloud, config_name: str) -> dict[str, Any]:
    """What an endpoint takes over from a configuration."""
    config = ENDPOINT_CONFIG.find(cloud, config_name)
    copied = {member: config[member] for member in _COPIED if member in config}
    return {
        "EndpointConfigName": config_name,
        "Variants": variants.plan(cloud, config),
        **copied,
    }


def _retain(
    pending: dict[str, Any], document: Mapping[str, Any], excluded: Sequence[Mapping[str, str]]
) -> None:
    left_out = frozenset(each["VariantPropertyType"] for each in excluded)
    variants.retain(pending["Variants"], document["Variants"], left_out)
    if "DataCaptureConfig" not in left_out:
        pending["DataCaptureConfig"] = document.get("DataCaptureConfig")


def _check_deployment(
    cloud: Cloud, config: Mapping[str, Any] | None, planned: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse a DeploymentConfig that cannot be followed.

    Raises:
        AwsError: Sizes are impossible, or alarms do not exist.
    """
    if config is None:
        return
    count = sum(each["DesiredInstanceCount"] for each in planned)
    if found := list(policy.problems(config, count)):
        raise validation(" ".join(found))
    if any(each.get("ServerlessConfig") for each in planned):
        raise validation("DeploymentConfig is not supported by serverless endpoints.")
    if missing := alarms.missing(cloud, policy.read(config, count).alarms):
        raise validation(f"Could not find the CloudWatch alarms {', '.join(missing)}.")


def _check_free(cloud: Cloud, document: Document) -> None:
    name, status = document["EndpointName"], document["EndpointStatus"]
    if status in _IN_PROGRESS:
        raise _in_progress(cloud, name)
    if status == "Failed":
        raise validation(
            f'Cannot update endpoint "{ENDPOINT.arn(cloud, name)}" in status Failed; '
            "it can only be deleted."
        )


def _check_changes(document: Document, changes: Sequence[Mapping[str, Any]]) -> None:
    known = {each["VariantName"]: each for each in document["Variants"]}
    for each in changes:
        if (variant := known.get(each["VariantName"])) is None:
            raise validation(
                f"Could not find variant {each['VariantName']!r}; "
                f"the endpoint has {', '.join(sorted(known))}."
            )
        serverless = bool(variant.get("ServerlessConfig"))
        if each.get("DesiredInstanceCount") == 0 and not document.get("AsyncInferenceConfig"):
            raise validation("Only asynchronous endpoints can have a DesiredInstanceCount of 0.")
        if serverless and each.get("DesiredInstanceCount") is not None:
            raise validation("A serverless variant has no DesiredInstanceCount.")
        if each.get("ServerlessUpdateConfig") and not serverless:
            raise validation("ServerlessUpdateConfig is for serverless variants only.")


def _in_progress(cloud: Cloud, name: str) -> Exception:
    return validation(f'Cannot update in-progress endpoint "{ENDPOINT.arn(cloud, name)}".')
