"""What SageMaker's local mode makes on this machine: where it lies, and how it goes away again."""

import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

LABEL = "blerssi.test=sdk"
_PROJECT = "com.docker.compose.project"


@dataclass(frozen=True)
class Made:
    """A container that the SDK's Docker Compose made.

    Attributes:
        name: Its name or id.
        project: The project of Docker Compose, which names its network, too.
        folder: Where the project's docker-compose.yaml is.
    """

    name: str
    project: str
    folder: Path

    @property
    def exit_code(self) -> int:
        return int(docker("inspect", "--format", "{{.State.ExitCode}}", self.name))

    @property
    def log(self) -> str:
        return docker("logs", self.name)


@dataclass(frozen=True)
class Harness:
    """A folder of its own for an SDK; nothing that others made is touched.

    Attributes:
        image: The image under test.
        root: All that the SDK writes lies below; no other folder is named so (C7.1).
        port: Where its endpoints answer on this machine.
        channels: A folder of scans for each channel, by name.
        rows: Readings to ask with.
    """

    image: str
    root: Path
    port: int
    channels: dict[str, Path]
    rows: list[list[float]]

    @property
    def config(self) -> dict[str, object]:
        """The configuration of a LocalSession."""
        local = {"local_code": True, "container_root": str(self.root), "serving_port": self.port}
        return {"local": local}

    def folder(self, name: str) -> Path:
        """Make a folder below the root."""
        made = self.root / name
        made.mkdir()
        return made

    def made(self) -> list[Made]:
        """The containers made from our folder, the newest first."""
        fields = ["{{.ID}}", *(f'{{{{.Label "{_PROJECT}{end}"}}}}' for end in ("", ".working_dir"))]
        listing = docker(
            *("ps", "--all", "--filter", f"label={_PROJECT}", "--format", "\t".join(fields))
        )
        found = [line.split("\t") for line in listing.splitlines()]
        every = [Made(name, project, Path(folder)) for name, project, folder in found]
        return [each for each in every if each.folder.is_relative_to(self.root)]

    def newest(self) -> Made:
        """The container that was made last."""
        return self.made()[0]

    def remove(self) -> None:
        """Remove our containers and networks; let everyone delete what they wrote (C7.24)."""
        containers = self.made()
        if containers:
            docker("rm", "--force", "--volumes", *(each.name for each in containers))
        for project in {each.project for each in containers}:
            listing = docker("network", "ls", "--quiet", "--filter", f"label={_PROJECT}={project}")
            for network in listing.split():  # another job may be in it by now, and keep it
                docker("network", "rm", network, check=False)
        volume = f"{self.root}:/delete"
        opened = ("--rm", "--label", LABEL, "--volume", volume, self.image)
        docker("run", *opened, "chmod", "-R", "777", "/delete")


def docker(*arguments: str, check: bool = True) -> str:
    """Run the docker client, and give what it printed, with its line ends as they are."""
    done = subprocess.run(
        ["docker", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    printed = done.stdout.decode("utf-8", "replace")
    if check and done.returncode:
        raise RuntimeError(f"docker {arguments[0]}: {printed}")
    return printed


def image() -> str:
    """The name of the image under test; building it is `make image`'s job."""
    name = os.environ.get("IMAGE") or "blerssi-sagemaker:latest"
    if not docker("images", "--quiet", name):
        pytest.fail(f"There is no image {name}; build it with `make image`.", pytrace=False)
    return name


def members(archive: Path) -> dict[str, bytes]:
    """The files of a tar archive, by name."""
    with tarfile.open(archive) as tar:
        files = {each.name: tar.extractfile(each) for each in tar.getmembers() if each.isfile()}
        return {name.removeprefix("./"): file.read() for name, file in files.items() if file}
