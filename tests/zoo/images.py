"""The zoo as images: what a Dockerfile alone can get wrong, and vices that Docker brings out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from container import contract
from local_test.conformance.checks.image import LABEL_MULTI_MODEL
from local_test.conformance.checks.streaming_duplex import LABEL as LABEL_DUPLEX
from tests.zoo import vice

PYTHON = "/opt/blerssi/venv/bin/python"  # the image under test lends it
_TINI = r"printf '#!/bin/sh\nshift\nexec \"$@\"\n' > /sbin/tini && chmod +x /sbin/tini"


@dataclass(frozen=True)
class Image:
    """An image that breaks the contract.

    Attributes:
        lines: Of a Dockerfile, on top of the correct image's.
        group: The suite's group that has to find it.
        clauses: Those that checks have to find violated, and no other.
    """

    lines: Sequence[str]
    group: str
    clauses: frozenset[str]


def good(base: str) -> list[str]:
    """The Dockerfile of the correct image, with the folder `tests` beside it."""
    return [
        f"FROM {base}",
        "WORKDIR /zoo",
        "COPY tests tests",
        "ENV PYTHONPATH=/zoo",
        f"LABEL {LABEL_MULTI_MODEL}=true",
        f'ENTRYPOINT ["{PYTHON}", "-m", "tests.zoo.animal"]',
    ]


def discover() -> dict[str, Image]:
    """Every image, by name."""
    programs = {
        name: Image([_with_vice(name)], each.group, each.clauses)
        for name, each in vice.discover().items()
        if each.docker
    }
    return {**_images(), **programs}


def _images() -> Mapping[str, Image]:
    as_shell = f"ENTRYPOINT exec {PYTHON} -m tests.zoo.animal serve"
    behind_tini = f'ENTRYPOINT ["tini", "--", "{PYTHON}", "-m", "tests.zoo.animal"]'
    baked = f"mkdir -p {contract.BASE_DIR}/model && touch {contract.BASE_DIR}/model/weights.json"
    return {
        "shell-form": _image("image", "C1.2", as_shell),
        "behind-tini": _image("image", "C1.3", f"RUN {_TINI}", behind_tini),
        "another-user": _image("image", "C1.5", "USER 12345"),
        "driver-inside": _image("image", "C1.6", "RUN touch /usr/lib/libcuda.so.535.1"),
        "label-says-yes": _image("image", "C1.8", f"LABEL {LABEL_MULTI_MODEL}=yes"),
        "label-of-ports-lies": _image("image", "C1.8", _with_vice("stays-on-8080")),
        "no-bash": _image("image", "C5.2", "RUN rm /bin/bash"),
        "model-baked-in": _image("image", "C5.10", f"RUN {baked}"),
        "no-pip": _image("sdk-harness", "C7.22", "RUN rm /opt/blerssi/venv/bin/pip*"),
        "port-unsaid": _image("pipeline", "C4.20", f"LABEL {contract.LABEL_BIND_TO_PORT}=false"),
        "models-unsaid": _image("multi-model", "C3.1", f"LABEL {LABEL_MULTI_MODEL}=false"),
        "label-of-duplex-lies": _image("streaming", "C1.54", f"LABEL {LABEL_DUPLEX}=true"),
    }


def _image(group: str, clause: str, *lines: str) -> Image:
    return Image(lines, group, frozenset({clause}))


def _with_vice(name: str) -> str:
    return f'ENTRYPOINT ["{PYTHON}", "-m", "tests.zoo.animal", "--vice", "{name}"]'
