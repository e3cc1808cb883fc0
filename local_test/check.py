"""`python -m local_test check`: holds any container against the SageMaker contract.

The image is run as the platform would run it, clause by clause: what holds, what was seen instead,
why it matters and how to mend it. Without Docker a command takes the image's place; clauses that
need Docker are then reported as not checked.

Exit code: 0 no hard clause is violated, 1 one is, 2 the suite could not run.
"""

import argparse
import contextlib
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from container import contract
from container.errors import ContainerError, UserError
from local_test import client, layout, options
from local_test.conformance import catalogue, configuration, console, own, registry, suite
from local_test.conformance.configuration import Configuration
from local_test.conformance.docker_subject import DockerSubject
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Payload
from local_test.conformance.process_subject import ProcessSubject
from local_test.conformance.registry import Check
from local_test.conformance.reports import as_html, as_json, as_junit
from local_test.conformance.reports.report import Report
from local_test.conformance.subject import Subject
from local_test.conformance.texts import explanation, listing
from local_test.process_runner import with_image_python
from model.errors import ModelError

HELP = "hold any container against the SageMaker contract"
EXAMPLES = """examples:
  python -m local_test check --image blerssi-sagemaker
  python -m local_test check --command 'python -m container' --only serve --html report.html
  python -m local_test check --image theirs --model model.tar.gz --payload rows.csv:text/csv \\
      --training scans/ --hyperparameter epochs=2
  python -m local_test check --image theirs --config conformance.toml --junit results.xml
  python -m local_test check --list
  python -m local_test check --explain C1.23
"""
_FORMATS = {"json": as_json.render, "junit": as_junit.render, "html": as_html.render}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    subject = parser.add_argument_group("what is under test")
    subject.add_argument("--image", metavar="NAME", help="an image, run with Docker")
    subject.add_argument(
        "--command",
        dest="program",
        metavar="COMMAND",
        help="without Docker: what stands for `docker run IMAGE`; it has to know "
        f"SAGEMAKER_BASE_DIR and SAGEMAKER_BIND_TO_PORT (default: {shlex.join(own.COMMAND)!r})",
    )
    _add_materials(parser)
    choice = parser.add_argument_group("which checks")
    for name, text in (("only", "nothing but these"), ("skip", "all but these")):
        choice.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="WORD[,WORD]",
            help=f"{text}: groups, clauses or names of checks (repeatable)",
        )
    choice.add_argument("--list", action="store_true", help="show the checks and end")
    choice.add_argument("--explain", metavar="CLAUSE", help="show what a clause means and end")
    reports = parser.add_argument_group("reports")
    for name in _FORMATS:
        reports.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"write {name} there")


def _add_materials(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "what to check with (default: this project's model on simulated data)"
    )
    group.add_argument("--config", type=Path, metavar="FILE", help="a conformance.toml")
    group.add_argument(
        "--model", type=Path, metavar="PATH", help="model.tar.gz or folder (default: trained)"
    )
    group.add_argument(
        "--payload",
        action="append",
        default=[],
        metavar="FILE[:TYPE]",
        help="a body that is answered with 200, and its media type (repeatable)",
    )
    group.add_argument(
        "--training",
        action="append",
        default=[],
        metavar="[CHANNEL=]PATH",
        help="training data (repeatable; default channel: training)",
    )
    group.add_argument(
        "-H",
        "--hyperparameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="for a short training (repeatable)",
    )
    group.add_argument(
        "--wait", type=float, metavar="SECONDS", help="until a server is ready (default: 115)"
    )
    options.add_variables(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says; see the module for the exit code."""
    try:
        checks = registry.discover()
        clauses = catalogue.load()
        catalogue.grade(clauses, checks)
        if arguments.explain:
            print(explanation(arguments.explain, clauses, checks))
            return 0
        chosen = suite.select(checks, _words(arguments.only), _words(arguments.skip))
        if arguments.list:
            print(listing(chosen, clauses))
            return 0
        return _run(arguments, variables, chosen, clauses)
    except (ContainerError, ModelError) as error:
        print(error, file=sys.stderr)
        return 2


def _run(
    arguments: argparse.Namespace,
    variables: Mapping[str, str],
    checks: Sequence[Check],
    clauses: catalogue.Catalogue,
) -> int:
    wanted = _configuration(arguments)
    started = time.time()
    with _subject(arguments, variables) as subject, _lab(subject, wanted) as lab:
        print(f"Checking {subject.place}; checks: {len(checks)}.")
        screen = console.for_stream(sys.stdout)
        found = suite.run(checks, lab, clauses, wanted.accepted, screen)
    seconds = time.time() - started
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started))
    report = Report(subject.place, stamp, seconds, found, clauses)
    for name, render in _FORMATS.items():
        if (path := getattr(arguments, name)) is not None:
            _write(path, render(report))
    screen.verdict(found, seconds, subject.place)
    return report.exit_code


@contextlib.contextmanager
def _subject(arguments: argparse.Namespace, variables: Mapping[str, str]) -> Iterator[Subject]:
    if not arguments.image:
        command = shlex.split(arguments.program or shlex.join(own.COMMAND))
        yield ProcessSubject(command, with_image_python(variables))
        return
    if arguments.program:
        raise UserError("--command means a plain process and --image Docker; give one of them.")
    with contextlib.closing(DockerSubject(arguments.image)) as subject:
        yield subject


@contextlib.contextmanager
def _lab(subject: Subject, wanted: Configuration) -> Iterator[Lab]:
    """Give a lab whose containers and folders are gone after the block."""
    with tempfile.TemporaryDirectory(prefix="local-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        materials = wanted.materials
        if (streaming := materials.streaming) is not None and streaming.model is not None:
            placed = _placed(streaming.model, folder / "streaming")
            materials = replace(materials, streaming=replace(streaming, model=placed))
        if wanted.model is not None:
            materials = replace(materials, model=_placed(wanted.model, folder / "given"))
        elif not (materials.payloads or materials.channels or streaming):
            made = own.materials(subject, folder / "own", materials.variables)
            if made is None:
                print("Checks that need a model or data of yours are left out; see --help.")
            materials = made or materials
        lab = Lab(subject, materials, folder / "bases", wanted.wait)
        try:
            yield lab
        finally:
            lab.close()
            subject.clear(folder)


def _placed(model: Path, folder: Path) -> Path:
    """Give the folder that an archive or a folder is served from."""
    folder.mkdir()
    layout.place_model(model, folder)
    return (folder / contract.MODEL).resolve()


def _configuration(arguments: argparse.Namespace) -> Configuration:
    """Read the file, and put over it what the command line says."""
    wanted = configuration.read(arguments.config) if arguments.config else Configuration()
    given = wanted.materials
    materials = replace(
        given,
        payloads=tuple(map(_payload, arguments.payload)) or given.payloads,
        channels=dict(map(_channel, arguments.training)) or given.channels,
        hyperparameters={
            **given.hyperparameters,
            **options.assignments(arguments.hyperparameter, "-H"),
        },
        variables={**given.variables, **options.container_variables(arguments)},
    )
    wait = wanted.wait if arguments.wait is None else arguments.wait
    return replace(wanted, materials=materials, model=arguments.model or wanted.model, wait=wait)


def _payload(text: str) -> Payload:
    """Read FILE:TYPE; the type may be left out where the file's suffix says it."""
    name, _, media_type = text.partition(":")
    path = Path(name)
    return configuration.payload(path, media_type or client.content_type(path), streams=False)


def _channel(text: str) -> tuple[str, Path]:
    name, equals, path = text.rpartition("=")
    return (name, Path(path)) if equals else ("training", Path(path))


def _words(texts: Sequence[str]) -> list[str]:
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"The report {path} cannot be written: {error.strerror}.") from error
