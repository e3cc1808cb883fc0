"""The manifests as kubectl renders them; no cluster is needed, and none is asked."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.pipeline import names
from tests.support.deploys import PROJECT

FOLDER = PROJECT / "deploy" / "manifests"
KUBECTL = Path(sys.executable).with_name("kubectl")
OVERLAYS = ("ucs", "eks")
VERSIONS = ("1.31", "1.34")
OF_KUBEFLOW = "kubeflow.org/v1alpha1"  # a kind of its own, which Kubernetes cannot judge

Thing = dict[str, Any]


@cache
def rendered(overlay: str) -> dict[str, Thing]:
    """Give what an overlay comes to, by kind and name."""
    command = [str(KUBECTL), "kustomize", str(FOLDER / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [each for each in yaml.safe_load_all(done.stdout) if each]
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in found}


@pytest.fixture(params=OVERLAYS)
def things(request: pytest.FixtureRequest) -> dict[str, Thing]:
    return rendered(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_all_of_it(things: dict[str, Thing], version: str) -> None:
    for each in things.values():
        if each["apiVersion"] != OF_KUBEFLOW:
            kubernetes_validate.validate(each, version, strict=True)


def test_what_the_pipeline_names_is_there(things: dict[str, Thing]) -> None:
    for wanted in (
        f"Namespace/{names.NAMESPACE}",
        f"ServiceAccount/{names.SERVICE_ACCOUNT}",
        f"PersistentVolumeClaim/{names.DATA_CLAIM}",
        f"PersistentVolumeClaim/{names.CHECKPOINT_CLAIM}",
    ):
        assert wanted in things
    for key, each in things.items():
        if not key.startswith("Namespace/"):
            assert each["metadata"]["namespace"] == names.NAMESPACE


def test_volumes_are_shared_between_nodes(things: dict[str, Thing]) -> None:
    claims = [each for key, each in things.items() if key.startswith("PersistentVolumeClaim/")]
    assert len(claims) == 2
    assert all(each["spec"]["accessModes"] == ["ReadWriteMany"] for each in claims)
    assert all(each["spec"]["storageClassName"] for each in claims)


def test_the_training_job_may_do_next_to_nothing(things: dict[str, Thing]) -> None:
    pod = things["Job/blerssi-train"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == names.USER
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} == container["resources"]["limits"].keys()


def test_the_training_jobs_flags_are_those_of_training(things: dict[str, Thing]) -> None:
    from train import arguments

    (container,) = things["Job/blerssi-train"]["spec"]["template"]["spec"]["containers"]
    verb, *flags = container["args"]
    assert verb == "train"
    assert set(arguments.parse(flags).channels) == {"training", "validation"}


def test_the_secret_is_a_template_and_its_keys_are_the_pipelines() -> None:
    things = rendered("ucs")
    secret = things[f"Secret/{names.SECRET}"]
    assert not secret.keys() & {"data", "stringData"}
    env = things[f"PodDefault/{names.SECRET}"]["spec"]["env"]
    assert [each["name"] for each in env] == list(names.SECRET_KEYS)
    assert {each["valueFrom"]["secretKeyRef"]["name"] for each in env} == {names.SECRET}


def test_a_role_of_aws_needs_no_keys() -> None:
    assert not [key for key in rendered("eks") if key.startswith(("Secret/", "PodDefault/"))]
