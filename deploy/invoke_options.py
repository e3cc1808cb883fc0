"""The options of `invoke`."""

import argparse
from pathlib import Path
from typing import Final

from deploy import client, plot
from deploy.options import add_output

_SHOWN: Final = 40  # lines of the table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("endpoint", metavar="ENDPOINT", help="its name")
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="CSV with or without a header, JSON, or JSON lines by its suffix; - reads CSV from "
        "stdin. A column `location` is taken for the true cell, `date` is left out",
    )
    parser.add_argument(
        "--row",
        action="append",
        default=[],
        metavar="READINGS",
        help="a scan: NAME=dBm,NAME=dBm or all readings in order (repeatable)",
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="COLUMN",
        help="of a CSV file with a header: what the model does not get (repeatable)",
    )
    _add_asking(parser)
    _add_showing(parser)
    group = parser.add_argument_group("AWS (credentials come from the SDK's standard places)")
    group.add_argument("--region", metavar="NAME", help="default: the SDK's (AWS_REGION, profile)")
    group.add_argument("--profile", metavar="NAME", help="a profile of ~/.aws/config")
    add_output(parser)


def _add_asking(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how it is asked")
    group.add_argument("--variant", metavar="NAME", help="one production variant of the endpoint")
    group.add_argument(
        "--model", metavar="ARCHIVE", help="one model of a multi-model endpoint, such as a.tar.gz"
    )
    group.add_argument(
        "--top-k",
        type=int,
        metavar="NUMBER",
        help="how many candidates an answer lists (default: 3; all cells where one is drawn)",
    )
    group.add_argument(
        "--request-id", metavar="TEXT", help="to find the request in log and data capture"
    )
    group.add_argument(
        "--no-retry", action="store_true", help="send every request once, whatever happens"
    )
    group.add_argument(
        "--has-effects",
        action="store_true",
        help="the endpoint's handler changes something outside: a request that may have been "
        "computed is not sent again",
    )
    group.add_argument("--raw", action="store_true", help="send FILE as it is, print what comes")
    group.add_argument(
        "--content-type", metavar="TYPE", default="text/csv", help="with --raw (%(default)s)"
    )
    group.add_argument(
        "--accept", metavar="TYPE", default=client.JSON, help="with --raw (%(default)s)"
    )
    group.add_argument("--attributes", metavar="TEXT", help="with --raw: custom attributes")


def _add_showing(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is shown")
    group.add_argument(
        "--plot", type=Path, metavar="FILE", help=f"draw the floor: {', '.join(plot.FORMATS)}"
    )
    group.add_argument(
        "--way", action="store_true", help="with --plot: the scans are one device's way"
    )
    group.add_argument(
        "--show",
        type=int,
        default=_SHOWN,
        metavar="LINES",
        help="of the table; 0: all (%(default)s)",
    )
    group.add_argument(
        "--skip-bad", action="store_true", help="answer the other rows where some are refused"
    )
    group.add_argument(
        "--watch", action="store_true", help="follow a growing CSV file, or stdin, until Ctrl-C"
    )
    group.add_argument(
        "--idle",
        type=float,
        default=float("inf"),
        metavar="SECONDS",
        help="with --watch: end when nothing was added for so long",
    )
