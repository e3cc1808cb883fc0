"""What `push` does where no engine and no registry can be brought to it."""

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from container.errors import UserError
from deploy import __main__ as program
from deploy import image, push, registry, repository
from deploy.aws import Aws
from deploy.errors import DeployError, UnreachableError
from deploy.image import MANIFEST, LocalImage
from deploy.push import Push
from deploy.registry import Login, Manifest
from deploy.screen import Screen
from tests.unit.deploy.test_image import GOOD

URI = "localhost:5000/blerssi-sagemaker"
TAG = GOOD.tag
THERE = Manifest("sha256:d", MANIFEST, GOOD.identity, 10)


class Engine:
    """A Docker engine that pushes by saying these lines."""

    def __init__(self, *lines: dict[str, Any], tags: tuple[str, ...] = ("ours:latest",)) -> None:
        self.images = self
        self.lines = lines
        self.tags = list(tags)
        self.removed: list[str] = []
        self.auth: dict[str, str] = {}

    def get(self, _: str) -> "Engine":
        return self

    def tag(self, repository: str, tag: str) -> None:
        """Take a name."""

    def push(self, *_: object, auth_config: dict[str, str], **__: object) -> Any:
        self.auth = auth_config
        return iter(self.lines)

    def remove(self, name: str, *, noprune: bool) -> None:
        assert noprune, "images below it could go too"
        self.removed.append(name)


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "login", lambda _: Login("AWS", "hunter2"))


def holding(monkeypatch: pytest.MonkeyPatch, *found: Manifest | None) -> None:
    """Let the registry hold these, one a question."""
    answers = iter(found)
    monkeypatch.setattr(registry, "manifest", lambda *_: next(answers))


def pushing(engine: Engine, aws: Any = None) -> Push:
    given = aws or Aws(Screen(io.StringIO()), region="eu-west-1")
    return Push(given, engine, Screen(io.StringIO()), URI, TAG)


def test_the_password_goes_with_the_push_and_the_name_is_taken_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    holding(monkeypatch, None, THERE)
    engine = Engine({"status": "Pushed"})
    assert pushing(engine).run(GOOD)["image"] == f"{URI}@sha256:d"
    assert engine.auth == {"username": "AWS", "password": "hunter2"}
    assert engine.removed == [f"{URI}:{TAG}"]


@pytest.mark.parametrize("tags", [(), (f"{URI}:{TAG}",), ("ours:latest", f"{URI}:{TAG}")])
def test_a_name_that_was_there_or_is_the_last_stays(
    monkeypatch: pytest.MonkeyPatch, tags: tuple[str, ...]
) -> None:
    holding(monkeypatch, None, THERE)
    engine = Engine(tags=tags)
    pushing(engine).run(GOOD)
    assert engine.removed == []


def test_an_engine_that_keeps_manifests_knows_its_image_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    holding(monkeypatch, replace(THERE, digest=GOOD.identity, config="sha256:c"))
    engine = Engine()
    assert pushing(engine).run(GOOD)["digest"] == GOOD.identity
    assert engine.auth == {}


def test_an_image_that_arrives_as_oci_is_removed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    oci = replace(THERE, media_type="application/vnd.oci.image.manifest.v1+json")
    holding(monkeypatch, None, oci)
    written: list[Any] = []
    aws = SimpleNamespace(write=lambda *words, **given: written.append((words, given)))
    with pytest.raises(UserError, match=r"oci.*it was removed again"):
        pushing(Engine(), aws).run(GOOD)
    which = {"repositoryName": "blerssi-sagemaker", "imageIds": [{"imageDigest": "sha256:d"}]}
    assert written == [(("ecr", "BatchDeleteImage"), which)]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("dial tcp 127.0.0.1:5000: connect: connection refused", UnreachableError),
        ("read: connection reset by peer", UnreachableError),
        ("received unexpected HTTP status: 503 Service Unavailable", UnreachableError),
        ("denied: User is not authorized to perform: ecr:PutImage", DeployError),
        ("no basic auth credentials", DeployError),
        ("tag invalid: The image tag already exists and is immutable", DeployError),
    ],
)
def test_a_push_that_fails_is_explained_and_the_name_taken_away(
    monkeypatch: pytest.MonkeyPatch, reason: str, kind: type[DeployError]
) -> None:
    holding(monkeypatch, None)
    engine = Engine({"error": reason})
    with pytest.raises(DeployError, match=reason.partition(":")[0]) as failed:
        pushing(engine).run(GOOD)
    assert type(failed.value) is kind
    assert engine.removed == [f"{URI}:{TAG}"]


def test_a_tag_that_is_not_there_after_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    holding(monkeypatch, None, None)
    with pytest.raises(DeployError, match="was pushed, but is not there"):
        pushing(Engine()).run(GOOD)


def test_a_tag_that_someone_else_has_pushed_meanwhile_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    holding(monkeypatch, None, replace(THERE, config="sha256:other"))
    with pytest.raises(DeployError, match="is not what was sent"):
        pushing(Engine()).run(GOOD)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let images be built here and be there from then on; gives what was built."""
    built: list[str] = []

    def inspect(_: object, name: str) -> LocalImage | None:
        return GOOD if name in {*built, "there"} else None

    monkeypatch.setattr(image, "inspect", inspect)
    monkeypatch.setattr(image, "build", lambda name, _: built.append(name))
    return built


@pytest.mark.parametrize(
    ("words", "built"),
    [
        ([], ["blerssi-sagemaker:latest"]),
        (["--image", "there"], []),
        (["--image", "there", "--build"], ["there"]),
        (["--image", "new", "--build"], ["new"]),
        (["--build", "--plan"], []),
        (["--plan"], []),
    ],
)
def test_ours_is_built_where_it_is_missing_or_asked_for(
    made: list[str], words: list[str], built: list[str]
) -> None:
    given = program.parser().parse_args(["push", *words])
    push._take(None, given, Screen(io.StringIO()), plan=given.plan)
    assert made == built


def test_a_named_image_that_is_missing_is_not_built(made: list[str]) -> None:
    given = program.parser().parse_args(["push", "--image", "gone"])
    with pytest.raises(UserError, match="no image gone on this machine"):
        push._take(None, given, Screen(io.StringIO()), plan=False)
    assert made == []


def test_a_build_that_fails_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "scripts" / "build-image"
    script.parent.mkdir()
    monkeypatch.setattr(image, "_PROJECT", tmp_path)
    with pytest.raises(DeployError, match="cannot be run"):
        image.build("ours", Screen(io.StringIO()))
    script.write_text("#!/bin/sh\nexit 3\n")
    script.chmod(0o755)
    with pytest.raises(DeployError, match="failed with exit code 3"):
        image.build("ours", Screen(io.StringIO()))
