"""`Estimator.deploy` and its Predictor in the local mode of SDK V2."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.sdk.harness import Harness


@pytest.fixture(scope="module")
def predictor(estimator: Any, harness: Harness) -> Iterator[Any]:
    """An endpoint; deleted at the end, when the server has ten seconds to stop (C7.14)."""
    # A local endpoint answers when `deploy` returns; to wait for it would take half a minute more.
    made = estimator.deploy(initial_instance_count=1, instance_type="local", wait=False)
    server = harness.newest()
    yield made
    made.delete_endpoint()
    assert server.exit_code == 0, server.log


def _answer(predictor: Any, serializer: Any, body: object, **options: str) -> Any:
    from sagemaker.deserializers import JSONDeserializer

    predictor.serializer, predictor.deserializer = serializer, JSONDeserializer()
    return predictor.predict(body, **options)


def _asked_in_json(predictor: Any, harness: Harness, **options: str) -> Any:
    from sagemaker.serializers import JSONSerializer

    return _answer(predictor, JSONSerializer(), {"instances": harness.rows}, **options)


def test_a_local_endpoint_is_in_service(predictor: Any) -> None:
    client = predictor.sagemaker_session.sagemaker_client

    assert client.describe_endpoint(predictor.endpoint_name)["EndpointStatus"] == "InService"


@pytest.mark.parametrize("serializer", ["CSVSerializer", "JSONLinesSerializer", "NumpySerializer"])
def test_every_serializer_is_understood(predictor: Any, harness: Harness, serializer: str) -> None:
    import sagemaker.serializers

    body: object = harness.rows
    if serializer == "NumpySerializer":
        body = np.asarray(harness.rows, np.float32)
    answer = _answer(predictor, getattr(sagemaker.serializers, serializer)(), body)

    assert len(answer["predictions"]) == len(harness.rows)
    assert answer == _asked_in_json(predictor, harness)


@pytest.mark.parametrize(
    "deserializer", ["CSVDeserializer", "JSONLinesDeserializer", "NumpyDeserializer"]
)
def test_every_deserializer_understands(
    predictor: Any, harness: Harness, deserializer: str
) -> None:
    import sagemaker.deserializers
    from sagemaker.serializers import CSVSerializer

    predictor.serializer = CSVSerializer()
    predictor.deserializer = getattr(sagemaker.deserializers, deserializer)()

    assert len(predictor.predict(harness.rows)) == len(harness.rows)


def test_headers_of_the_platform_change_nothing(predictor: Any, harness: Harness) -> None:
    plain = _asked_in_json(predictor, harness)

    with_headers = _asked_in_json(
        predictor,
        harness,
        target_model="another.tar.gz",  # C7.16
        target_variant="AllTraffic",
        inference_id="question-1",
        custom_attributes="trace=1",
    )

    assert with_headers == plain


def test_an_error_is_an_answer_that_explains(predictor: Any) -> None:
    from sagemaker.serializers import CSVSerializer

    answer = _answer(predictor, CSVSerializer(), [[-70.0, -80.0]])  # the status is lost, C7.13

    assert set(answer) == {"error"}
    assert "13" in answer["error"]["message"]
