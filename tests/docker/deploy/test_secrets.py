"""No key in an image, in its history or layers, in the registry, or in what a container is given.

The commands run with the session of a role, whose secret and token are looked for; images are
built and pushed with them in the environment. That the search sees into images is shown with keys
that are planted.
"""

import contextlib
import io
import json
import os
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest

from local_test.aws.laptop import Laptop
from local_test.docker_runner import LABEL
from local_test.layout import Job
from tests.support import endpoints, leaks
from tests.support.deploys import PROJECT, Ended, deploy
from tests.support.laptop import allow, assumed, laptop, role, variables
from tests.support.leaks import Search

MINE = "blerssi-test-secrets"  # the label of all images of this file
SHELL = "canary/Of+The/Shell/0123456789abcdefghij"
CANARY = "canary/Key+With/AwkwardCharacters0123456"
BUCKET = "secrets"
ENDPOINT = "blerssi-docker-secrets"
OWN = ("laptop.json", "moto.jsonl")  # what the laptop's AWS keeps to itself


@dataclass
class Story:
    """An image and a model on their way into an endpoint that answers."""

    aws: Laptop
    folder: Path
    known: dict[str, str]  # the variables of the commands
    ended: dict[str, Ended]

    def search(self) -> Search:
        return Search(self.known["AWS_SECRET_ACCESS_KEY"], self.known["AWS_SESSION_TOKEN"], SHELL)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with contextlib.closing(docker.from_env()) as made:
        yield made
        for each in made.images.list(filters={"label": MINE}):
            made.images.remove(each.id, force=True)


@pytest.fixture(scope="module")
def story(image: str, job: Job, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("secrets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIACANARYOFTHESHELL")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SHELL)
        with laptop(folder / "aws", docker=True) as aws:
            owner = {"AWS": f"arn:aws:iam::{aws.cloud.account}:root"}
            walker = assumed(aws, role(aws, "walker", allow("*"), trusted=owner))
            told = Story(aws, folder, variables(aws, walker), {})
            _tell(told, image, job)
            yield told


def _tell(story: Story, image: str, job: Job) -> None:
    story.aws.client("s3").create_bucket(Bucket=BUCKET)

    def run(*arguments: object) -> Any:
        options = (*arguments, "--json")
        ended = deploy(*options, variables=story.known, seconds=600)
        assert ended.code == 0, ended.err
        story.ended[str(arguments[0])] = ended
        return ended.document

    pushed = run("push", "--image", image, "--repository", "secrets")
    uploaded = run("upload", job.archive, "--to", f"s3://{BUCKET}/models")
    run(
        *("endpoint", "--name", ENDPOINT, "--image", pushed["image"], "--instances", 1),
        *("--artifact", uploaded["model_artifact_url"], "--role", endpoints.role(story.aws)),
        *("--poll", 0.2),
    )
    run("invoke", ENDPOINT, "--row", "b3006=-78,b3005=-81")


def test_no_command_says_it(story: Story) -> None:
    search = story.search()
    for name, ended in story.ended.items():
        search.text(name, ended.out + ended.err)
    assert search.found == []
    assert search.looked_at == 4


def test_neither_registry_nor_log_holds_it(story: Story) -> None:
    """The blobs of the registry are the image's configuration and its layers, as pushed."""
    search = story.search()
    folder = story.folder / "aws"
    search.files(folder, without=[folder / name for name in OWN])
    leaks.objects(search, story.aws.client("s3"))
    leaks.logs(search, story.aws.client("logs"))
    assert search.found == []
    blobs = [each for each in (folder / "registry").rglob("*") if each.is_file()]
    assert sum(each.stat().st_size for each in blobs) > 50_000_000


def test_no_container_is_given_it(story: Story, client: Any) -> None:
    """Arguments, environment, labels and mounts of every container that local_test runs."""
    search, named = story.search(), 0
    for each in client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True):
        search.text(each.name, json.dumps(each.attrs))
        named += "SAGEMAKER" in json.dumps(each.attrs) or "serve" in each.attrs["Args"]
    assert search.found == []
    assert named


@pytest.mark.parametrize("target", [(), ("deploy",)], ids=["sagemaker", "deploy"])
def test_an_image_that_is_built_in_a_shell_with_keys_holds_none(
    story: Story, client: Any, target: tuple[str, ...]
) -> None:
    """Neither the configuration, nor the history, nor a layer; what is built is cached by then."""
    name = f"{MINE}:{uuid.uuid4().hex[:12]}"
    built = subprocess.run(
        [PROJECT / "scripts" / "build-image", name, *target],
        env={**os.environ, **story.known},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    search = story.search()
    search.text("output of the build", built.stdout + built.stderr)
    try:
        _look_into(search, client, name)
    finally:
        client.images.remove(name, force=True)
    assert search.found == []
    assert search.looked_at > 5


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ([f"ENV AWS_SECRET_ACCESS_KEY={CANARY}"], "history"),
        ([f"LABEL planted={CANARY}"], "configuration"),
        (["COPY planted /planted"], "of the image"),
        (["COPY planted /planted", "COPY data /planted"], "of the image"),  # hidden, not gone
    ],
)
def test_the_search_finds_a_key_that_is_baked_in(client: Any, lines: list[str], where: str) -> None:
    search = Search(CANARY)
    _look_into(search, client, _image(client, lines))
    assert any(where in each for each in search.found), search.found


def _image(client: Any, lines: list[str]) -> str:
    files = {
        "Dockerfile": "\n".join(("FROM scratch", "COPY data /data", *lines)).encode(),
        "data": uuid.uuid4().bytes,
        "planted": f"[default]\naws_secret_access_key = {CANARY}\n".encode(),
    }
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    context.seek(0)
    name = f"{MINE}:{uuid.uuid4().hex[:12]}"
    client.images.build(fileobj=context, custom_context=True, tag=name, rm=True, labels={MINE: "1"})
    return name


def _look_into(search: Search, client: Any, name: str) -> None:
    found = client.images.get(name)
    search.text("history", json.dumps(found.history()))
    search.text("configuration", json.dumps(found.attrs))
    search.saved_image(found.save())
