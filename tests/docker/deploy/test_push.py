"""`python -m deploy push` with a real engine, to the registry of the laptop's AWS."""

import contextlib
import io
import json
import os
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
import pytest

from container import contract
from deploy import image, naming, registry, repository
from deploy.aws import Aws
from deploy.errors import UnreachableError
from deploy.push import Push
from deploy.screen import Screen
from local_test.aws.laptop import Laptop
from tests.support.deploys import Ended, deploy
from tests.support.faults import Line
from tests.support.laptop import laptop
from tests.support.roles import assumed

MINE = "blerssi-test-push"  # the label of all images of this file
SIZE = 8 << 20  # bytes that cannot be compressed
LABELS = {contract.LABEL_BIND_TO_PORT: "true", contract.LABEL_MULTI_MODELS: "true"}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    with laptop(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    with contextlib.closing(docker.from_env()) as client:
        yield client
        for each in client.images.list(filters={"label": MINE}):
            client.images.remove(each.id, force=True)


def make(engine: Any, *lines: str, labels: dict[str, str] = LABELS) -> str:
    """Build a small image of its own content; gives its name."""
    files = {"Dockerfile": "\n".join(("FROM scratch", "COPY data /data", *lines)).encode()}
    files["data"] = os.urandom(SIZE)
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    context.seek(0)
    name = f"{MINE}:{uuid.uuid4().hex[:12]}"
    engine.images.build(
        fileobj=context, custom_context=True, tag=name, rm=True, labels={MINE: "1", **labels}
    )
    return name


@pytest.fixture(scope="module")
def picture(engine: Any) -> str:
    return make(engine)


def push(aws: Laptop, *arguments: object, variables: dict[str, str] | None = None) -> Ended:
    return deploy("push", *arguments, "--json", variables=variables or aws.variables)


def names(engine: Any) -> set[str]:
    return {tag for each in engine.images.list(filters={"label": MINE}) for tag in each.tags}


def test_an_image_arrives_and_its_digest_is_given(
    aws: Laptop, engine: Any, picture: str, tmp_path: Path
) -> None:
    before = names(engine)
    config = tmp_path / "docker"
    config.mkdir()
    variables = {**aws.variables, "DOCKER_CONFIG": str(config), "HOME": str(tmp_path)}
    ended = push(aws, "--image", picture, "--repository", "team/first", variables=variables)
    assert ended.code == 0, ended.err
    document = ended.document
    assert document["image"] == f"{document['repository']}@{document['digest']}"
    assert "Pushing" in ended.err

    ecr = aws.client("ecr")
    made = ecr.describe_repositories(repositoryNames=["team/first"])["repositories"][0]
    assert made["repositoryUri"] == document["repository"]
    assert made["imageTagMutability"] == "IMMUTABLE"
    assert made["imageScanningConfiguration"]["scanOnPush"] is True
    policy = ecr.get_lifecycle_policy(repositoryName="team/first")["lifecyclePolicyText"]
    assert json.loads(policy) == repository.LIFECYCLE
    there = ecr.describe_images(repositoryName="team/first")["imageDetails"]
    assert [(each["imageDigest"], each["imageTags"]) for each in there] == [
        (document["digest"], [document["tag"]])
    ]

    assert names(engine) == before, "the name for the registry stays behind"
    assert list(config.iterdir()) == [], "a docker configuration was written"
    assert not (tmp_path / ".docker").exists()


def test_a_rerun_pushes_nothing(aws: Laptop, picture: str) -> None:
    first = push(aws, "--image", picture)
    again = push(aws, "--image", picture)
    assert again.code == 0, again.err
    assert again.document == first.document
    assert f"holds {picture} already" in again.err
    assert "Pushing" not in again.err


def test_what_was_pushed_is_the_image(
    aws: Laptop, engine: Any, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = push(aws, "--image", picture).document
    for name, value in aws.variables.items():
        monkeypatch.setenv(name, value)
    login = repository.login(Aws(Screen(io.StringIO())))
    found = registry.manifest(document["repository"], document["digest"], login)
    assert found is not None
    assert found.media_type == image.MANIFEST
    assert found.config == engine.images.get(picture).id
    assert found.size > SIZE


def test_a_tag_is_never_moved(aws: Laptop, engine: Any, picture: str) -> None:
    assert push(aws, "--image", picture, "--image-tag", "mine").code == 0
    other = push(aws, "--image", make(engine), "--image-tag", "mine")
    assert other.code == 1
    assert ":mine is another image already" in other.err


def test_a_plan_makes_nothing(aws: Laptop, picture: str) -> None:
    ended = push(aws, "--image", picture, "--repository", "planned", "--plan")
    assert ended.code == 0, ended.err
    assert "would call ecr:CreateRepository\n  repositoryName = planned\n" in ended.err
    assert f"would push {picture} to planned:" in ended.err
    found = aws.client("ecr").describe_repositories()["repositories"]
    assert "planned" not in {each["repositoryName"] for each in found}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["ENTRYPOINT serve"], "its ENTRYPOINT begins with /bin/sh"),
        (["ENV AWS_SECRET_ACCESS_KEY=canary"], "it sets AWS_SECRET_ACCESS_KEY"),
        (["ARG AWS_SESSION_TOKEN=canary", "COPY data /more"], "its history holds an access key"),
    ],
)
def test_an_image_that_sagemaker_cannot_use_makes_nothing(
    aws: Laptop, engine: Any, lines: list[str], words: str
) -> None:
    ended = push(aws, "--image", make(engine, *lines), "--repository", "refused")
    assert ended.code == 1
    assert words in ended.err
    assert "canary" not in ended.err + ended.out
    found = aws.client("ecr").describe_repositories()["repositories"]
    assert "refused" not in {each["repositoryName"] for each in found}


def test_an_image_that_is_not_here_is_named(aws: Laptop) -> None:
    ended = push(aws, "--image", "nobody/knows:this")
    assert ended.code == 1
    assert ended.err.startswith("There is no image nobody/knows:this on this machine.")


def test_an_engine_that_does_not_answer_is_named(aws: Laptop) -> None:
    ended = push(aws, variables={**aws.variables, "DOCKER_HOST": "tcp://127.0.0.1:9"})
    assert ended.code == 1
    assert ended.err.startswith("No Docker engine answers")


def test_the_pusher_pushes_into_its_repository_and_no_other(aws: Laptop, picture: str) -> None:
    made = deploy(
        "iam", "apply", "pusher", "--bucket", "any-bucket", "--json", variables=aws.variables
    )
    variables = assumed(aws, made.document["roles"]["pusher"])
    ended = push(aws, "--image", picture, variables=variables)
    assert ended.code == 0, ended.err
    ended = push(aws, "--image", picture, "--repository", "theirs", variables=variables)
    assert ended.code == 1
    assert "IAM does not allow ecr:" in ended.err
    assert variables["AWS_SECRET_ACCESS_KEY"] not in ended.err


def test_a_registry_that_breaks_in_mid_push_leaves_no_tag_and_a_rerun_succeeds(
    aws: Laptop, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine itself tries five times, for fifty seconds in all."""
    for name, value in aws.variables.items():
        monkeypatch.setenv(name, value)
    screen = Screen(io.StringIO())
    given = Aws(screen, region=aws.variables["AWS_REGION"])
    repository.ensure(given, "broken", naming.tags(), None, screen)
    local = image.inspect(engine, make(engine))  # whose layers the registry does not have
    assert local is not None
    with contextlib.closing(Line(urlsplit(aws.url).port or 0)) as line:
        uri = f"localhost:{line.port}/broken"
        before = names(engine)
        line.break_after(SIZE // 4)
        with pytest.raises(UnreachableError, match="went away while") as failed:
            Push(given, engine, screen, uri, local.tag).run(local)
        assert "Push again" in failed.value.hint
        assert names(engine) == before
        assert aws.client("ecr").describe_images(repositoryName="broken")["imageDetails"] == []
        line.mend()
        pushed = Push(given, engine, screen, uri, local.tag).run(local)
    there = aws.client("ecr").describe_images(repositoryName="broken")["imageDetails"]
    assert [each["imageDigest"] for each in there] == [pushed["digest"]]


def test_a_registry_that_is_down_is_named(
    aws: Laptop, engine: Any, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws.variables.items():
        monkeypatch.setenv(name, value)
    screen = Screen(io.StringIO())
    local = image.inspect(engine, picture)
    assert local is not None
    push = Push(Aws(screen, region="us-east-1"), engine, screen, "localhost:9/down", "tag")
    with pytest.raises(UnreachableError, match="does not answer at http://localhost:9"):
        push.run(local)
