"""`python -m train`: one training run; `python -m train tune`: the search for a better one.

`--help` lists the flags of either.

Exit codes: 0 a model was saved, 2 the caller's input is wrong, 3 the machine or S3 refused, 1 a
fault of this project.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Final, TextIO

from container import logs
from container.environment import Environment
from container.errors import AlgorithmError, ContainerError, PlatformError, UserError
from container.failure import clear_failure, write_failure
from container.settings import Settings
from model import runtime
from model.errors import ModelError
from train import arguments as command_line
from train import distributed
from train.children import die_with_parent
from train.progress import Streams, wants_bar

TUNE: Final = "tune"  # the only word that is no flag
_EXIT_CODES = {UserError: 2, PlatformError: 3, AlgorithmError: 1}


def main(
    arguments: Sequence[str],
    variables: Mapping[str, str],
    stop: Callable[[], bool],
    output: TextIO,
    errors: TextIO,
) -> int:
    """Train, and decide the outcome: the one place that knows exit codes and the failure file.

    Args:
        arguments: The command line without the program's name.
        variables: The process's environment variables.
        stop: Whether the platform wants the run to end.
        output: For metric lines and the summary.
        errors: For logs and the progress bar.

    Returns:
        The exit code (C5.4); 130 for a search that was stopped.
    """
    environment = Environment.from_variables(variables)
    try:
        if arguments[:1] == [TUNE]:
            return _tune(environment, arguments[1:], stop, output, errors)
        flags = command_line.parse(arguments)
        clear_failure(environment.failure_file)
        settings = Settings.from_variables(variables)
        logs.configure(settings.log_level, settings.log_style, errors)
        if distributed.wants_parts(environment):
            return distributed.run(environment, arguments, stop)
        _train(environment, flags, stop, output, errors)
    except Exception as error:
        return _fail(error, environment, errors)
    return 0


def _train(
    environment: Environment,
    flags: command_line.Arguments,
    stop: Callable[[], bool],
    output: TextIO,
    errors: TextIO,
) -> None:
    if not environment.hosts().is_first:
        from train.follow import follow

        follow(environment, flags, stop)
        return
    from train.run import run

    bar = errors if wants_bar(environment, errors) else None
    result = run(environment, flags, Streams(output, bar), stop)
    print(result.summary(environment), file=output, flush=True)


def _tune(
    environment: Environment,
    arguments: Sequence[str],
    stop: Callable[[], bool],
    output: TextIO,
    errors: TextIO,
) -> int:
    from train.tuning import command

    settings = Settings.from_variables(environment.variables)
    logs.configure(settings.log_level, settings.log_style, errors)
    bar = errors if wants_bar(environment, errors) else None
    clear_failure(environment.failure_file)
    return command.run(environment, arguments, Streams(output, bar), stop)


def _fail(error: Exception, environment: Environment, errors: TextIO) -> int:
    """Say what went wrong, in the log in full and in the failure file cause first (C5.41)."""
    known, detail = _explain(error), ""
    if isinstance(known, AlgorithmError):
        detail = "".join(traceback.format_exception(error))
        errors.write(detail)
    print(f"Training failed: {known}", file=errors, flush=True)
    try:
        write_failure(environment.failure_file, str(known), detail)
    except OSError as unwritable:
        print(f"The failure file cannot be written: {unwritable}.", file=errors, flush=True)
    return next(code for kind, code in _EXIT_CODES.items() if isinstance(known, kind))


def _explain(error: Exception) -> ContainerError:
    """Name the cause of an exception: whoever can mend it."""
    match error:
        case ContainerError():
            return error
        case ModelError():
            return UserError(error.message, hint=error.hint)
        case OSError():
            return PlatformError(f"{error.strerror or error}: {error.filename or 'no file named'}.")
        case MemoryError():
            return PlatformError("The data do not fit into memory.")
    return AlgorithmError(f"{type(error).__name__}: {error}")


def _on_signals() -> Callable[[], bool]:
    """Listen for a stop; the answer is whether one has come. A second Ctrl-C ends at once."""
    received: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, remember)
    return lambda: bool(received)


if __name__ == "__main__":
    runtime.prepare(os.environ)
    if distributed.is_part(os.environ):
        die_with_parent()
    sys.exit(main(sys.argv[1:], os.environ, _on_signals(), sys.stdout, sys.stderr))
