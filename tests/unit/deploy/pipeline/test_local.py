import io
from typing import Any, cast

import pytest

from deploy.aws import Aws
from deploy.pipeline import local
from deploy.pipeline.local import PipelineError
from deploy.screen import Screen

OUTPUTS = {
    "artifact_url": "s3://bucket/models/1/model.tar.gz",
    "model_name": "blerssi-1",
    "endpoint_config_name": "blerssi-2",
    "endpoint_name": "blerssi",
    "mean_error_cells": 2.0,
}
VALUES = {"validation_threshold": 4.0}


class FakeAws:
    """Says what a good run has made, but for what a test changes."""

    def __init__(self, **changes: str) -> None:
        self._facts = {
            "status": "InService",
            "config": OUTPUTS["endpoint_config_name"],
            "model": OUTPUTS["model_name"],
            "artifact": OUTPUTS["artifact_url"],
            **changes,
        }

    def read(self, service: str, operation: str, **_: Any) -> dict[str, Any]:
        assert service == "sagemaker"
        facts = self._facts
        answers: dict[str, dict[str, Any]] = {
            "DescribeEndpoint": {
                "EndpointStatus": facts["status"],
                "EndpointConfigName": facts["config"],
            },
            "DescribeEndpointConfig": {"ProductionVariants": [{"ModelName": facts["model"]}]},
            "DescribeModel": {"PrimaryContainer": {"ModelDataUrl": facts["artifact"]}},
        }
        return answers[operation]


def check(outputs: dict[str, Any], **changes: str) -> None:
    local._check(cast("Aws", FakeAws(**changes)), VALUES, outputs)


def test_a_run_that_did_what_it_says_is_believed() -> None:
    check(OUTPUTS)


@pytest.mark.parametrize("name", sorted(OUTPUTS.keys() - {"mean_error_cells"}))
def test_a_run_without_a_result_is_not(name: str) -> None:
    with pytest.raises(PipelineError, match=f"without {name}"):
        check({**OUTPUTS, name: ""})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "Failed"}, "the endpoint's status is Failed, not InService"),
        ({"config": "older"}, "its configuration is older, not blerssi-2"),
        ({"model": "older"}, "its model is older"),
        ({"artifact": "s3://other"}, "the artefact is s3://other"),
    ],
)
def test_what_aws_has_otherwise_is_said(changes: dict[str, str], said: str) -> None:
    with pytest.raises(PipelineError, match=said):
        check(OUTPUTS, **changes)


@pytest.mark.parametrize("error", [4.1, "nan"])
def test_an_error_above_the_threshold_is_no_good_end(error: object) -> None:
    with pytest.raises(PipelineError, match="mean error"):
        check({**OUTPUTS, "mean_error_cells": error})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4566", "http://172.17.0.1:4566"),
        ("http://localhost:4566/", "http://172.17.0.1:4566/"),
        ("http://localhost", "http://172.17.0.1"),
        ("https://s3.example.com:9000", "https://s3.example.com:9000"),
    ],
)
def test_containers_reach_this_machine_over_the_bridge(url: str, expected: str) -> None:
    assert local._from_container(url, "172.17.0.1") == expected


def test_steps_get_keys_region_and_endpoints_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "secret")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    aws = Aws(Screen(io.StringIO()), region="eu-west-1")
    variables = {
        "AWS_ENDPOINT_URL_S3": "http://localhost:1", "AWS_PROFILE": "mine", "PATH": "/bin",
    }  # fmt: skip
    found = local._environment(aws, variables, "172.17.0.1")
    assert found["AWS_SECRET_ACCESS_KEY"] == "secret"  # noqa: S105
    assert found["AWS_REGION"] == "eu-west-1"
    assert found["AWS_ENDPOINT_URL_S3"] == "http://172.17.0.1:1"
    assert not found.keys() & {"AWS_PROFILE", "PATH", "AWS_SESSION_TOKEN"}
