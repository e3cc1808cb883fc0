"""The zoo as images: what only Docker shows, proved both ways."""

import contextlib
import io
import tarfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from container import contract
from local_test.conformance.checks.image import LABEL_MULTI_MODEL
from local_test.conformance.checks.streaming_duplex import LABEL as LABEL_DUPLEX
from local_test.conformance.docker_subject import DockerSubject
from local_test.conformance.registry import DOCKER, Check, discover
from tests.support import zoo
from tests.support.engine import LABEL
from tests.zoo import vice
from tests.zoo.vices import rights

CHECKS = discover()
VICES = vice.discover()
RIGHTS = [name for name, each in VICES.items() if each.animal.__module__ == rights.__name__]
ZOO = Path(zoo.__file__).parents[1] / "zoo"
PYTHON = "/opt/blerssi/venv/bin/python"
TINI = r"printf '#!/bin/sh\nshift\nexec \"$@\"\n' > /sbin/tini && chmod +x /sbin/tini"


def entrypoint(vice: str) -> str:
    return f'ENTRYPOINT ["{PYTHON}", "-m", "tests.zoo.animal", "--vice", "{vice}"]'


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
    """The correct container; the image under test lends it Python."""
    lines = [
        f"FROM {image}",
        "WORKDIR /zoo",
        "COPY tests tests",
        "ENV PYTHONPATH=/zoo",
        f"LABEL {LABEL_MULTI_MODEL}=true",
        f'ENTRYPOINT ["{PYTHON}", "-m", "tests.zoo.animal"]',
    ]
    with built(client, lines) as name:
        yield name


def of(groups: set[str]) -> list[Check]:
    """The checks that only Docker can make; processes of the zoo prove the others faster."""
    return [
        each
        for each in CHECKS
        if each.group in groups and (DOCKER in each.needs or each.group == "pipeline")
    ]


def run(image: str, checks: Sequence[Check], folder: Path) -> set[str]:
    with contextlib.closing(DockerSubject(image)) as subject:
        found = zoo.run(subject, checks, folder)
    assert not [each for each in zoo.violated(found).values() if each.startswith("broken")]
    return {each.check.clause for each in found if each.status in zoo.VIOLATED}


def test_the_correct_image_passes(good: str, tmp_path: Path) -> None:
    groups = {each.group for each in CHECKS if DOCKER in each.needs} | {"pipeline"}

    assert run(good, of(groups), tmp_path) == set()


@pytest.mark.parametrize(
    ("lines", "group", "clause"),
    [
        pytest.param(
            [f"ENTRYPOINT exec {PYTHON} -m tests.zoo.animal serve"], "image", "C1.2", id="shell"
        ),
        pytest.param(
            [f"RUN {TINI}", f'ENTRYPOINT ["tini", "--", "{PYTHON}", "-m", "tests.zoo.animal"]'],
            "image",
            "C1.3",
            id="tini",
        ),
        pytest.param(["USER 12345"], "image", "C1.5", id="user"),
        pytest.param([f"LABEL {LABEL_MULTI_MODEL}=yes"], "image", "C1.8", id="label"),
        pytest.param([entrypoint("stays-on-8080")], "image", "C1.8", id="port-lie"),
        pytest.param([entrypoint("no-models-api")], "image", "C1.8", id="models-lie"),
        pytest.param(["RUN rm /bin/bash"], "image", "C5.2", id="bash"),
        pytest.param(
            ["RUN mkdir -p /opt/ml/model && touch /opt/ml/model/weights.json"],
            "image",
            "C5.10",
            id="baked",
        ),
        pytest.param(
            [f"LABEL {contract.LABEL_BIND_TO_PORT}=false"], "pipeline", "C4.20", id="unsaid"
        ),
        pytest.param([entrypoint("stays-on-8080")], "pipeline", "C1.18", id="8080"),
        pytest.param([f"LABEL {LABEL_MULTI_MODEL}=false"], "multi-model", "C3.1", id="models"),
        pytest.param([entrypoint("never-full")], "multi-model", "C3.5", id="never-full"),
        pytest.param([f"LABEL {LABEL_DUPLEX}=true"], "streaming", "C1.54", id="duplex-lie"),
        pytest.param([entrypoint("colours-its-log")], "sdk-harness", "C7.3", id="colours"),
        pytest.param(["RUN rm /opt/blerssi/venv/bin/pip*"], "sdk-harness", "C7.22", id="pip"),
        pytest.param(["RUN touch /usr/lib/libcuda.so.535.1"], "image", "C1.6", id="driver"),
    ],
)
def test_a_vice_of_an_image_fails_its_own_clause(
    client: Any, good: str, lines: list[str], group: str, clause: str, tmp_path: Path
) -> None:
    with built(client, [f"FROM {good}", *lines]) as image:
        assert run(image, of({group}), tmp_path) == {clause}


@pytest.mark.parametrize("name", RIGHTS)
def test_a_vice_that_wants_too_much_fails_its_own_clause(
    client: Any, good: str, name: str, tmp_path: Path
) -> None:
    wanted = VICES[name]
    checks = [each for each in CHECKS if each.group == wanted.group and DOCKER in each.needs]

    with built(client, [f"FROM {good}", entrypoint(name)]) as image:
        assert run(image, checks, tmp_path) == wanted.clauses


def test_a_training_that_needs_a_network_fails_its_own_clause(
    client: Any, good: str, tmp_path: Path
) -> None:
    other = client.containers.run(good, ["serve"], detach=True, labels={LABEL: good})
    try:
        other.reload()
        address = other.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
        lines = [f"FROM {good}", f"ENV ZOO_OUTSIDE={address}", entrypoint("wants-a-network")]
        with built(client, lines) as image:
            assert run(image, of({"train"}), tmp_path) == {"C5.52"}
    finally:
        other.remove(force=True)
