"""Asks an endpoint about scans whose cell is known, and fails where it is too far off.

The last step of the pipeline: the endpoint itself answers, over the way that its users take.
"""

import argparse
import math
from collections.abc import Mapping
from pathlib import Path

from container.errors import UserError
from deploy import client, judging, options
from deploy.client import Client
from deploy.errors import DeployError

HELP = "hold an endpoint's answers to a limit"
EXAMPLES = """examples:
  python -m deploy validate blerssi labeled.csv --most 3.5
"""


class TooFarOffError(DeployError):
    """The answers are worse than the limit."""

    code = "too_far_off"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("endpoint", metavar="ENDPOINT", help="its name")
    parser.add_argument("file", type=Path, metavar="FILE", help="scans with a column `location`")
    parser.add_argument(
        "--most", type=float, required=True, metavar="CELLS", help="the mean error that is allowed"
    )
    options.add_common(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says.

    Raises:
        TooFarOffError: The mean error is above the limit.
        ContainerError: The endpoint cannot be asked, or the file cannot be read.
    """
    if not 0 < arguments.most < math.inf:
        raise UserError(f"--most is {arguments.most:g}; cells above 0 are expected.")
    rows = judging.labelled(arguments.file)
    given = options.common(arguments, variables)
    score = judging.judge(Client(client.runtime(given.aws.session), arguments.endpoint), rows)
    if score.mean_error_cells > arguments.most:
        raise TooFarOffError(
            f"The endpoint {arguments.endpoint} is {score}; {arguments.most:g} are allowed.",
            hint="It serves all the same. Deploy an older model, or remove it: "
            "python -m deploy destroy.",
        )
    given.screen.say(f"{arguments.endpoint}: {score}.")
    given.screen.result({"endpoint": arguments.endpoint, **score.to_dict()})
    return 0
