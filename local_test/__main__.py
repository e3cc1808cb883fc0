"""SageMaker on a laptop: runs the image, or a plain process, as the platform does."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from container import commandline
from container.commandline import Command
from container.errors import ContainerError
from local_test import check, hybrid, predict, run, serve, signals, train
from local_test.aws import command as up
from model.errors import ModelError

COMMANDS: Mapping[str, Command] = {
    "train": train,
    "serve": serve,
    "predict": predict,
    "check": check,
    "run": run,
    "up": up,
    "hybrid": hybrid,
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    return commandline.parser("python -m local_test", __doc__, COMMANDS)


def main(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a command and give its exit code: 130 where it was stopped, 1 where it failed.

    Args:
        arguments: The command line without the program's name.
        variables: The process's environment variables.
    """
    options = parser().parse_args(arguments)
    try:
        return COMMANDS[options.command].run(options, variables)
    except (ContainerError, ModelError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.strerror or error}: {error.filename or 'no file named'}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    signals.install()
    sys.exit(main(sys.argv[1:], os.environ))
