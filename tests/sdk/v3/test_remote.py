"""The SDK's resources in their ordinary, remote mode, against the laptop's AWS."""

import json
import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from sagemaker.core.helper.iam_role_resolver import RoleValidationError
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, TrainingJob, TransformJob
from sagemaker.core.shapes import (
    ContainerDefinition,
    MetricDefinition,
    ProductionVariant,
    TransformDataSource,
    TransformInput,
    TransformOutput,
    TransformResources,
    TransformS3DataSource,
)
from sagemaker.core.training.configs import Compute, InputData, OutputDataConfig

from model.blerssi import data, simulate
from tests.sdk.remote import pointed
from tests.support.offering import Offer


@pytest.fixture(scope="module")
def offer(surroundings: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offer]:
    with pointed(tmp_path_factory.mktemp("aws")) as offer:
        yield offer


@pytest.fixture(scope="module")
def session(offer: Offer) -> Any:
    """With a bucket of its own: to find its default one, the SDK asks AWS's STS by its address."""
    return Session(default_bucket=offer.bucket)


@pytest.fixture(scope="module")
def trusted(offer: Offer) -> str:
    """A role that may all that the SDK insists on before it trains, network interfaces too."""
    iam = boto3.client("iam")
    trust = {"Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
    arn: str = iam.create_role(RoleName="trusted", AssumeRolePolicyDocument=policy(**trust))[
        "Role"
    ]["Arn"]
    everything = policy(Action="*", Resource="*")
    iam.put_role_policy(RoleName="trusted", PolicyName="all", PolicyDocument=everything)
    return arn


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def make_model(offer: Offer, name: str, archive: str) -> Any:
    container = ContainerDefinition(
        image=offer.image,
        model_data_url=archive,
        environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
    )
    return Model.create(model_name=name, primary_container=container, execution_role_arn=offer.role)


def ask(endpoint: Any, wish: dict[str, Any]) -> Any:
    found = endpoint.invoke(body=json.dumps(wish).encode(), content_type="application/json")
    return json.loads(found.body.read() if hasattr(found.body, "read") else found.body)


def test_resources_are_found_and_asked(offer: Offer) -> None:
    endpoint = Endpoint.get(offer.endpoint)
    assert endpoint.endpoint_status == "InService"
    assert ask(endpoint, {"size": 2})["body"] == "xx"
    assert offer.endpoint in [each.endpoint_name for each in Endpoint.get_all()]
    with pytest.raises(ClientError, match="Received client error"):
        ask(endpoint, {"refuse": "not these"})


def test_resources_are_made_and_deleted(offer: Offer) -> None:
    model = make_model(offer, "v3", offer.archive)
    variant = ProductionVariant(
        variant_name="AllTraffic",
        model_name="v3",
        initial_instance_count=1,
        instance_type="ml.m5.large",
    )
    config = EndpointConfig.create(endpoint_config_name="v3", production_variants=[variant])
    endpoint = Endpoint.create(endpoint_name="v3", endpoint_config_name="v3")
    endpoint.wait_for_status("InService", poll=1)
    assert ask(endpoint, {})["model"] == offer.endpoint
    endpoint.delete()
    endpoint.wait_for_delete(poll=1)
    config.delete()
    model.delete()
    assert "v3" not in [each.model_name for each in Model.get_all()]


def trainer(offer: Offer, session: Any, role: str) -> Any:
    from sagemaker.train.model_trainer import ModelTrainer  # which warns of itself

    return ModelTrainer(
        training_image=offer.image,
        role=role,
        sagemaker_session=session,
        base_job_name="v3",
        compute=Compute(instance_type="ml.m5.large", instance_count=1),
        hyperparameters={"epochs": 2},
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{offer.bucket}/trained"),
    )


def test_a_role_is_looked_at_before_it_trains(offer: Offer, session: Any) -> None:
    with pytest.raises(RoleValidationError, match="ecr:GetAuthorizationToken"):
        trainer(offer, session, offer.role)


def test_a_trainer_trains_and_what_it_has_learned_answers_a_batch(
    offer: Offer,
    session: Any,
    trusted: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    channels = []
    simulated = simulate.simulate_pair(seed=0, visits_per_cell=1)
    for name, scans in zip(("training", "validation"), simulated, strict=True):
        data.write(tmp_path / f"{name}.csv", scans)
        channels.append(InputData(channel_name=name, data_source=str(tmp_path / f"{name}.csv")))
    made = trainer(offer, session, trusted).with_metric_definitions(
        [MetricDefinition(name="loss", regex=r"\btrain_loss=([0-9.]+)")]
    )

    with caplog.at_level(logging.INFO):
        made.train(channels)  # uploads, waits, and shows the log meanwhile

    job = TrainingJob.get(made._latest_training_job.training_job_name)
    assert job.training_job_status == "Completed"
    (metric,) = job.final_metric_data_list
    assert metric.metric_name == "loss"
    assert math.isfinite(metric.value)
    assert "epoch=2 train_loss=" in caplog.text
    answers_a_batch(offer, session, make_model(offer, "v3-trained", _archive(job)))


def _archive(job: Any) -> str:
    archive: str = job.model_artifacts.s3_model_artifacts
    return archive


def answers_a_batch(offer: Offer, session: Any, model: Any) -> None:
    rows = "".join(f"{','.join(['-70'] * 13)}\n" for _ in range(3))
    session.upload_string_as_file_body(rows, offer.bucket, "rows/rows.csv")
    source = TransformS3DataSource(s3_data_type="S3Prefix", s3_uri=f"s3://{offer.bucket}/rows/")
    job = TransformJob.create(
        transform_job_name="v3",
        model_name=model.model_name,
        batch_strategy="MultiRecord",
        transform_input=TransformInput(
            data_source=TransformDataSource(s3_data_source=source),
            content_type="text/csv",
            split_type="Line",
        ),
        transform_output=TransformOutput(
            s3_output_path=f"s3://{offer.bucket}/batch", accept="text/csv", assemble_with="Line"
        ),
        transform_resources=TransformResources(instance_type="ml.m5.large", instance_count=1),
    )
    job.wait(poll=1)
    assert len(session.read_s3_file(offer.bucket, "batch/rows.csv.out").split()) == 3
