"""The image on this machine: built or taken, and held against what SageMaker accepts."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from container import contract
from container.errors import UserError
from deploy.errors import DeployError, UnreachableError
from deploy.screen import Screen

NAME: Final = "blerssi-sagemaker:latest"
LARGEST: Final = 10 << 30  # bytes of an image, unpacked (C4.3)
MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"  # all it takes (C1.7)

_PROJECT = Path(__file__).resolve().parents[1]
_PLATFORM = ("linux", "amd64")  # MXNet's only wheel is of x86-64
_VERSION_LABEL = "org.opencontainers.image.version"
_SHELLS = {"sh", "bash", "dash", "ash"}
_SECRET_NAME = re.compile(
    r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN)\b", re.IGNORECASE
)
_ACCESS_KEY = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b")
_NOT_OF_TAGS = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class LocalImage:
    """What the engine knows of an image.

    Attributes:
        name: As it was asked for.
        identity: Its ID, `sha256:…`.
        platform: Operating system and architecture.
        size: Bytes, unpacked.
        labels: By name.
        entrypoint: Its words.
        variables: NAME=VALUE, as the image sets them.
        steps: The commands of its history.
        media_type: Of its manifest, where the engine keeps one before a push; else None.
    """

    name: str
    identity: str
    platform: tuple[str, str]
    size: int
    labels: Mapping[str, str]
    entrypoint: Sequence[str]
    variables: Sequence[str]
    steps: Sequence[str]
    media_type: str | None = None

    @property
    def tag(self) -> str:
        """The tag that stands for its content: `0.1.0-6f207e1df9c7`."""
        version = _NOT_OF_TAGS.sub("-", self.labels.get(_VERSION_LABEL, "")).strip("-.")[:64]
        short = self.identity.removeprefix("sha256:")[:12]
        return f"{version}-{short}" if version else short


@contextlib.contextmanager
def engine() -> Iterator[Any]:
    """Give Docker's client of the engine that the environment names.

    Raises:
        DeployError: Docker's package is missing.
        UnreachableError: No engine answers.
    """
    try:
        import docker
    except ModuleNotFoundError as error:
        raise DeployError(
            "Docker's Python package is not installed here.",
            hint="Use the client environment; `make setup` makes it.",
        ) from error
    try:
        client = docker.from_env(timeout=600)  # a layer may be compressed for minutes
    except docker.errors.DockerException as error:
        raise UnreachableError(
            f"No Docker engine answers: {error}.", hint="Start Docker, or set DOCKER_HOST."
        ) from error
    with contextlib.closing(client):
        yield client


def inspect(client: Any, name: str) -> LocalImage | None:
    """Ask the engine about an image; None where it has none of that name.

    Raises:
        DeployError: The engine refuses.
    """
    import docker

    try:
        found = client.images.get(name)
        history = found.history()
    except docker.errors.ImageNotFound:
        return None
    except docker.errors.DockerException as error:
        raise DeployError(f"Docker does not show {name}: {error}.") from error
    attributes = found.attrs
    config = attributes.get("Config") or {}
    return LocalImage(
        name=name,
        identity=attributes["Id"],
        platform=(attributes.get("Os", ""), attributes.get("Architecture", "")),
        size=attributes.get("Size", 0),
        labels=config.get("Labels") or {},
        entrypoint=config.get("Entrypoint") or (),
        variables=config.get("Env") or (),
        steps=[each.get("CreatedBy") or "" for each in history],
        media_type=(attributes.get("Descriptor") or {}).get("mediaType"),
    )


def build(name: str, screen: Screen) -> None:
    """Build this project's image, as `make image` does.

    Raises:
        DeployError: The build fails; its own output has said why.
    """
    script = _PROJECT / "scripts" / "build-image"
    screen.say(f"Building {name}.")
    try:
        done = subprocess.run([str(script), name], stdout=sys.stderr, check=False)
    except OSError as error:
        raise DeployError(f"{script} cannot be run: {error.strerror}.") from error
    if done.returncode != 0:
        raise DeployError(
            f"Building {name} failed with exit code {done.returncode}.",
            hint="The reason stands above.",
        )


def check(image: LocalImage) -> list[str]:
    """Hold an image against what SageMaker accepts; gives what is worth knowing all the same.

    Raises:
        UserError: SageMaker would refuse it or fail with it, or it holds a credential; names
            every reason.
    """
    faults = [*_faults(image), *_secrets(image)]
    if faults:
        raise UserError(
            f"SageMaker cannot use {image.name}: {'; '.join(faults)}.",
            hint="`make image` builds one that it takes.",
        )
    notes = {
        contract.LABEL_MULTI_MODELS: "no multi-model endpoint takes it (C3.1)",
        contract.LABEL_BIND_TO_PORT: "no inference pipeline takes it (C1.8)",
    }
    return [
        f"It has no label {label}=true, so {loss}."
        for label, loss in notes.items()
        if image.labels.get(label) != "true"
    ]


def _faults(image: LocalImage) -> Iterator[str]:
    if image.platform != _PLATFORM:
        yield f"it is of {'/'.join(image.platform)}, and {'/'.join(_PLATFORM)} is needed (C1.7)"
    if image.media_type not in {None, MANIFEST}:
        yield (
            f"its manifest is {image.media_type}, and {MANIFEST} is needed (C1.7): build with "
            "--provenance=false --sbom=false --output type=docker"
        )
    if image.size > LARGEST:
        yield f"it has {image.size:,} bytes, and {LARGEST:,} are allowed (C4.3)"
    if image.entrypoint and Path(image.entrypoint[0]).name in _SHELLS:
        yield (
            f"its ENTRYPOINT begins with {image.entrypoint[0]}, which takes neither `serve` nor "
            "signals (C1.2): write it in exec form"
        )


def _secrets(image: LocalImage) -> Iterator[str]:
    """Find credentials that were baked in; their values are not repeated."""
    named = sorted({each.partition("=")[0] for each in image.variables if _has_secret(each)})
    if named:
        yield f"it sets {', '.join(named)}, which everyone who pulls it can read"
    if steps := sum(map(_has_secret, image.steps)):
        yield f"its history holds an access key (steps: {steps}): use --secret in the build"


def _has_secret(text: str) -> bool:
    assigned = any(text[each.end() :].startswith("=") for each in _SECRET_NAME.finditer(text))
    return assigned or bool(_ACCESS_KEY.search(text))
