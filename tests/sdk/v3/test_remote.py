"""The SDK's resources in their ordinary, remote mode, against the laptop's AWS."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import ContainerDefinition, ProductionVariant

from tests.sdk.remote import pointed
from tests.support.offering import Offer


@pytest.fixture(scope="module")
def offer(surroundings: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offer]:
    with pointed(tmp_path_factory.mktemp("aws")) as offer:
        yield offer


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
    container = ContainerDefinition(
        image=offer.image,
        model_data_url=offer.archive,
        environment={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
    )
    model = Model.create(
        model_name="v3", primary_container=container, execution_role_arn=offer.role
    )
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
