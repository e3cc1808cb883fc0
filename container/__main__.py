"""The image's entry point: `train`, `serve`, nothing, or any other command.

train [FLAG ...]   train a model from the channels under the base folder (C5.1)
serve              answer /ping and /invocations (C1.1)
(nothing)          train where a training job is laid out, serve elsewhere (C7.20)
COMMAND ...        run any other command in the image, as `chmod -R 777 /delete` (C7.24)
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from container.environment import Environment
from container.failure import write_failure
from container.resources import MIB, Resources
from container.supervisor import Outcome, supervise

CODE = Path(__file__).resolve().parent.parent

# Small pieces that a thread keeps for itself would each hold a page, and the end of a heap would be
# kept while it is shorter than twice the largest block that was freed: megabytes, both of them.
_GIVING_BACK = "glibc.malloc.tcache_count=0:glibc.malloc.trim_threshold=131072"


def main(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Do what the arguments say and give the exit code.

    Args:
        arguments: What follows the image's name in `docker run`.
        variables: The process's environment variables.
    """
    environment = Environment.from_variables(variables)
    rest: list[str] = []
    match list(arguments):
        case []:
            program = "train" if environment.is_training_job else "serve"
        case ["train" | "serve" as program, *rest]:
            pass
        case ["-h" | "--help", *_]:
            print(__doc__)
            return 0
        case command:
            return _execute(command, variables)
    try:
        outcome = supervise([sys.executable, "-m", program, *rest], _for_the_child(environment))
    except OSError as error:
        print(f"{program} cannot be started: {error.strerror}.", file=sys.stderr)
        return 126
    if program == "train" and outcome.exit_code != 0 and not outcome.stopped:
        _explain_a_failed_training(outcome, environment)
    return outcome.exit_code


def _for_the_child(environment: Environment) -> dict[str, str]:
    """The child's variables: what has to be known before any code of ours runs there.

    Our packages are found from whatever folder the container works in. Unless its user says
    otherwise, numpy gets one thread: its idle ones would spin for more time than answering takes
    (C6.7). And where models come and go the C library gives all of their memory back (C3.11).
    """
    variables = environment.variables
    known = variables.get("PYTHONPATH", "")
    path = os.pathsep.join(filter(None, (str(CODE), known)))
    ours = {"OPENBLAS_NUM_THREADS": "1"}
    if environment.is_multi_model:
        ours["GLIBC_TUNABLES"] = _GIVING_BACK
    return {**ours, **variables, "PYTHONPATH": path}


def _explain_a_failed_training(outcome: Outcome, environment: Environment) -> None:
    """Write the failure file where the child was not able to write its own (C5.41)."""
    if outcome.signal is None:
        cause = f"Training ended with exit code {outcome.exit_code}; its log says why."
    else:
        cause = f"Training was killed by {outcome.signal.name}."
    if outcome.signal is signal.SIGKILL:
        memory = Resources.measure().memory / MIB
        cause += f" Most likely it needed more than the {memory:,.0f} MiB of memory there are."
    print(cause, file=sys.stderr)
    try:
        write_failure(environment.failure_file, cause)
    except OSError as error:
        print(f"The failure file cannot be written: {error}.", file=sys.stderr)


def _execute(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Become another command; come back only where it cannot be started."""
    try:
        os.execvpe(command[0], list(command), dict(variables))
    except FileNotFoundError:
        print(
            f"{command[0]!r} is not a command of this image. "
            "Its own are train and serve; --help tells more.",
            file=sys.stderr,
        )
        return 127
    except OSError as error:
        print(f"{command[0]!r} cannot be run: {error.strerror}.", file=sys.stderr)
        return 126


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
