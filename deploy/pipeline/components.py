"""The steps of the pipeline: typed container components with the names of the reference's inputs.

Every step is a command line of one of our two images, the same that people type; retries repeat it,
and each command finds what it has made already. The images are placeholders here: the pipeline
gives every step its own by a parameter.
"""

# mypy: disable-error-code="untyped-decorator, valid-type, type-arg"
# (kfp has no types, and reads annotations as values)

from typing import Final

from kfp import dsl

from deploy.pipeline.names import CHECKPOINTS, DEPLOY_IMAGE, TRAIN_IMAGE

_DEPLOY: Final = ["python", "-m", "deploy"]
_OWNER: Final = ["--owner", "kubeflow"]  # the tag; a pod has no $USER


@dsl.container_component
def fetch_scans(
    source: str, bucket: str, region: str, scans: dsl.Output[dsl.Dataset]
) -> dsl.ContainerSpec:
    """Bring a file of scans from S3 or from the data volume.

    Args:
        source: A key in the bucket, s3://BUCKET/KEY, or a path on the volume.
        bucket: Of a key.
        region: Of AWS.
        scans: The file.
    """
    return dsl.ContainerSpec(
        image=DEPLOY_IMAGE,
        command=[*_DEPLOY, "fetch"],
        args=[source, "--bucket", bucket, "--to", scans.path, "--region", region],
    )


@dsl.container_component
def train_on_cluster(
    training: dsl.Input[dsl.Dataset],
    validation: dsl.Input[dsl.Dataset],
    hyperparameters: dict,
    job: dsl.Output[dsl.Model],
) -> dsl.ContainerSpec:
    """Train in a pod; a retry goes on at the last checkpoint of the same run.

    Args:
        training: Scans to learn from.
        validation: Scans to judge by.
        hyperparameters: Text, numbers and lists by name.
        job: What SageMaker calls /opt/ml: the model is in `model`, the report in `output/data`.
    """
    return dsl.ContainerSpec(
        image=TRAIN_IMAGE,
        command=[
            "env",
            dsl.ConcatPlaceholder(["SAGEMAKER_BASE_DIR=", job.path]),
            *("python", "-m", "container", "train"),
        ],
        args=[
            *("--training", training.path),
            *("--validation", validation.path),
            *("--hyperparameters", hyperparameters),
            *("--checkpoints", f"{CHECKPOINTS}/{dsl.PIPELINE_JOB_ID_PLACEHOLDER}"),
        ],
    )


@dsl.container_component
def upload_model(
    job: dsl.Input[dsl.Model],
    model_artifact_url: str,
    region: str,
    artifact_url: dsl.OutputPath(str),
) -> dsl.ContainerSpec:
    """Check a model and put it to S3, under a key that follows from its content.

    Args:
        job: What the training left.
        model_artifact_url: s3://BUCKET/PREFIX, where models are kept.
        region: Of AWS.
        artifact_url: Where the model is.
    """
    return dsl.ContainerSpec(
        image=DEPLOY_IMAGE,
        command=[*_DEPLOY, "upload"],
        args=[
            dsl.ConcatPlaceholder([job.path, "/model"]),
            *("--to", model_artifact_url, "--region", region, *_OWNER),
            *("--save", dsl.ConcatPlaceholder(["model_artifact_url=", artifact_url])),
        ],
    )


@dsl.container_component
def train_on_sagemaker(  # noqa: PLR0913, PLR0917 - the inputs of a step are its parameters
    image: str,
    role: str,
    training: str,
    validation: str,
    bucket: str,
    hyperparameters: dict,
    model_artifact_url: str,
    instance_type: str,
    region: str,
    artifact_url: dsl.OutputPath(str),
) -> dsl.ContainerSpec:
    """Train in a SageMaker training job on spot machines, with the image of the endpoint.

    Args:
        image: In ECR.
        role: The execution role.
        training: Scans to learn from, in S3.
        validation: Scans to judge by, in S3.
        bucket: Where they are, if they are given by their key.
        hyperparameters: Text, numbers and lists by name.
        model_artifact_url: s3://BUCKET/PREFIX, below which results and checkpoints go.
        instance_type: The machine.
        region: Of AWS.
        artifact_url: Where the model is.
    """
    return dsl.ContainerSpec(
        image=DEPLOY_IMAGE,
        command=[*_DEPLOY, "train"],
        args=[
            *("--image", image, "--role", role),
            *("--training", training, "--validation", validation, "--bucket", bucket),
            *("--hyperparameters", hyperparameters),
            *("--to", model_artifact_url, "--instance-type", instance_type),
            *("--region", region, *_OWNER),
            *("--save", dsl.ConcatPlaceholder(["model_artifact_url=", artifact_url])),
        ],
    )


@dsl.container_component
def compare_with_live(
    artifact_url: str,
    endpoint_name: str,
    rows: dsl.Input[dsl.Dataset],
    slack: float,
    region: str,
) -> dsl.ContainerSpec:
    """Fail where the new model is worse than the live one on the validation scans.

    Args:
        artifact_url: The new model.
        endpoint_name: Where the other one is live, if any is.
        rows: The scans that the new model was judged by.
        slack: How much worse it may be, in cells.
        region: Of AWS.
    """
    return dsl.ContainerSpec(
        image=DEPLOY_IMAGE,
        command=[*_DEPLOY, "gate"],
        args=[
            artifact_url,
            *("--endpoint", endpoint_name, "--rows", rows.path),
            *("--slack", slack, "--region", region),
        ],
    )


@dsl.container_component
def create_model(  # noqa: PLR0913, PLR0917
    region: str,
    image: str,
    model_name: str,
    endpoint_name: str,
    model_artifact_url: str,
    role: str,
    model: dsl.OutputPath(str),
) -> dsl.ContainerSpec:
    """Make the SageMaker model of image and artefact.

    Args:
        region: Of AWS.
        image: In ECR.
        model_name: What its name begins with.
        endpoint_name: What it is for.
        model_artifact_url: The model in S3.
        role: The execution role.
        model: Its whole name.
    """
    return dsl.ContainerSpec(
        image=DEPLOY_IMAGE,
        command=[*_DEPLOY, "model"],
        args=[
            *("--image", image, "--artifact", model_artifact_url, "--role", role),
            *("--name", endpoint_name, "--model-name", model_name),
            *("--region", region, *_OWNER),
            *("--save", dsl.ConcatPlaceholder(["model=", model])),
        ],
    )


@dsl.container_component
def deploy_endpoint(  # noqa: PLR0913, PLR0917
    region: str,
    image: str,
    model_name: str,
    endpoint_config_name: str,
    endpoint_name: str,
    model_artifact_url: str,
    instance_type_1: str,
    role: str,
    instance_count: int,
    autoscaling: str,
    data_capture_percent: int,
    bake_seconds: int,
    endpoint: dsl.OutputPath(str),
    config: dsl.OutputPath(str),
) -> dsl.ContainerSpec:
    """Make the endpoint, or move it to the new model, with alarms that take it back.

    Args:
        region: Of AWS.
        image: In ECR.
        model_name: What the model's name begins with.
        endpoint_config_name: What the configuration's name begins with.
        endpoint_name: The endpoint's.
        model_artifact_url: The model in S3.
        instance_type_1: The machines of its one variant.
        role: The execution role.
        instance_count: How many machines.
        autoscaling: LEAST:MOST machines, by load; empty for a fixed number.
        data_capture_percent: The share of the traffic that is recorded; 0 for none.
        bake_seconds: How long alarms are watched after each step of an update.
        endpoint: Its name, once it is in service.
        config: The whole name of its configuration.
    """
    return dsl.ContainerSpec(
        image=DEPLOY_IMAGE,
        command=[*_DEPLOY, "endpoint"],
        args=[
            *("--name", endpoint_name, "--image", image, "--artifact", model_artifact_url),
            *("--role", role, "--model-name", model_name, "--config-name", endpoint_config_name),
            *("--instance-type", instance_type_1, "--instances", instance_count),
            dsl.ConcatPlaceholder(["--scale=", autoscaling]),
            *("--capture", data_capture_percent),
            *("--bake", bake_seconds),
            *("--region", region, *_OWNER),
            *("--save", dsl.ConcatPlaceholder(["endpoint=", endpoint])),
            *("--save", dsl.ConcatPlaceholder(["config=", config])),
        ],
    )


@dsl.container_component
def validate_endpoint(
    endpoint_name: str,
    rows: dsl.Input[dsl.Dataset],
    threshold: float,
    region: str,
    mean_error_cells: dsl.OutputPath(float),
) -> dsl.ContainerSpec:
    """Ask the endpoint about labelled scans, and fail where its answers are too far off.

    Args:
        endpoint_name: The endpoint's.
        rows: Scans whose cell is known.
        threshold: The mean error that is allowed, in cells.
        region: Of AWS.
        mean_error_cells: The mean error.
    """
    return dsl.ContainerSpec(
        image=DEPLOY_IMAGE,
        command=[*_DEPLOY, "validate"],
        args=[
            endpoint_name,
            rows.path,
            *("--most", threshold, "--region", region),
            *("--save", dsl.ConcatPlaceholder(["mean_error_cells=", mean_error_cells])),
        ],
    )
