"""The commands of `python -m model.blerssi.data`: download, split, describe."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from model.blerssi import data, grid, split
from model.blerssi.data import DataError, Scans
from model.blerssi.download import URL, download

_BAR: Final = 30
_CLEAR: Final = "\r\x1b[K"


def main(arguments: Sequence[str]) -> int:
    """Run one command and give the exit code: 0, 1 for a failure, 2 for a wrong command line."""
    chosen = _parser().parse_args(arguments)
    try:
        chosen.run(chosen)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or 'A file'} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


def describe(scans: Scans) -> dict[str, Any]:
    """What a file holds, as JSON data."""
    labeled = scans.labeled()
    heard, beacons = np.unique(scans.heard.sum(axis=1), return_counts=True)
    return {
        "scans": len(scans),
        "labeled": len(labeled),
        "cells": len(np.unique(labeled.cells)),
        "visits": _visits(labeled),
        "copies": int((split.copies(scans) >= 0).sum()),
        "days": len(np.unique(scans.times.astype("datetime64[D]"))),
        "first": str(scans.times.min()),
        "last": str(scans.times.max()),
        "scans_by_beacons_heard": dict(zip(map(str, heard), beacons.tolist(), strict=True)),
        "scans_by_beacon": dict(zip(grid.BEACONS, scans.heard.sum(axis=0).tolist(), strict=True)),
    }


def _download(chosen: argparse.Namespace) -> None:
    on_terminal = sys.stderr.isatty()
    try:
        fetched = download(chosen.to, chosen.url, _show_bar if on_terminal else _show_nothing)
    finally:
        if on_terminal:
            print(_CLEAR, end="", file=sys.stderr, flush=True)
    print(f"{chosen.to}: {'fetched and verified' if fetched else 'was there already, verified'}.")


@contextmanager
def show_share() -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal which share of something is done, and clear the line in the end."""
    on_terminal = sys.stderr.isatty()

    def show(done: int, total: int) -> None:
        if on_terminal:
            print(
                f"{_CLEAR}{_bar(done, total)} {done:,} of {total:,}",
                end="",
                file=sys.stderr,
                flush=True,
            )

    try:
        yield show
    finally:
        if on_terminal:
            print(_CLEAR, end="", file=sys.stderr, flush=True)


def _bar(done: int, total: int) -> str:
    full = min(_BAR, _BAR * done // total)
    return "█" * full + "░" * (_BAR - full)


def _show_bar(arrived: int, total: int | None) -> None:
    words = f"{arrived / 1e6:.1f} MB"
    if total:
        words = f"{_bar(arrived, total)} {words} of {total / 1e6:.1f} MB"
    print(f"{_CLEAR}{words}", end="", file=sys.stderr, flush=True)


def _show_nothing(arrived: int, total: int | None) -> None:
    del arrived, total


def _split(chosen: argparse.Namespace) -> None:
    scans = data.read(chosen.file)
    training, validation = split.holdout(scans, chosen.fraction, chosen.seed)
    if not len(validation):
        raise DataError(
            f"{chosen.file} has no cell with two genuine visits, so none can be held out.",
            hint="Survey some cells again on another day.",
        )
    for path, part in ((chosen.training, training), (chosen.validation, validation)):
        taken = scans.take(part)
        data.write(path, taken)
        print(f"{path}: {len(taken):,} scans in {_visits(taken):,} visits.")
    if left_out := len(scans) - len(training) - len(validation):
        print(f"{left_out:,} scans are in neither: copies of those held out, or without a cell.")


def _describe(chosen: argparse.Namespace) -> None:
    facts = describe(data.read(chosen.file))
    if chosen.json:
        print(json.dumps(facts, indent=1))
        return
    for name, value in facts.items():
        text = f"{value:,}" if isinstance(value, int) else str(value)
        if isinstance(value, dict):
            text = ", ".join(f"{key}: {count:,}" for key, count in value.items())
        print(f"{name.replace('_', ' '):24}{text}")


def _visits(scans: Scans) -> int:
    return int(split.visits(scans).max(initial=-1)) + 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.blerssi.data", description="Download, split and describe data files."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    each = commands.add_parser("download", help="fetch the public data set and verify it")
    each.add_argument("--to", type=Path, default=Path("data"), help="folder (default: data)")
    each.add_argument("--url", default=URL, help="of the zip archive, if it has moved")
    each.set_defaults(run=_download)

    each = commands.add_parser("split", help="hold out whole visits, and leave out their copies")
    each.add_argument("file", type=Path, metavar="FILE", help="file or folder to split")
    each.add_argument("--training", type=Path, required=True, help="file to write")
    each.add_argument("--validation", type=Path, required=True, help="file to write")
    each.add_argument(
        "--fraction", type=_fraction, default=0.2, help="share of scans held out (default: 0.2)"
    )
    each.add_argument("--seed", type=int, default=0, help="of the random choice (default: 0)")
    each.set_defaults(run=_split)

    each = commands.add_parser("describe", help="count scans, cells, visits and copies")
    each.add_argument("file", type=Path, metavar="FILE", help="file or folder to describe")
    each.add_argument("--json", action="store_true", help="write JSON")
    each.set_defaults(run=_describe)
    return parser


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value
