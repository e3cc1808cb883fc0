"""`python -m local_test up`: a laptop's AWS until Ctrl-C, or around one command.

Starts S3, a registry, SageMaker, IAM and what else the way to the cloud needs, on one port, and
prints the variables that point any AWS client there. What was made is there again at the next
start, under the same address and the same keys; nothing is left running.
"""

import argparse
import contextlib
import importlib.util
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from container.errors import ContainerError, PlatformError, UserError
from local_test.options import RESULTS
from local_test.serve import port

if TYPE_CHECKING:
    from local_test.aws.laptop import Laptop

HELP = "run a laptop's AWS: S3, ECR, SageMaker, IAM and CloudWatch on one port"
EXAMPLES = """examples:
  python -m local_test up
  python -m local_test up --no-docker --port 4566 --env-file build/aws.env
  python -m local_test up -- python -m deploy endpoint --plan
"""
_PACKAGES = ("boto3", "moto", "werkzeug")
_OTHERS = ("AWS_PROFILE", "AWS_SESSION_TOKEN")  # a shell's own, which would come first


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--folder",
        type=Path,
        default=RESULTS / "aws",
        metavar="FOLDER",
        help="where its state is kept (default: %(default)s)",
    )
    parser.add_argument("--region", default="us-east-1", help="the only one (default: %(default)s)")
    parser.add_argument(
        "--port",
        type=port,
        default=0,
        help="of everything (default: that of last time, or any that is free)",
    )
    parser.add_argument(
        "--docker",
        action=argparse.BooleanOptionalAction,
        help="run images in Docker, or our own program as a process (default: as Docker is there)",
    )
    parser.add_argument(
        "--env-file", type=Path, metavar="FILE", help="keep the variables there, while it runs"
    )
    parser.add_argument(
        "program",
        nargs="*",
        metavar="-- COMMAND",
        help="run this with the variables set, then stop; the exit code is its own",
    )


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Run it until Ctrl-C, or until the command ends.

    Raises:
        ContainerError: It cannot be started.
    """
    _check_packages()
    from local_test.aws.laptop import Laptop

    docker = _has_docker() if arguments.docker is None else arguments.docker
    laptop = Laptop(
        arguments.folder,
        region=arguments.region,
        port=arguments.port,
        docker=docker,
        variables=variables,
    )
    with contextlib.ExitStack() as undo:
        aws = undo.enter_context(laptop)
        try:
            if arguments.env_file is not None:
                _write(arguments.env_file, aws.variables)
                undo.callback(arguments.env_file.unlink, missing_ok=True)
            if arguments.program:
                return _run(arguments.program, {**without_aws(variables), **aws.variables})
            print(greeting(aws, arguments.folder, docker=docker), flush=True)
            while True:
                signal.pause()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first one is being obeyed
            print("Stopping ...", flush=True)
            return 0


def greeting(aws: "Laptop", folder: Path, *, docker: bool) -> str:
    """Say where it is, and how to point a shell there."""
    place = "Docker" if docker else "processes of this machine"
    exports = (f"export {name}={shlex.quote(value)}" for name, value in aws.variables.items())
    lines = [
        f"The laptop's AWS is at {aws.url}; Ctrl-C stops it. Programs run in {place}.",
        f"Its state is in {folder}. From a container it is {aws.container_url}."
        if docker
        else f"Its state is in {folder}.",
        "Paste this to point a shell there:",
        *exports,
        f"unset {' '.join(_OTHERS)}",
    ]
    if not aws.keeps_objects:
        lines.insert(2, "SeaweedFS is not installed: objects in S3 are gone when it stops.")
    return "\n".join(lines)


def _check_packages() -> None:
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise PlatformError(
            f"The laptop's AWS needs packages that are not installed here: {', '.join(missing)}.",
            hint="Use the client environment; `make setup` makes it.",
        )


def _has_docker() -> bool:
    from local_test.aws.addresses import bridge

    try:
        bridge()
    except ContainerError:
        return False
    return True


def without_aws(variables: Mapping[str, str]) -> dict[str, str]:
    """Leave out what would come before the laptop's own variables."""
    return {name: value for name, value in variables.items() if name not in _OTHERS}


def _run(program: list[str], variables: Mapping[str, str]) -> int:
    try:
        code = subprocess.run(program, env=dict(variables), check=False).returncode
    except OSError as error:
        raise UserError(f"{program[0]} cannot be started: {error.strerror}.") from error
    return code if code >= 0 else 128 - code


def _write(path: Path, variables: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name}={value}\n" for name, value in variables.items())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
