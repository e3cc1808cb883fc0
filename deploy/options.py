"""Options that several commands share, and what they come to.

A command declares them with `add_common(parser)` and begins with `given = common(options,
variables)`, which holds AWS, the screen and the tags.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from container.errors import UserError
from deploy import naming
from deploy.aws import Aws
from deploy.screen import Screen, screen_for

STDOUT = Path("-")


@dataclass(frozen=True)
class Common:
    """What every command works with.

    Attributes:
        aws: All calls.
        screen: All output.
        tags: For everything that is made.
        variables: The process's environment.
    """

    aws: Aws
    screen: Screen
    tags: Mapping[str, str]
    variables: Mapping[str, str]


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add where AWS is, how results are given, and how things are marked."""
    group = parser.add_argument_group("AWS (credentials come from the SDK's standard places)")
    group.add_argument("--region", metavar="NAME", help="default: the SDK's (AWS_REGION, profile)")
    group.add_argument("--profile", metavar="NAME", help="a profile of ~/.aws/config")
    group.add_argument(
        "--plan", action="store_true", help="print the calls that would change something, and end"
    )
    add_output(parser)
    group = parser.add_argument_group("marks on everything that is made")
    group.add_argument("--project", metavar="NAME", default=naming.PROJECT, help="%(default)s")
    group.add_argument("--owner", metavar="NAME", help="default: $USER")
    group.add_argument(
        "--tag", action="append", default=[], metavar="NAME=VALUE", help="a tag more (repeatable)"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add what programs read."""
    parser.add_argument(
        "--json",
        nargs="?",
        type=Path,
        const=STDOUT,
        metavar="FILE",
        help="write the result as JSON there, or to stdout (sentences then go to stderr)",
    )
    parser.add_argument(
        "--save",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="write one value of the result there, for the next step of a pipeline (repeatable)",
    )


def screen_of(options: argparse.Namespace) -> Screen:
    """Make the screen that the options of `add_output` ask for.

    Raises:
        UserError: A `--save` is not NAME=FILE.
    """
    parts = assignments(options.save, "--save")
    return screen_for(options.json, {name: Path(file) for name, file in parts.items()})


def common(options: argparse.Namespace, variables: Mapping[str, str]) -> Common:
    """Make what the options of `add_common` ask for.

    Raises:
        UserError: A tag cannot be one.
        DeployError: There is no region, or no such profile.
    """
    screen = screen_of(options)
    owner = options.owner or variables.get("USER") or "unknown"
    tags = naming.tags(options.project, owner, assignments(options.tag, "--tag"))
    region = options.region or variables.get("AWS_REGION")  # which boto3 alone does not read
    aws = Aws(screen, region=region, profile=options.profile, plan=options.plan)
    return Common(aws, screen, tags, variables)


def assignments(texts: Sequence[str], option: str) -> dict[str, str]:
    """Split `name=value` texts; a value may hold further equals signs.

    Raises:
        UserError: Some have no name or no equals sign, or give a name twice.
    """
    parts = [text.partition("=") for text in texts]
    if wrong := [repr("".join(part)) for part in parts if not (part[0] and part[1])]:
        raise UserError(f"{option} takes name=value, got {', '.join(wrong)}.")
    found = {name: value for name, _, value in parts}
    if len(found) < len(parts):
        raise UserError(f"{option} gives a name twice: {', '.join(texts)}.")
    return found
