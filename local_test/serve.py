"""`python -m local_test serve`: a model behind /ping and /invocations until Ctrl-C."""

import argparse
import shlex
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from container import contract
from container.errors import PlatformError
from local_test import again, layout, options, server
from local_test.runner import Program

HELP = "serve a model until Ctrl-C"
EXAMPLES = """examples:
  python -m local_test serve --model build/train/model.tar.gz
  python -m local_test serve --image blerssi-sagemaker --model folder/ --port 9000
  python -m local_test serve --image blerssi-sagemaker --model model.tar.gz --hardened
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--model",
        type=Path,
        default=options.RESULTS / "train" / "model.tar.gz",
        metavar="PATH",
        help="a model.tar.gz or a folder, mounted read-only (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=port,
        default=contract.PORT,
        help="on this machine, 0 for any that is free (default: %(default)s)",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=server.READY_SECONDS,
        metavar="SECONDS",
        help="how long it may take to become ready (default: %(default)g)",
    )
    options.add_variables(parser)
    options.add_runner(parser)


def port(text: str) -> int:
    """Read a TCP port; 0 means any that is free."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: 0 to 65535")
    return number


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Serve until Ctrl-C or SIGTERM; 0 for a graceful stop, else the server's exit code.

    Raises:
        ContainerError: The server cannot be started, or does not become ready.
        ModelError: The archive is not sound.
    """
    runner = options.runner(arguments, variables)
    extra = options.container_variables(arguments)
    with tempfile.TemporaryDirectory(prefix="local-test-") as folder:
        base = Path(folder)
        layout.place_model(arguments.model, base)
        print(f"Serving {arguments.model} in {runner.place} ...", file=sys.stderr)
        with server.started(
            runner,
            Program(("serve",), base, extra, arguments.port),
            show=lambda line: print(line, file=sys.stderr, flush=True),
            seconds=arguments.wait,
        ) as running:
            print(_greeting(str(running.url)), flush=True)
            try:
                code = running.wait()
            except KeyboardInterrupt:
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first one is being obeyed
                print("Stopping ...", file=sys.stderr)
                return running.stop(contract.SERVE_STOP_SECONDS)
    raise PlatformError(f"The server ended by itself with exit code {code}.")


def _greeting(url: str) -> str:
    return (
        f"Ready at {url}; Ctrl-C stops it. Ask it, for example:\n"
        f"  curl --data-binary {shlex.quote(f'@{again.path(again.PAYLOAD)}')} "
        f"-H 'Content-Type: text/csv' {url}{contract.INVOCATIONS}\n"
        f"  {again.command('predict', '--url', url, again.PAYLOAD)}"
    )
