"""Endpoints of the real image: containers that serve, fail, are replaced and leave nothing."""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from botocore.exceptions import ClientError, WaiterError

from local_test.aws.laptop import Laptop
from local_test.docker_runner import LABEL
from tests.support import library
from tests.support.crowd import asking
from tests.support.hosting import BUCKET, Hosting
from tests.support.waiting import until


@pytest.fixture(scope="module")
def hosting(aws: Laptop) -> Hosting:
    return Hosting.prepared(aws)


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    client = docker.from_env()
    yield client
    client.close()


def containers(engine: Any, hosting: Hosting, name: str) -> list[Any]:
    """The running containers that serve an endpoint's model, which is mounted from its folder."""
    folder = str(hosting.aws.cloud.folder / "endpoints" / name)
    return [
        each
        for each in engine.containers.list(filters={"label": LABEL})
        if any(mount["Source"].startswith(folder) for mount in each.attrs["Mounts"])
    ]


def test_a_trained_model_is_served_by_two_containers(
    hosting: Hosting, engine: Any, tmp_path: Path
) -> None:
    archive = library.archive(tmp_path / "model.tar.gz").read_bytes()
    name = hosting.config(hosting.model("library", archive), count=2)
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    hosting.wait(name)
    found = containers(engine, hosting, name)
    assert len(found) == 2
    assert all(not mount["RW"] for each in found for mount in each.attrs["Mounts"])
    answer = hosting.runtime.invoke_endpoint(
        EndpointName=name, Body=",".join(["-70"] * 13), ContentType="text/csv", Accept="text/csv"
    )
    assert re.match(rb"[A-Z]\d\d,0\.\d+", answer["Body"].read())
    with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
        hosting.runtime.invoke_endpoint(EndpointName=name, Body="a,b", ContentType="text/csv")
    assert caught.value.response["OriginalStatusCode"] == 400
    assert json.loads(caught.value.response["OriginalMessage"])["error"]["problems"]
    hosting.delete(name)
    assert not containers(engine, hosting, name)


@pytest.mark.parametrize("end", ["kill", "remove"])
def test_a_container_that_dies_is_replaced(hosting: Hosting, engine: Any, end: str) -> None:
    name = hosting.endpoint(f"mortal-{end}", count=2)
    victim = containers(engine, hosting, name)[0]
    {"kill": victim.kill, "remove": functools.partial(victim.remove, force=True)}[end]()

    def replaced() -> bool:
        found = {each.id for each in containers(engine, hosting, name)}
        return len(found) == 2 and victim.id not in found

    until(replaced, "a replacement")
    until(lambda: hosting.describe(name)["ProductionVariants"][0]["CurrentInstanceCount"] == 2)
    with asking(hosting, name, clients=4) as crowd:
        until(lambda: crowd.answers[name] > 20, "answers")
    assert (crowd.errors, crowd.lost) == ({}, [])
    hosting.delete(name)


def test_an_update_exchanges_containers_without_losing_a_request(
    hosting: Hosting, engine: Any
) -> None:
    name = hosting.endpoint("exchanged")
    after = hosting.config(hosting.model("exchanged-2"))
    before = {each.id for each in containers(engine, hosting, name)}
    with asking(hosting, name) as crowd:
        hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=after)
        hosting.wait(name)
    assert (crowd.errors, crowd.lost) == ({}, [])

    def is_exchanged() -> bool:
        found = {each.id for each in containers(engine, hosting, name)}
        return len(found) == 1 and not found & before

    until(is_exchanged, "the end of the old container")
    assert hosting.ask(name)["model"] == "exchanged-2"
    hosting.delete(name)


def test_a_container_that_crashes_fails_the_endpoint(hosting: Hosting, engine: Any) -> None:
    crashes = hosting.model("crashing", None, {"SAGEMAKER_MODEL_SERVER_WORKERS": "many"})
    name = hosting.config(crashes)
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    with pytest.raises(WaiterError):
        hosting.wait(name)
    reason = hosting.describe(name)["FailureReason"]
    assert re.search("did not pass the ping health check.*exit code [1-9].*many", reason)
    assert not containers(engine, hosting, name)
    hosting.delete(name)


def test_an_isolated_container_answers_and_has_no_way_out(hosting: Hosting, engine: Any) -> None:
    name = hosting.config(hosting.model("isolated", EnableNetworkIsolation=True))
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    hosting.endpoint("open", count=2)
    hosting.wait(name)
    assert hosting.ask(name)["model"] == name
    isolated = containers(engine, hosting, name)[0]
    one, other = containers(engine, hosting, "open")
    assert reaches(one, address(other))
    assert not reaches(isolated, address(other))
    (network,) = isolated.attrs["NetworkSettings"]["Networks"]
    hosting.delete("open")
    hosting.delete(name)
    assert network not in [each.name for each in engine.networks.list()]


def address(container: Any) -> str:
    (network,) = container.attrs["NetworkSettings"]["Networks"].values()
    return str(network["IPAddress"])


def reaches(container: Any, host: str) -> bool:
    program = f"import socket; socket.create_connection(({host!r}, 8080), timeout=3)"
    return bool(container.exec_run(["python3", "-c", program]).exit_code == 0)


@pytest.mark.parametrize(
    "image", ["nobody-has-this:latest", "{registry}/nothing@sha256:" + "0" * 64]
)
def test_an_image_that_is_missing_is_refused(hosting: Hosting, image: str) -> None:
    ecr = hosting.aws.client("ecr").get_authorization_token()["authorizationData"][0]
    uri = image.format(registry=ecr["proxyEndpoint"].partition("//")[2])
    hosting.s3.put_object(Bucket=BUCKET, Key="m/model.tar.gz", Body=b"")
    with pytest.raises(ClientError, match=r"Requested image .* not found"):
        hosting.sagemaker.create_model(
            ModelName="without-image",
            PrimaryContainer={"Image": uri, "ModelDataUrl": f"s3://{BUCKET}/m/model.tar.gz"},
            ExecutionRoleArn=hosting.role,
        )
