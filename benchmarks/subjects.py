"""The servers that are compared, and how each is started, found to be ready, and ended."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks import load, materials, processes
from benchmarks.errors import BenchmarkError
from benchmarks.materials import ROOT, Model
from local_test.process_runner import free_port  # below 32,768, as Multi Model Server wants it
from model import runtime

READY_SECONDS: Final = 120.0  # after which a start is given up
_STOP_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.005
_PEERS: Final = ROOT / "benchmarks" / "peers"
AWS_PYTHON: Final = ROOT / ".venv" / "bench-aws" / "bin" / "python"
_AWS_LARGEST: Final = 100 << 20  # bytes of a request or an answer

OURS, AWS, TEXTBOOK = "ours", "aws", "textbook"
WSGI_FLOOR, ASGI_FLOOR = "wsgi_floor", "asgi_floor"
FLOOR_OF_OURS: Final = WSGI_FLOOR  # a bare handler under the server that ours runs under


@dataclass(frozen=True)
class Command:
    """How a server is started.

    Attributes:
        arguments: Program and arguments.
        variables: What is added to the environment.
        folder: Where it works.
    """

    arguments: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT


@dataclass(frozen=True)
class Subject:
    """One of the servers.

    Attributes:
        name: In results.
        title: For people.
        command: Gives the command from the model, the port, the workers and an empty folder.
        body: Writes rows as its JSON.
        predicts: Whether it has a model.
        lacks: Says why it cannot run here; None where it can.
    """

    name: str
    title: str
    command: Callable[[Model, int, int, Path], Command]
    body: Callable[[materials.Rows], bytes] = materials.as_json
    predicts: bool = True
    lacks: Callable[[], str | None] = lambda: None

    def one_row(self) -> bytes:
        """The request whose cost is compared: one row of JSON."""
        return load.message("/invocations", self.body(materials.scans(1)), "application/json")


@dataclass(frozen=True)
class Running:
    """A server that answers.

    Attributes:
        subject: Which.
        pid: Of its first process.
        port: Where it listens.
        timeline: Seconds from the start of the process to its first connection (`accepts`), to the
            first 200 of /ping (`ping`), and to the first good prediction (`predicts`).
    """

    subject: Subject
    pid: int
    port: int
    timeline: Mapping[str, float]


def _ours(model: Model, port: int, workers: int, folder: Path) -> Command:  # noqa: ARG001
    return Command(
        [sys.executable, "-m", "container", "serve"],
        {
            "SAGEMAKER_BASE_DIR": str(model.base),
            "SAGEMAKER_BIND_TO_PORT": str(port),
            "SAGEMAKER_MODEL_SERVER_WORKERS": str(workers),
        },
    )


def _aws_lacks() -> str | None:
    if not AWS_PYTHON.exists():
        return "it has no environment; `make bench` makes .venv/bench-aws"
    return None if shutil.which("java") else "it runs on Java, which is not installed here"


def _aws(model: Model, port: int, workers: int, folder: Path) -> Command:
    base = folder / "ml"
    shutil.copytree(model.folder, base / "model")
    (base / "model" / "code").mkdir()
    (folder / "tmp").mkdir()
    shutil.copy(_PEERS / "aws_inference.py", base / "model" / "code" / "inference.py")
    path = f"{AWS_PYTHON.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    variables = {
        "PATH": path,
        "TMPDIR": str(folder / "tmp"),  # where it keeps its process id, and looks for another's
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_MODEL_SERVER_WORKERS": str(workers),
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": str(base / "model" / "code"),
        "SAGEMAKER_STARTUP_TIMEOUT": str(int(READY_SECONDS)),
        "MMS_MAX_REQUEST_SIZE": str(_AWS_LARGEST),
        "MMS_MAX_RESPONSE_SIZE": str(_AWS_LARGEST),
        "OPENBLAS_NUM_THREADS": "1",  # as ours: numpy's idle threads would be counted against it
        **runtime.VARIABLES,
    }
    return Command([str(AWS_PYTHON), str(_PEERS / "aws_server.py")], variables, folder)


def _textbook(model: Model, port: int, workers: int, folder: Path) -> Command:
    variables = {"MODEL_DIR": str(model.folder), "OPENBLAS_NUM_THREADS": "1", **runtime.VARIABLES}
    return _gunicorn("textbook:app", "gthread", port, workers, folder, variables)


def _wsgi_floor(model: Model, port: int, workers: int, folder: Path) -> Command:  # noqa: ARG001
    return _gunicorn("floor:wsgi", "gthread", port, workers, folder, {})


def _asgi_floor(model: Model, port: int, workers: int, folder: Path) -> Command:  # noqa: ARG001
    return _gunicorn("floor:asgi", "asgi", port, workers, folder, {})


def _gunicorn(  # noqa: PLR0913, PLR0917 - what differs between three servers
    program: str, worker: str, port: int, workers: int, folder: Path, variables: Mapping[str, str]
) -> Command:
    options = {
        "--bind": f"{load.HOST}:{port}",
        "--workers": str(workers),
        "--worker-class": worker,
        "--keep-alive": "300",
        "--worker-tmp-dir": str(folder),
    }
    if worker == "gthread":
        options["--threads"] = "8"
    words = [word for option in options.items() for word in option]
    return Command(
        [
            *(sys.executable, "-m", "gunicorn", "--no-control-socket", *words),
            f"benchmarks.peers.{program}",
        ],
        variables,
    )


SUBJECTS: Final = {
    each.name: each
    for each in (
        Subject(OURS, "this project", _ours),
        Subject(
            AWS,
            "AWS MXNet toolkit on Multi Model Server",
            _aws,
            materials.as_bare_json,
            lacks=_aws_lacks,
        ),
        Subject(TEXTBOOK, "textbook Flask container", _textbook),
        Subject(WSGI_FLOOR, "bare WSGI under gthread", _wsgi_floor, predicts=False),
        Subject(ASGI_FLOOR, "bare ASGI under asgi", _asgi_floor, predicts=False),
    )
}


def available() -> tuple[list[Subject], dict[str, str]]:
    """The servers that can run here, and why the others cannot, by name."""
    lacks = {name: subject.lacks() for name, subject in SUBJECTS.items()}
    able = [subject for name, subject in SUBJECTS.items() if lacks[name] is None]
    return able, {name: why for name, why in lacks.items() if why is not None}


@contextlib.contextmanager
def started(
    subject: Subject, model: Model, scratch: Path, workers: int = 2, **variables: str
) -> Iterator[Running]:
    """Start a server, wait for its first good prediction, and end it afterwards.

    Args:
        subject: Which.
        model: What it serves.
        scratch: For its log and files.
        workers: Processes.
        variables: Added to its environment.

    Raises:
        BenchmarkError: It ends, or is not ready in time; the end of its log is shown.
    """
    port, folder = free_port(), _empty(scratch / f"server-{subject.name}")
    command = subject.command(model, port, workers, folder)
    log = scratch / f"{subject.name}.log"
    begun = time.perf_counter()
    with log.open("wb") as output:
        child = subprocess.Popen(
            command.arguments,
            cwd=command.folder,
            env={**os.environ, **command.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        multi = variables.get("SAGEMAKER_MULTI_MODEL") == "true"
        timeline = _timeline(subject, port, child, begun, pings=not multi)
        yield Running(subject, child.pid, port, timeline)
    except BenchmarkError as error:
        error.add_note(f"{subject.title} wrote:\n{log.read_text(errors='replace')[-3000:]}")
        raise
    finally:
        _end(child)


def _timeline(
    subject: Subject, port: int, child: "subprocess.Popen[bytes]", begun: float, *, pings: bool
) -> dict[str, float]:
    def connects() -> None:
        socket.create_connection((load.HOST, port), 1.0).close()

    def predicts() -> None:
        load.ask(port, subject.one_row(), READY_SECONDS)

    steps: dict[str, Callable[[], object]] = {"accepts": connects}
    if subject.predicts and pings:
        ping = f"GET /ping HTTP/1.1\r\nHost: {load.HOST}\r\n\r\n".encode()
        steps["ping"] = lambda: load.ask(port, ping, READY_SECONDS)
    if pings:
        steps["predicts"] = predicts
    found = {}
    for name, attempt in steps.items():
        while not _works(attempt):
            if child.poll() is not None:
                raise BenchmarkError(f"{subject.title} ended with {child.returncode}.")
            if time.perf_counter() - begun > READY_SECONDS:
                raise BenchmarkError(f"{subject.title} is not ready after {READY_SECONDS:.0f} s.")
            time.sleep(_POLL_SECONDS)
        found[name] = time.perf_counter() - begun
    return found


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, BenchmarkError):
        return False
    return True


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Ask a server to stop; kill what is left of it."""
    everything = processes.tree(child.pid)
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_STOP_SECONDS)
    for pid in everything[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.kill()
    child.wait()


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
