"""The way to the cloud: an image to ECR, a model to S3, an endpoint in SageMaker, and back.

Exit code: 0 done, 1 a failure that is explained, 2 a command line that is wrong, 130 Ctrl-C.
"""

import argparse
import errno
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from container import commandline
from container.commandline import Command
from container.errors import ContainerError
from deploy import destroy, fetch, gate, invoke, push, training, upload, validate
from deploy.aws import BOTO_ERRORS
from deploy.batch import command as batch
from deploy.endpoint import command as endpoint
from deploy.endpoint import model_command as model
from deploy.errors import DeployError, explained
from deploy.iam import command as iam
from deploy.observability import command as observe
from deploy.pipeline import command as pipeline
from deploy.screen import screen_for
from model.errors import ModelError

# Heavy libraries (kfp, matplotlib, docker) are imported where a command uses them, not by the
# command's module: this table is filled at every start.
COMMANDS: Mapping[str, Command] = {
    "push": push,
    "upload": upload,
    "iam": iam,
    "fetch": fetch,
    "train": training,
    "gate": gate,
    "model": model,
    "endpoint": endpoint,
    "validate": validate,
    "invoke": invoke,
    "batch": batch,
    "observe": observe,
    "pipeline": pipeline,
    "destroy": destroy,
}


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    return commandline.parser("python -m deploy", __doc__, COMMANDS)


def main(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a command and give its exit code.

    Args:
        arguments: The command line without the program's name.
        variables: The process's environment variables.
    """
    options = parser().parse_args(arguments)
    try:
        return COMMANDS[options.command].run(options, variables)
    except (ContainerError, ModelError) as error:
        return _fail(error, options)
    except BOTO_ERRORS as error:
        return _fail(explained(error), options)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        hint = "Make room there, or set TMPDIR." if error.errno in _FULL else ""
        return _fail(DeployError(f"{error.strerror or error}{place}.", hint=hint), options)
    except KeyboardInterrupt:
        return 130


def _fail(error: ContainerError | ModelError, options: argparse.Namespace) -> int:
    """Say what failed, to programs too."""
    print(error, file=sys.stderr)
    found = {"code": error.code, "message": error.message, "hint": error.hint}
    try:
        screen_for(getattr(options, "json", None)).result({"error": found})
    except ContainerError as second:
        print(second, file=sys.stderr)
    return 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop as for Ctrl-C
    sys.exit(main(sys.argv[1:], os.environ))
