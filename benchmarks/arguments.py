"""The command line of `python -m benchmarks`."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks import plan, results
from benchmarks.plan import Plan

IMAGE: Final = "blerssi-sagemaker:latest"
_EXAMPLES: Final = """\
sections: {names}

examples:
  python -m benchmarks
  python -m benchmarks --quick
  python -m benchmarks --only serving,layers
  python -m benchmarks --render
"""


@dataclass(frozen=True)
class Arguments:
    """What the command line said.

    Attributes:
        plan: How much is measured.
        only: Sections that are measured.
        data: Labelled scans; None for none.
        image: Name of the image.
        json: Where the results go instead; None for their place.
        render: Whether nothing is measured, and the page is written anew.
    """

    plan: Plan
    only: tuple[str, ...]
    data: Path | None
    image: str
    json: Path | None
    render: bool


def parse(arguments: Sequence[str]) -> Arguments:
    """Read a command line.

    Raises:
        SystemExit: It is wrong, or the help was asked for; that was printed.
    """
    given = _parser().parse_args(arguments)
    chosen = plan.QUICK if given.quick else plan.FULL
    if given.rounds:
        chosen = replace(chosen, rounds=given.rounds)
    return Arguments(chosen, given.only, given.data, given.image, given.json, given.render)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure this project beside its peers, and write docs/performance.md.",
        epilog=_EXAMPLES.format(names=", ".join(results.MEASURES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--quick",
        action="store_true",
        help="less of everything, in two minutes; the results go to build/bench, the page stays",
    )
    add(
        "--only",
        type=_sections,
        default=tuple(results.MEASURES),
        metavar="NAME,…",
        help="sections; the others stay as they were (default: all)",
    )
    add("--rounds", type=_count, metavar="N", help="rounds of every measurement (default: 5)")
    add("--data", type=Path, metavar="FILE", help="labelled scans: compares training too")
    add("--image", default=IMAGE, metavar="NAME", help=f"the image (default: {IMAGE})")
    add("--json", type=Path, metavar="FILE", help="write the results there, and no page")
    add("--render", action="store_true", help="measure nothing, write the page from the results")
    return parser


def _sections(text: str) -> tuple[str, ...]:
    wanted = [name.strip() for name in text.split(",")]
    if wrong := [name for name in wanted if name not in results.MEASURES]:
        found, allowed = ", ".join(map(repr, wrong)), ", ".join(results.MEASURES)
        raise argparse.ArgumentTypeError(f"{found} is not known; expected some of {allowed}")
    return tuple(name for name in results.MEASURES if name in wanted)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)
