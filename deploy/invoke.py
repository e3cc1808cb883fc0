"""Asks an endpoint where scans were taken.

Scans come from a file (CSV, JSON, JSON lines), from stdin, from --row, or from a CSV file that
others still write to (--watch). Answers are a table, a JSON document (--json), a picture (--plot).

A request is sent again only where that is safe: when it was throttled, not sent, or turned away by
a busy model; never after a timeout, and never when the answer would be the same.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TextIO

from container.errors import UserError
from deploy import client, plot, scans, table
from deploy.answers import Answer
from deploy.aws import Aws
from deploy.client import Client, Refused, Target
from deploy.floor_plan import FLOOR
from deploy.follow import Growing
from deploy.invoke_options import add_arguments
from deploy.options import STDOUT, screen_of
from deploy.plot import Shown
from deploy.refusal import InvocationError
from deploy.retrying import ONCE, Retry
from deploy.scans import STDIN, Scan
from deploy.screen import Screen
from deploy.watch import Lines, Watch

HELP = "ask an endpoint, and print or draw its answers"
EXAMPLES = """examples:
  python -m deploy invoke blerssi scans.csv
  python -m deploy invoke blerssi --row b3006=-78,b3005=-81 --plot answer.png
  python -m deploy invoke blerssi --row=-200,-73,-200,-200,-81,,,,,,,,
  python -m deploy invoke blerssi labeled.csv --plot map.png --json answers.json
  python -m deploy invoke blerssi scans.csv --watch --plot way.png
  tail -f scans.csv | python -m deploy invoke blerssi - --watch --json
  python -m deploy invoke blerssi scans.npy --raw --content-type application/x-npy
"""
_ALL_CELLS: Final = len(FLOOR)
_TOP_K: Final = 3  # candidates, where nobody says

__all__ = ["EXAMPLES", "HELP", "add_arguments", "run"]


def run(options: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Ask, show, and give 0; 1 where rows were refused.

    Raises:
        ContainerError: The scans cannot be read, or the endpoint cannot be asked.
    """
    _check(options)
    screen = screen_of(options)
    region = options.region or variables.get("AWS_REGION")  # which boto3 alone does not read
    session = Aws(screen, region=region, profile=options.profile).session
    target = Target(options.endpoint, options.variant, options.model)
    retry = ONCE if options.no_retry else replace(Retry(), repeatable=not options.has_effects)
    asked = Client(client.runtime(session), target, retry=retry)
    if options.raw:
        return _raw(asked, options)
    if options.watch:
        return _watch(asked, options)
    rows = _scans(options)
    try:
        found = _ask(asked, rows, options)
    except InvocationError as error:
        return _refused(error, rows, screen)
    return _show(rows, found, options, screen)


def _check(options: argparse.Namespace) -> None:
    """Find what does not go together before anybody is asked.

    Raises:
        UserError: Something.
    """
    rules = (
        (bool(options.file) == bool(options.row), "Give a FILE, or --row; one of them."),
        (options.raw and not options.file, "--raw sends a FILE."),
        (options.watch and not options.file, "--watch follows a FILE, or stdin as -."),
        (
            options.raw and (options.watch or options.plot or options.json),
            "--raw prints what comes; it goes without --watch, --plot and --json.",
        ),
        (options.top_k is not None and options.top_k < 1, "--top-k is a whole number from 1."),
        (options.way and not options.plot, "--way is about the picture; give --plot."),
    )
    if wrong := [text for broken, text in rules if broken]:
        raise UserError(" ".join(wrong))
    if options.plot:
        plot.check(options.plot)


def _scans(options: argparse.Namespace) -> list[Scan]:
    if options.row:
        return scans.arguments(options.row)
    if options.file == STDIN:
        return scans.parse(sys.stdin.read(), "stdin", ignored=_ignored(options))
    return scans.read(Path(options.file), _ignored(options))


def _ask(
    asked: Client, rows: Sequence[Scan], options: argparse.Namespace
) -> list[Answer | Refused]:
    one_drawn = options.plot is not None and len(rows) == 1
    top_k = options.top_k or (_ALL_CELLS if one_drawn else _TOP_K)
    values = [each.row for each in rows]
    if options.skip_bad:
        return asked.predict_each(values, top_k=top_k)
    return [*asked.predict(values, top_k=top_k, request_id=options.request_id)]


def _show(
    rows: Sequence[Scan],
    found: Sequence[Answer | Refused],
    options: argparse.Namespace,
    screen: Screen,
) -> int:
    """Table, summary, picture and document of what was answered; the problems of the rest."""
    pairs = list(zip(rows, found, strict=True))
    good = [
        (scan, Shown(each, scan.truth)) for scan, each in pairs if not isinstance(each, Refused)
    ]
    answered, shown = [scan for scan, _ in good], [each for _, each in good]
    bad = [problem for _, each in pairs if isinstance(each, Refused) for problem in each.problems]
    if shown:
        screen.say(f"{table.answers(answered, shown, options.show)}\n")
    screen.say(table.summary(shown))
    if bad:
        lines = [table.problem(each, rows) for each in bad]
        print("\n".join(["These rows were refused:", *lines]), file=sys.stderr)
    if options.plot:
        plot.save(options.plot, shown, title=_title(options), one_way=options.way)
        screen.say(f"drawn: {options.plot}")
    answers = [table.document(scan, each) for scan, each in good]
    problems = [{**vars(each), "scan": _place(rows, each.row)} for each in bad]
    screen.result({"endpoint": options.endpoint, "answers": answers, "problems": problems})
    return 1 if bad else 0


def _refused(error: InvocationError, rows: Sequence[Scan], screen: Screen) -> int:
    """Say what the model said, each fault with its place."""
    text = table.problems(error.refusal, rows)
    print("\n".join(filter(None, (str(error), text))), file=sys.stderr)
    problems = [{**vars(each), "scan": _place(rows, each.row)} for each in error.refusal.problems]
    screen.result({"error": error.to_dict() | {"problems": problems}})
    return 1


def _place(rows: Sequence[Scan], row: int | None) -> str | None:
    return rows[row].place if row is not None and row < len(rows) else None


def _raw(asked: Client, options: argparse.Namespace) -> int:
    """The body as it is, the answer as it comes."""
    if options.file == STDIN:
        body = sys.stdin.buffer.read()
    else:
        try:
            body = Path(options.file).read_bytes()
        except OSError as error:
            raise UserError(f"{options.file} cannot be read: {error.strerror}.") from error
    reply = asked.invoke(
        body,
        options.content_type,
        accept=options.accept,
        attributes=options.attributes,
        request_id=options.request_id,
    )
    sys.stdout.buffer.write(reply.body)
    if sys.stdout.isatty() and not reply.body.endswith(b"\n"):
        print()
    sys.stdout.flush()
    return 0


def _watch(asked: Client, options: argparse.Namespace) -> int:
    name = "stdin" if options.file == STDIN else Path(options.file).name
    people = sys.stderr if options.json == STDOUT else sys.stdout
    with _documents(options.json) as documents:

        def give(found: dict[str, Any]) -> None:
            if documents is not None:
                print(json.dumps(found), file=documents, flush=True)

        def say(text: str) -> None:
            print(text, file=people, flush=True)

        top_k, ignored = options.top_k or _TOP_K, _ignored(options)
        task = Watch(asked, name, top_k, say, give, options.plot, ignored)
        return task.run(_lines(options))


@contextmanager
def _documents(path: Path | None) -> Iterator[TextIO | None]:
    """Where a watch writes one JSON document a line."""
    if path is None:
        yield None
    elif path == STDOUT:
        yield sys.stdout
    else:
        with path.open("w", encoding="utf-8") as file:
            yield file


def _lines(options: argparse.Namespace) -> Iterator[Lines]:
    if options.file == STDIN:
        for number, line in enumerate(sys.stdin, start=1):
            yield [(number, line)]
    else:
        yield from Growing(Path(options.file), idle_seconds=options.idle).batches()


def _ignored(options: argparse.Namespace) -> list[str]:
    return [*scans.LEFT_OUT, *options.ignore]


def _title(options: argparse.Namespace) -> str:
    if options.row:
        return str(options.endpoint)
    return "stdin" if options.file == STDIN else Path(options.file).name
