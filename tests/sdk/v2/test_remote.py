"""The SDK's classes in their ordinary, remote mode, against the laptop's AWS with Docker."""

import contextlib
import io
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from model.blerssi import data, simulate
from tests.sdk.harness import image
from tests.sdk.remote import pointed
from tests.support.offering import Offer
from train import metrics
from train.tuning import sagemaker
from train.tuning.space import space

# A scan near to each beacon in turn.
ROWS = [[-200] * at + [-60] + [-200] * (12 - at) for at in range(13)]


@pytest.fixture(scope="module")
def offer(surroundings: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offer]:
    with pointed(tmp_path_factory.mktemp("aws"), image()) as offer:
        yield offer


@pytest.fixture(scope="module")
def session(offer: Offer) -> Any:
    """With a bucket of its own: to find its default one, the SDK asks AWS's STS by its address."""
    import boto3
    from sagemaker import Session

    return Session(boto3.Session(), default_bucket=offer.bucket)


def predictor(name: str, session: Any) -> Any:
    from sagemaker.deserializers import JSONDeserializer
    from sagemaker.predictor import Predictor
    from sagemaker.serializers import JSONSerializer

    return Predictor(name, session, serializer=JSONSerializer(), deserializer=JSONDeserializer())


def model(offer: Offer, session: Any, name: str) -> Any:
    """A model with a name: the SDK makes one of an image's digest that SageMaker refuses."""
    from sagemaker.model import Model

    return Model(
        name=name,
        image_uri=offer.image,
        model_data=offer.archive,
        role=offer.role,
        env={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
        sagemaker_session=session,
    )


def test_a_predictor_asks_and_is_refused(offer: Offer, session: Any) -> None:
    found = predictor(offer.endpoint, session)
    assert found.predict({"size": 2})["body"] == "xx"
    assert found.predict({}, target_variant="AllTraffic")["model"] == offer.endpoint
    with pytest.raises(ClientError, match="Received client error") as caught:
        found.predict({"refuse": "not these"})
    assert caught.value.response["OriginalStatusCode"] == 422


def test_a_model_is_deployed_updated_and_deleted(offer: Offer, session: Any) -> None:
    model(offer, session, "v2").deploy(1, "ml.m5.large", endpoint_name="v2", wait=False)
    session.wait_for_endpoint("v2", poll=1)
    found = predictor("v2", session)
    assert found.predict({})["model"] == offer.endpoint
    found.update_endpoint(initial_instance_count=2, instance_type="ml.m5.large", wait=False)
    session.wait_for_endpoint("v2", poll=1)
    variant = session.sagemaker_client.describe_endpoint(EndpointName="v2")["ProductionVariants"][0]
    assert variant["CurrentInstanceCount"] == 2
    found.delete_model()
    found.delete_endpoint()


def test_an_asynchronous_predictor_gets_its_answer(offer: Offer, session: Any) -> None:
    from sagemaker.async_inference import AsyncInferenceConfig
    from sagemaker.async_inference.waiter_config import WaiterConfig
    from sagemaker.deserializers import JSONDeserializer
    from sagemaker.predictor import Predictor
    from sagemaker.serializers import JSONSerializer

    config = AsyncInferenceConfig(output_path=f"s3://{offer.bucket}/answers")
    deployed = model(offer, session, "v2-queued")
    deployed.predictor_cls = Predictor
    found = deployed.deploy(
        1,
        "ml.m5.large",
        endpoint_name="v2-queued",
        serializer=JSONSerializer(),
        deserializer=JSONDeserializer(),
        async_inference_config=config,
        wait=False,
    )
    session.wait_for_endpoint("v2-queued", poll=1)
    answer = found.predict_async(data={"size": 3})
    result = answer.get_result(WaiterConfig(max_attempts=60, delay=1))
    assert (json.loads(result) if isinstance(result, str) else result)["body"] == "xxx"
    found.delete_endpoint()


@pytest.fixture(scope="module")
def channels(session: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Simulated scans in the bucket."""
    folder = tmp_path_factory.mktemp("scans")
    channels = {}
    simulated = simulate.simulate_pair(seed=0, visits_per_cell=1)
    for name, scans in zip(("training", "validation"), simulated, strict=True):
        data.write(folder / f"{name}.csv", scans)
        key = session.upload_data(str(folder / f"{name}.csv"), key_prefix=f"scans/{name}")
        channels[name] = key.rpartition("/")[0]
    return channels


@pytest.fixture(scope="module")
def estimator(offer: Offer, session: Any, channels: dict[str, str]) -> Any:
    """One that has trained from S3 and to S3, and what it printed meanwhile."""
    from sagemaker.estimator import Estimator

    made = Estimator(
        image_uri=offer.image,
        role=offer.role,
        base_job_name="v2",
        instance_count=1,
        instance_type="ml.m5.large",
        output_path=f"s3://{offer.bucket}/trained",
        sagemaker_session=session,
        hyperparameters={"epochs": 2},
        metric_definitions=metrics.definitions(),
        environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        made.fit(channels)
    made.printed = printed.getvalue()
    return made


def test_an_estimator_shows_the_log_of_the_training(estimator: Any) -> None:
    assert "epoch=1 train_loss=" in estimator.printed
    assert "epoch=2 train_loss=" in estimator.printed


def test_an_estimator_knows_its_metrics(estimator: Any) -> None:
    figures = estimator.training_job_analytics.dataframe()
    assert set(figures["metric_name"]) >= {"train_loss", metrics.OBJECTIVE}
    assert all(map(math.isfinite, figures["value"]))


def test_an_estimator_is_found_again(estimator: Any, offer: Offer, session: Any) -> None:
    from sagemaker.estimator import Estimator

    name = estimator.latest_training_job.name
    found = Estimator.attach(name, sagemaker_session=session)
    assert found.model_data == estimator.model_data
    assert estimator.model_data.startswith(f"s3://{offer.bucket}/trained/")


def test_a_tuner_searches_the_declared_ranges(estimator: Any, channels: dict[str, str]) -> None:
    from sagemaker.tuner import CategoricalParameter, ContinuousParameter, HyperparameterTuner

    ranges = sagemaker.ranges(space({}).ranges)
    numbers = {
        each["Name"]: ContinuousParameter(
            float(each["MinValue"]), float(each["MaxValue"]), each["ScalingType"]
        )
        for each in ranges["ContinuousParameterRanges"]
    }
    choices = {
        each["Name"]: CategoricalParameter(each["Values"])
        for each in ranges["CategoricalParameterRanges"]
    }
    tuner = HyperparameterTuner(
        estimator,
        metrics.OBJECTIVE,
        numbers | choices,
        metrics.definitions(),
        strategy="Random",
        objective_type="Minimize",
        max_jobs=2,
        max_parallel_jobs=2,
        base_tuning_job_name="v2-tuned",
    )
    tuner.fit(channels)
    tried = tuner.analytics().dataframe()
    assert set(tried["TrainingJobStatus"]) == {"Completed"}
    assert {*numbers, *choices} <= set(tried.columns)
    best = tried.loc[tried["FinalObjectiveValue"].idxmin(), "TrainingJobName"]
    assert tuner.best_training_job() == best


def test_what_an_estimator_has_learned_is_served(estimator: Any, session: Any) -> None:
    from sagemaker.deserializers import CSVDeserializer
    from sagemaker.predictor import Predictor
    from sagemaker.serializers import CSVSerializer

    estimator.deploy(1, "ml.m5.large", endpoint_name="v2-trained", wait=False)
    session.wait_for_endpoint("v2-trained", poll=1)
    in_json = predictor("v2-trained", session)
    answer = in_json.predict({"instances": ROWS})
    in_csv = Predictor("v2-trained", session, CSVSerializer(), CSVDeserializer())
    locations = [row[0] for row in in_csv.predict(ROWS)]
    assert locations == [each["location"] for each in answer["predictions"]]
    assert len(set(locations)) > 1
    in_json.delete_endpoint()
    waiter = session.sagemaker_client.get_waiter("endpoint_deleted")
    waiter.wait(EndpointName="v2-trained", WaiterConfig={"Delay": 1, "MaxAttempts": 90})


def test_what_an_estimator_has_learned_answers_a_batch(
    estimator: Any, offer: Offer, session: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "".join(f"{','.join(map(str, row))}\n" for row in ROWS)
    session.upload_string_as_file_body(lines, offer.bucket, "rows/rows.csv")
    transformer = estimator.transformer(
        1,
        "ml.m5.large",
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        output_path=f"s3://{offer.bucket}/batch",
    )
    transformer.transform(
        f"s3://{offer.bucket}/rows/",
        content_type="text/csv",
        split_type="Line",
        join_source="Input",
        wait=False,
    )
    name = transformer.latest_transform_job.name
    waiter = session.sagemaker_client.get_waiter("transform_job_completed_or_stopped")
    waiter.wait(TransformJobName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 90})
    session.logs_for_transform_job(name, wait=False)
    assert "Serving /opt/ml/model" in capsys.readouterr().out
    answers = session.read_s3_file(offer.bucket, "batch/rows.csv.out").splitlines()
    asked = [line.split(",")[:13] for line in answers]
    assert asked == [list(map(str, row)) for row in ROWS]
    assert len({line.split(",")[13] for line in answers}) > 1
