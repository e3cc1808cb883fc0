"""The pipeline: the reference's three steps, with a gate before them and a proof behind them.

    fetch ──▶ train on the cluster ──▶ upload ──┐
      │       (or in SageMaker) ────────────────┴──▶ gate ──▶ model ──▶ endpoint ──▶ validate
      └── the same validation scans ─────────────────▲──────────────────────────────────▲

One parameter, `train_on`, moves the training from the pod to SageMaker; all else stays.
"""

# mypy: disable-error-code="untyped-decorator, valid-type, type-arg"
# (kfp has no types, and reads annotations as values)

from typing import NamedTuple

from kfp import dsl

from deploy.pipeline import components as steps
from deploy.pipeline import names, pods


class Result(NamedTuple):
    """What a run gives.

    Attributes:
        artifact_url: The model in S3.
        model_name: The model in SageMaker.
        endpoint_config_name: Its endpoint configuration.
        endpoint_name: The endpoint.
        mean_error_cells: How far off its answers are.
    """

    artifact_url: str
    model_name: str
    endpoint_config_name: str
    endpoint_name: str
    mean_error_cells: float


@dsl.pipeline(
    name=names.PIPELINE,
    description="Trains on the cluster or in SageMaker, and serves from a SageMaker endpoint.",
)
def hybrid(  # noqa: PLR0913, PLR0917 - the parameters of a run
    region: str,
    image: str,
    model_artifact_url: str,
    role: str,
    bucket: str,
    model_name: str = "blerssi",
    endpoint_config_name: str = "blerssi",
    endpoint_name: str = "blerssi",
    instance_type_1: str = "ml.m5.large",
    instance_count: int = 2,
    autoscaling: str = "",
    data_capture_percent: int = 0,
    bake_seconds: int = 300,
    training_data: str = "data/training.csv",
    validation_data: str = "data/validation.csv",
    hyperparameters: dict = {},  # noqa: B006 - kfp reads defaults, and nothing changes them
    train_on: str = names.ON_CLUSTER,
    training_instance_type: str = "ml.m5.large",
    gate_slack: float = 0.1,
    validation_threshold: float = 4.0,
    secret_name: str = names.SECRET,
    train_image: str = names.TRAIN_IMAGE,
    deploy_image: str = names.DEPLOY_IMAGE,
) -> Result:
    """Train, upload, compare, deploy, validate.

    Args:
        region: Of everything in AWS.
        image: The image of endpoint and training job, in ECR, best by its digest.
        model_artifact_url: s3://BUCKET/PREFIX, where models are kept.
        role: The execution role that SageMaker assumes.
        bucket: Where the scans are, if they are given by their key.
        model_name: What models' names begin with.
        endpoint_config_name: What configurations' names begin with.
        endpoint_name: The endpoint's name.
        instance_type_1: The endpoint's machines.
        instance_count: How many; two or more stand in different zones.
        autoscaling: LEAST:MOST machines, by load; empty for a fixed number.
        data_capture_percent: The share of the traffic that is recorded; 0 for none.
        bake_seconds: How long alarms are watched after each step of an update.
        training_data: The scans to learn from: their key in the bucket, s3://BUCKET/KEY, or a path
            on the data volume.
        validation_data: The scans to judge by, likewise.
        hyperparameters: Text, numbers and lists by name.
        train_on: `kubeflow`, or `sagemaker`.
        training_instance_type: The machine of a training job in SageMaker.
        gate_slack: How much worse than the live model the new one may be, in cells.
        validation_threshold: The mean error that the endpoint may have, in cells.
        secret_name: Has the keys of AWS; where there is no such secret, the pod's role counts.
        train_image: The product image as the cluster pulls it.
        deploy_image: The image of the other steps as the cluster pulls it.
    """
    asker = pods.Asker(deploy_image, secret_name)

    rows = asker.step(
        steps.fetch_scans(source=validation_data, bucket=bucket, region=region), "fetch-validation"
    )
    pods.with_data(rows)
    with dsl.If(train_on == names.ON_CLUSTER, name="on-the-cluster"):
        scans = asker.step(
            steps.fetch_scans(source=training_data, bucket=bucket, region=region), "fetch-training"
        )
        pods.with_data(scans)
        job = steps.train_on_cluster(
            training=scans.outputs["scans"],
            validation=rows.outputs["scans"],
            hyperparameters=hyperparameters,
        )
        pods.as_trainer(job, train_image)
        upload = asker.step(
            steps.upload_model(
                job=job.outputs["job"], model_artifact_url=model_artifact_url, region=region
            ),
            "upload",
        )
    with dsl.Else(name="in-sagemaker"):
        elsewhere = asker.step(
            steps.train_on_sagemaker(
                image=image,
                role=role,
                training=training_data,
                validation=validation_data,
                bucket=bucket,
                hyperparameters=hyperparameters,
                model_artifact_url=model_artifact_url,
                instance_type=training_instance_type,
                region=region,
            ),
            "train-in-sagemaker",
        )
    artifact_url = dsl.OneOf(upload.outputs["artifact_url"], elsewhere.outputs["artifact_url"])

    gate = asker.step(
        steps.compare_with_live(
            artifact_url=artifact_url,
            endpoint_name=endpoint_name,
            rows=rows.outputs["scans"],
            slack=gate_slack,
            region=region,
        ),
        "gate",
    )
    model = asker.step(
        steps.create_model(
            region=region,
            image=image,
            model_name=model_name,
            endpoint_name=endpoint_name,
            model_artifact_url=artifact_url,
            role=role,
        ).after(gate),
        "create-model",
    )
    endpoint = asker.step(
        steps.deploy_endpoint(
            region=region,
            image=image,
            model_name=model_name,
            endpoint_config_name=endpoint_config_name,
            endpoint_name=endpoint_name,
            model_artifact_url=artifact_url,
            instance_type_1=instance_type_1,
            role=role,
            instance_count=instance_count,
            autoscaling=autoscaling,
            data_capture_percent=data_capture_percent,
            bake_seconds=bake_seconds,
        ).after(model),
        "deploy-endpoint",
    )
    proof = asker.step(
        steps.validate_endpoint(
            endpoint_name=endpoint.outputs["endpoint"],
            rows=rows.outputs["scans"],
            threshold=validation_threshold,
            region=region,
        ),
        "validate",
    )
    return Result(
        artifact_url,
        model.outputs["model"],
        endpoint.outputs["config"],
        endpoint.outputs["endpoint"],
        proof.outputs["mean_error_cells"],
    )
