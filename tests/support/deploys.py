"""What tests of `deploy` share: model folders that need no MXNet, and the program as a child."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model import artifact
from model.signature import Field, InputSpec, OutputSpec, Signature

PROJECT = Path(__file__).resolve().parents[2]


def model_folder(folder: Path, *, params: bytes = b"parameters") -> Path:
    """Write a model folder whose checksums hold and whose graph nobody runs."""
    signature = Signature(
        InputSpec(tuple(Field(f"b{number}", -120.0, 0.0, "dBm") for number in range(3)), -200.0),
        OutputSpec(("A01", "A02"), "location", ("column", "row"), ((1.0, 1.0), (1.0, 2.0))),
    )
    files = {
        artifact.SYMBOL: b"{}",
        artifact.PARAMS: params,
        artifact.SHAPES: artifact.shapes_file({"data": (1, 3)}),
    }
    artifact.write(folder, files, signature)
    return folder


@dataclass(frozen=True)
class Ended:
    """A run of `python -m deploy` that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON on stdout."""
        return json.loads(self.out)


def deploy(
    *arguments: object,
    variables: Mapping[str, str],
    seconds: float = 120,
    largest_file: int | None = None,
) -> Ended:
    """Run `python -m deploy ARGUMENT …` with these variables and none of the machine's AWS.

    Args:
        arguments: The command line.
        variables: Beside those of this process.
        seconds: The deadline.
        largest_file: Bytes that a file may have, as on a disk that is full then.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    command = [sys.executable, "-m", "deploy", *map(str, arguments)]
    if largest_file is not None:  # set from outside: nothing runs between fork and exec
        command = ["prlimit", f"--fsize={largest_file}", *command]
    done = subprocess.run(
        command,
        env={**own, **nowhere, **variables},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert not re.search("^Traceback", done.stderr, re.MULTILINE), done.stderr  # logs may quote one
    return Ended(done.returncode, done.stdout, done.stderr)
