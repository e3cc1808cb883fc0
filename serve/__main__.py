"""Serve the model below the base folder over HTTP.

python -m serve        start; SIGTERM stops it once running requests are answered
python -m serve --help show this text

Settings are environment variables; the README lists them.
"""

import logging
import os
import sys
import tempfile
from collections.abc import MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path

from container import logs
from container.environment import Environment
from container.errors import ContainerError, PlatformError, UserError
from container.resources import MIB, Resources, WorkerPlan
from container.settings import Settings
from model import runtime
from serve import media, metrics
from serve.errors import ServeError
from serve.server import Plan, Server

WORKER_BYTES = 120 * MIB  # resident memory of a worker with a small model, measured
_COPIES = 3  # of its parameters: as they came, and in oneDNN's order for two numbers of rows

_log = logging.getLogger("blerssi.serve")


def main(arguments: Sequence[str], variables: MutableMapping[str, str]) -> int:
    """Serve until told to stop.

    Args:
        arguments: What follows `serve`.
        variables: The process's environment, which this completes.

    Returns:
        The exit code where the server cannot be started; otherwise gunicorn exits.
    """
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    try:
        if arguments:
            raise UserError(f"serve takes no arguments, got {' '.join(arguments)!r:.200}.")
        server = Server(prepare(variables))
    except ContainerError as error:
        print(f"Cannot serve: {error}", file=sys.stderr)
        return 1
    server.run()
    return 0


def prepare(variables: MutableMapping[str, str]) -> Plan:
    """Read the settings, set up the log, and decide how many workers there will be.

    Raises:
        ContainerError: A setting is wrong, or there is nowhere to write.
    """
    settings = Settings.from_variables(variables)
    logs.configure(settings.log_level, settings.log_style, sys.stderr)
    _check_default_accept(settings)
    environment = Environment.from_variables(variables)
    runtime.prepare(variables)
    workers = WorkerPlan.make(
        Resources.measure(), _footprint(environment.model_dir), settings.workers
    )
    served = environment.model_dir
    if settings.multi_model:  # one process owns every model; it computes as many at a time (C3.19)
        served = environment.models_dir
        settings = replace(settings, concurrency=settings.concurrency * workers.workers)
        workers = WorkerPlan(1, f"one process for every model; {workers.reason}")
    _log.info(
        "Serving %s on port %d: %s; %d requests at a time and %d waiting in each; "
        "bodies up to %d MiB; a worker that does not respond for %d s is replaced.",
        served,
        settings.port,
        workers.reason,
        settings.concurrency,
        settings.queue,
        settings.max_payload >> 20,
        settings.timeout,
    )
    scratch = _scratch()
    variables[metrics.FOLDER_VARIABLE] = str(scratch)
    return Plan(settings, workers.workers, served, dict(variables), scratch)


def _check_default_accept(settings: Settings) -> None:
    try:
        media.choose(settings.default_accept, media.JSON)
    except ServeError as error:
        raise UserError(f"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: {error.message}") from error


def _footprint(model_dir: Path) -> int:
    """Bytes that one worker will need, guessed from the size of the model's files."""
    try:
        files = [each.stat().st_size for each in model_dir.rglob("*.params")]
    except OSError:
        files = []
    return WORKER_BYTES + _COPIES * sum(files)


def _scratch() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="blerssi-serve-"))
    except OSError as error:
        raise PlatformError(
            f"No folder for temporary files can be written: {error}.",
            hint="Give the container a writable /tmp, for example with --tmpfs /tmp.",
        ) from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
