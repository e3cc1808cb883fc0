"""CreateModel, DescribeModel, ListModels, DeleteModel: an image and the model data it serves."""

from collections.abc import Mapping
from typing import Any

from container.errors import PlatformError, UserError
from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError, validation
from local_test.aws.sagemaker import images, model_data, tags
from local_test.aws.sagemaker.resources import MODEL, now
from local_test.aws.service import SAGEMAKER

_ENVIRONMENT_LIMIT = 32 << 10  # bytes of all keys and values together (C1.4)
_SHOWN = (
    *("ModelName", "PrimaryContainer", "Containers", "InferenceExecutionConfig"),
    *("ExecutionRoleArn", "VpcConfig", "EnableNetworkIsolation", "CreationTime", "ModelArn"),
)


@SAGEMAKER.operation("CreateModel")
def create_model(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep a model whose role, image and data are there, as AWS makes sure too."""
    name, arn = given["ModelName"], MODEL.arn(cloud, given["ModelName"])
    if name in MODEL.table(cloud):
        raise MODEL.exists(cloud, name)
    tags.check(given.get("Tags", ()))
    container = _container(given)
    role = _role(cloud, given)
    _check_environment(container)
    model_data.check(cloud, container, role)
    _check_image(cloud, container["Image"], role)
    kept = {key: value for key, value in given.items() if key != "Tags"}
    MODEL.create(
        cloud,
        name,
        {"EnableNetworkIsolation": False, **kept, "ModelArn": arn, "CreationTime": now()},
    )
    tags.put(cloud, arn, given.get("Tags", ()))
    return {"ModelArn": arn}


@SAGEMAKER.operation("DescribeModel")
def describe_model(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a model as it was made."""
    document = MODEL.find(cloud, given["ModelName"])
    return {key: document[key] for key in _SHOWN if key in document}


@SAGEMAKER.operation("ListModels")
def list_models(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a page of models, the newest first unless asked otherwise."""
    return MODEL.page(cloud, given)


@SAGEMAKER.operation("DeleteModel")
def delete_model(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Forget a model; endpoints that serve it go on."""
    if not MODEL.table(cloud).delete(given["ModelName"]):
        raise MODEL.missing(cloud, given["ModelName"])
    tags.forget(cloud, MODEL.arn(cloud, given["ModelName"]))
    return {}


def container_of(model: Mapping[str, Any]) -> dict[str, Any]:
    """The one container of a model that was kept."""
    return dict(model.get("PrimaryContainer") or model["Containers"][0])


def _container(given: Mapping[str, Any]) -> dict[str, Any]:
    """The one container that a new model has.

    Raises:
        AwsError: It has none, or more than the laptop can run.
    """
    primary, several = given.get("PrimaryContainer"), given.get("Containers") or []
    if bool(primary) == bool(several):
        raise validation("Exactly one of PrimaryContainer and Containers must be given.")
    if len(several) > 1:
        raise _unavailable("Inference pipelines (more than one container)")
    container = dict(primary or several[0])
    if container.get("Mode") == "MultiModel":
        raise _unavailable("Mode MultiModel")
    if container.get("ModelPackageName") or not container.get("Image"):
        raise _unavailable("A model without an Image of its own")
    if container.get("AdditionalModelDataSources"):
        raise _unavailable("AdditionalModelDataSources")
    return container


def _role(cloud: Cloud, given: Mapping[str, Any]) -> str:
    role: str | None = given.get("ExecutionRoleArn")
    if not role:
        raise validation("ExecutionRoleArn must be given.")
    if role.split(":")[4] != cloud.account:
        raise validation("Cross-account pass role is not allowed.")
    return role


def _check_environment(container: Mapping[str, Any]) -> None:
    size = sum(
        len(key.encode()) + len(value.encode())
        for key, value in container.get("Environment", {}).items()
    )
    if size > _ENVIRONMENT_LIMIT:
        raise validation(
            f"The Environment has {size} bytes; at most {_ENVIRONMENT_LIMIT} are allowed."
        )


def _check_image(cloud: Cloud, image: str, role: str) -> None:
    try:
        cloud.runner(image)
    except UserError as error:
        raise validation(f"Requested image {image} not found. {error.hint}".rstrip()) from error
    except PlatformError as error:
        raise AwsError("InternalFailure", str(error), 500) from error
    try:
        images.check_rights(cloud.client("ecr", role=role), image, role)
    except UserError as error:
        raise validation(f"Access denied for the image. {error}") from error


def _unavailable(what: str) -> AwsError:
    return validation(f"{what} cannot be run by the laptop's SageMaker; AWS can.")
