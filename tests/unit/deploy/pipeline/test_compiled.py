import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from google.protobuf import json_format  # type: ignore[import-untyped]
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec, PlatformSpec

from container.errors import UserError
from deploy.pipeline import compiled, names
from tests.support.deploys import PROJECT

REFERENCE = {
    *("region", "image", "model_name", "endpoint_config_name", "endpoint_name"),
    *("model_artifact_url", "instance_type_1", "role"),
}
NEEDED = {
    "region": "eu-west-1",
    "image": "i",
    "role": "r",
    "bucket": "b",
    "model_artifact_url": "s3://b/m",
}
ASKING = {"fetch", "upload", "train", "gate", "model", "endpoint", "validate"}


@pytest.fixture(scope="module")
def text() -> str:
    return compiled.compiled()


@pytest.fixture(scope="module")
def spec(text: str) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(yaml.safe_load_all(text)))
    return found


@pytest.fixture(scope="module")
def pods(text: str) -> dict[str, Any]:
    """What Kubernetes gives each step, by executor."""
    _, platform = yaml.safe_load_all(text)
    found: dict[str, Any] = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return found


def tasks(spec: dict[str, Any]) -> list[dict[str, Any]]:
    dags = [spec["root"], *spec["components"].values()]
    found = [task for dag in dags if "dag" in dag for task in dag["dag"]["tasks"].values()]
    return [task for task in found if "condition" not in task["componentRef"]["name"]]


def test_the_committed_pipeline_is_that_of_the_source(text: str) -> None:
    assert compiled.COMMITTED.read_text(encoding="utf-8") == text, (
        "python -m deploy pipeline compile"
    )


def test_both_documents_are_what_kubeflow_reads(text: str) -> None:
    pipeline, platform = yaml.safe_load_all(text)
    parsed = json_format.ParseDict(pipeline, PipelineSpec())
    assert parsed.pipeline_info.name == names.PIPELINE
    kubernetes = json_format.ParseDict(platform, PlatformSpec()).platforms["kubernetes"]
    for executor in kubernetes.deployment_spec.executors.values():
        json_format.ParseDict(json_format.MessageToDict(executor), KubernetesExecutorConfig())
    assert len(kubernetes.deployment_spec.executors) == len(tasks(pipeline))


def test_it_takes_the_names_of_the_reference_and_defaults_for_ours(text: str) -> None:
    declared = compiled.parameters(text)
    assert declared.keys() >= REFERENCE
    ours = {name for name in declared if name not in REFERENCE}
    assert [name for name in ours if "defaultValue" not in declared[name]] == ["bucket"]


def test_steps_are_commands_that_exist(spec: dict[str, Any]) -> None:
    from deploy.__main__ import COMMANDS

    commands = {
        name: executor["container"]["command"]
        for name, executor in spec["deploymentSpec"]["executors"].items()
    }
    trainer = commands.pop("exec-train-on-cluster")
    assert trainer[-4:] == ["python", "-m", "container", "train"]
    assert {command[3] for command in commands.values()} == ASKING <= COMMANDS.keys()
    assert all(command[:3] == ["python", "-m", "deploy"] for command in commands.values())


def test_every_step_is_repeated_and_none_is_taken_from_a_cache(spec: dict[str, Any]) -> None:
    found = tasks(spec)
    assert len(found) == 9
    assert all(each["retryPolicy"]["maxRetryCount"] == 3 for each in found)
    assert not any(each["cachingOptions"].get("enableCache") for each in found)


def test_every_step_has_limits_and_a_user_who_is_not_root(
    spec: dict[str, Any], pods: dict[str, Any]
) -> None:
    for name, executor in spec["deploymentSpec"]["executors"].items():
        resources = executor["container"]["resources"]
        assert {
            "resourceMemoryLimit",
            "resourceCpuLimit",
            "resourceMemoryRequest",
        } <= resources.keys()
        context = pods[name]["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] == str(names.USER)


def test_secrets_are_named_by_a_parameter_and_may_be_missing(pods: dict[str, Any]) -> None:
    for name, each in pods.items():
        if name == "exec-train-on-cluster":
            assert "secretAsEnv" not in each
            continue
        (secret,) = each["secretAsEnv"]
        assert secret["optional"] is True
        assert "secret_name" in secret["secretNameParameter"]["componentInputParameter"]
        assert [key["envVar"] for key in secret["keyToEnv"]] == list(names.SECRET_KEYS)


def test_no_key_stands_in_it(text: str) -> None:
    assert not re.search(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])", text)


def test_images_are_put_in_for_parameters(text: str) -> None:
    images = {"train_image": "mine:1", "deploy_image": "steps:2"}
    spec = next(iter(yaml.safe_load_all(compiled.with_images(text, images))))
    found = {each["container"]["image"] for each in spec["deploymentSpec"]["executors"].values()}
    assert found == {"mine:1", "steps:2"}


def test_arguments_get_the_types_of_the_pipeline(text: str) -> None:
    given = {**NEEDED, "instance_count": "3", "gate_slack": "0", "hyperparameters": '{"epochs": 2}'}
    found = compiled.arguments(text, given)
    assert (found["instance_count"], found["gate_slack"]) == (3, 0.0)
    assert isinstance(found["data_capture_percent"], int)
    assert found["hyperparameters"] == {"epochs": 2}
    assert found["train_on"] == names.ON_CLUSTER


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"color": "red"}, "no parameter color"),
        ({"instance_count": "two"}, "instance_count is 'two'"),
        ({"hyperparameters": "[1]"}, "hyperparameters is"),
        ({"train_on": "sagmaker"}, "train_on is 'sagmaker'"),
    ],
)
def test_wrong_arguments_are_named_together(text: str, given: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        compiled.arguments(text, given)
    assert "region is missing" in caught.value.message


def test_no_command_loads_what_the_deploy_image_does_not_have() -> None:
    heavy = ("kfp", "yaml", "docker", "numpy", "matplotlib")
    code = f"import sys, deploy.__main__; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
