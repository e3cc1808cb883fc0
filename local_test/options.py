"""Options that several commands share, and the runner they ask for."""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from container.errors import UserError
from local_test.docker_runner import DockerRunner
from local_test.process_runner import PROJECT, ProcessRunner, default_python
from local_test.runner import Runner

RESULTS = PROJECT / "build"  # ignored by git
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # C1.4


def add_runner(parser: argparse.ArgumentParser) -> None:
    """Add what decides where programs run."""
    group = parser.add_argument_group("where")
    group.add_argument("--image", metavar="NAME", help="run this image with Docker")
    group.add_argument(
        "--hardened",
        action="store_true",
        help="with --image: an unknown user, read-only root, no capabilities, 1 MiB of /dev/shm; "
        "training has no network either",
    )
    group.add_argument(
        "--python",
        type=Path,
        metavar="PATH",
        help="without --image: the interpreter that has the image's packages "
        "(default: the project's .venv/image, else this one)",
    )


def add_variables(parser: argparse.ArgumentParser) -> None:
    """Add the environment that a job or a model brings along."""
    parser.add_argument(
        "-e",
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variable of the container's environment (repeatable)",
    )


def add_hyperparameters(parser: argparse.ArgumentParser) -> None:
    """Add what a training job is told."""
    parser.add_argument(
        "-H",
        "--hyperparameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a hyperparameter (repeatable)",
    )


def runner(options: argparse.Namespace, variables: Mapping[str, str]) -> Runner:
    """Make the runner that the options ask for.

    Raises:
        ContainerError: The options contradict each other, or Docker or the image is missing.
    """
    if options.image:
        if options.python:
            raise UserError("--python means a plain process and --image Docker; give one of them.")
        return DockerRunner(options.image, hardened=options.hardened)
    if options.hardened:
        raise UserError("--hardened is about containers; give an --image too.")
    return ProcessRunner(options.python or default_python(), variables)


def of_runner(options: argparse.Namespace) -> tuple[str | Path, ...]:
    """Give the options back that lead to the same runner, for a command that is shown."""
    image = ("--image", options.image) if options.image else ()
    hardened = ("--hardened",) if options.hardened else ()
    python = ("--python", options.python) if options.python else ()
    return (*image, *hardened, *python)


def container_variables(options: argparse.Namespace) -> dict[str, str]:
    """Read the `--env` options.

    Raises:
        UserError: Some are not NAME=VALUE.
    """
    pairs = assignments(options.env, "--env")
    if wrong := [name for name in pairs if not _VARIABLE.fullmatch(name)]:
        raise UserError(f"--env: {', '.join(wrong)} cannot be a variable's name.")
    return pairs


def assignments(texts: list[str], option: str) -> dict[str, str]:
    """Split `name=value` texts; a value may hold further equals signs.

    Raises:
        UserError: Some have no name or no equals sign.
    """
    parts = [text.partition("=") for text in texts]
    if wrong := [repr("".join(part)) for part in parts if not (part[0] and part[1])]:
        raise UserError(f"{option} takes name=value, got {', '.join(wrong)}.")
    return {name: value for name, _, value in parts}
