"""The zoo as images: what only Docker shows, proved both ways."""

import contextlib
import io
import tarfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from local_test.conformance.docker_subject import DockerSubject
from local_test.conformance.registry import DOCKER, Check, discover
from tests.support import zoo
from tests.support.engine import LABEL
from tests.zoo import images
from tests.zoo.images import Image

CHECKS = discover()
IMAGES = images.discover()
ZOO = Path(zoo.__file__).parents[1] / "zoo"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    import docker

    with contextlib.closing(docker.from_env()) as made:
        yield made


@contextlib.contextmanager
def built(client: Any, lines: Sequence[str]) -> Iterator[str]:
    """An image from a Dockerfile's lines, with the zoo beside them; gone after the block."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        dockerfile = "\n".join(lines).encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        archive.addfile(entry, io.BytesIO(dockerfile))
        archive.add(ZOO, "tests/zoo", filter=lambda each: None if "__pyc" in each.name else each)
        archive.add(ZOO.parent / "__init__.py", "tests/__init__.py")
    context.seek(0)
    name = f"blerssi-zoo:{uuid.uuid4().hex}"
    client.images.build(
        fileobj=context, custom_context=True, tag=name, rm=True, labels={LABEL: name}
    )
    try:
        yield name
    finally:
        client.images.remove(name)  # and its untagged parents, which are ours too


@pytest.fixture(scope="module")
def good(client: Any, image: str) -> Iterator[str]:
    """The correct image."""
    with built(client, images.good(image)) as name:
        yield name


@pytest.fixture(scope="module")
def outside(client: Any, good: str) -> Iterator[str]:
    """The address of a server that a container reaches if it has a network."""
    made = client.containers.run(good, ["serve"], detach=True, labels={LABEL: good})
    try:
        made.reload()
        yield made.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    finally:
        made.remove(force=True)


def checks_for(wanted: Image) -> list[Check]:
    """Those that only Docker can make; processes of the zoo prove the others faster."""
    return [
        each
        for each in CHECKS
        if each.group == wanted.group
        and (DOCKER in each.needs or wanted.clauses & set(each.clauses))
    ]


def run(image: str, checks: Sequence[Check], folder: Path) -> set[str]:
    with contextlib.closing(DockerSubject(image)) as subject:
        found = zoo.run(subject, checks, folder)
    assert not [each for each in zoo.violated(found).values() if each.startswith("broken")]
    return {each.check.clause for each in found if each.status in zoo.VIOLATED}


def test_the_correct_image_passes(good: str, tmp_path: Path) -> None:
    named = {each.name for wanted in IMAGES.values() for each in checks_for(wanted)}

    assert run(good, [each for each in CHECKS if each.name in named], tmp_path) == set()


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_with_a_vice_fails_its_own_clauses_and_no_other(
    client: Any, good: str, outside: str, name: str, tmp_path: Path
) -> None:
    wanted = IMAGES[name]

    with built(client, [f"FROM {good}", f"ENV ZOO_OUTSIDE={outside}", *wanted.lines]) as image:
        assert run(image, checks_for(wanted), tmp_path) == wanted.clauses
