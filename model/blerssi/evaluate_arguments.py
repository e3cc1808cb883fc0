"""The command line of `python -m model.blerssi.evaluate`."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.blerssi import methods, protocol

REPEATS: Final = 10
_EXAMPLES: Final = """\
  python -m model.blerssi.evaluate --data data/iBeacon_RSSI_Labeled.csv --jobs 2
  python -m model.blerssi.evaluate --data FILE --splits g3 --only ours,radio-map
  python -m model.blerssi.evaluate --data FILE --only ours --set hidden=none
"""


@dataclass(frozen=True)
class Arguments:
    """What the command line said.

    Attributes:
        data: File or folder of labelled scans.
        splits: Families of splits.
        methods: Names of methods that can run here.
        left_out: Why others cannot, by name.
        repeats: Splits of each family; days are as many as there are.
        jobs: Processes that answer at once.
        settings: Our hyperparameters that differ from their defaults.
        form: `text`, `json` or `markdown`.
    """

    data: Path
    splits: tuple[str, ...]
    methods: tuple[str, ...]
    left_out: Mapping[str, str]
    repeats: int
    jobs: int
    settings: Mapping[str, str]
    form: str


def parse(arguments: Sequence[str]) -> Arguments:
    """Read a command line.

    Raises:
        SystemExit: It is wrong, or the help was asked for; that was printed.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    missing = {name: methods.lacks(name) for name in given.only}
    left_out = {
        name: f"{package} is not installed here" for name, package in missing.items() if package
    }
    able = tuple(name for name in given.only if name not in left_out)
    if not able:
        parser.error(f"no method is left: {'; '.join(sorted(set(left_out.values())))}")
    return Arguments(
        data=given.data,
        splits=given.splits,
        methods=able,
        left_out=left_out,
        repeats=given.repeats,
        jobs=given.jobs,
        settings=dict(given.set),
        form=given.form,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.blerssi.evaluate",
        description="Judge our training beside other methods, on scans that none has seen.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="PATH", help="labelled scans")
    families, known = tuple(protocol.FAMILIES), methods.names()
    add(
        "--splits",
        type=_some_of(families),
        default=families,
        metavar="NAME,…",
        help=f"families of splits, of {', '.join(families)} (default: all)",
    )
    add(
        "--only",
        type=_some_of(known),
        default=known,
        metavar="NAME,…",
        help=f"methods, of {', '.join(map(_slug, known))} (default: all)",
    )
    add("--repeats", type=_count, default=REPEATS, help=f"splits a family (default: {REPEATS})")
    add("--jobs", type=_count, default=1, help="processes at once (default: 1)")
    add(
        "--set",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a hyperparameter of ours that shall not have its default",
    )
    form = parser.add_mutually_exclusive_group()
    for name in ("json", "markdown"):
        form.add_argument(
            f"--{name}",
            dest="form",
            action="store_const",
            const=name,
            default="text",
            help=f"write {'JSON' if name == 'json' else 'Markdown'}",
        )
    return parser


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _some_of(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    by_slug = {_slug(name): name for name in known}

    def parse(text: str) -> tuple[str, ...]:
        wanted = [_slug(word.strip()) for word in text.split(",")]
        if wrong := [word for word in wanted if word not in by_slug]:
            found, allowed = ", ".join(map(repr, wrong)), ", ".join(by_slug)
            raise argparse.ArgumentTypeError(f"{found} is not known; expected some of {allowed}")
        return tuple(name for slug, name in by_slug.items() if slug in wanted)

    return parse


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
