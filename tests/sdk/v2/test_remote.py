"""The SDK's classes in their ordinary, remote mode, against the laptop's AWS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

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
    import boto3
    from sagemaker import Session

    return Session(boto3.Session(), default_bucket=offer.bucket)


def predictor(name: str, session: Any) -> Any:
    from sagemaker.deserializers import JSONDeserializer
    from sagemaker.predictor import Predictor
    from sagemaker.serializers import JSONSerializer

    return Predictor(name, session, serializer=JSONSerializer(), deserializer=JSONDeserializer())


def model(offer: Offer, session: Any) -> Any:
    from sagemaker.model import Model

    return Model(
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
    model(offer, session).deploy(1, "ml.m5.large", endpoint_name="v2", wait=False)
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
    deployed = model(offer, session)
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


def test_an_estimator_trains_and_what_it_has_learned_is_served(
    offer: Offer, session: Any, tmp_path: Path
) -> None:
    from sagemaker.estimator import Estimator

    simulated = simulate.simulate_pair(seed=0, visits_per_cell=1)
    channels = {}
    for name, scans in zip(("training", "validation"), simulated, strict=True):
        data.write(tmp_path / f"{name}.csv", scans)
        key = session.upload_data(str(tmp_path / f"{name}.csv"), key_prefix=f"scans/{name}")
        channels[name] = key.rpartition("/")[0]
    estimator = Estimator(
        image_uri=offer.image,
        role=offer.role,
        instance_count=1,
        instance_type="ml.m5.large",
        output_path=f"s3://{offer.bucket}/trained",
        sagemaker_session=session,
        hyperparameters={"epochs": 2},
        environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
    )
    estimator.fit(channels, wait=False)
    session.wait_for_job(estimator.latest_training_job.name, poll=1)
    assert estimator.model_data.startswith(f"s3://{offer.bucket}/trained/")
    estimator.deploy(1, "ml.m5.large", endpoint_name="v2-trained", wait=False)
    session.wait_for_endpoint("v2-trained", poll=1)
    found = predictor("v2-trained", session)
    answer = found.predict({"instances": [[-70] * 13]})
    assert answer["predictions"][0]["location"]
    found.delete_endpoint()
