"""Lets a new model pass where it is not worse than the one that is live, on the same scans.

    model.tar.gz ──▶ signature: mean error on the validation scans ──┐
                                                                     ├──▶ not worse? then deploy
    live endpoint ──▶ asked about the very same scans ───────────────┘

Training measures its artefact as it was written, with the decoder that serving uses, so both
figures mean the same. Where nothing is live, everything that was measured passes.
"""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from container.errors import UserError
from deploy import client, judging, options, packing
from deploy.aws import Aws
from deploy.client import Client
from deploy.endpoint import state
from deploy.errors import DeployError
from deploy.fetch import download
from deploy.judging import FIGURE
from deploy.options import Common
from model import artifact

HELP = "let a model pass that is not worse than the live one"
EXAMPLES = """examples:
  python -m deploy gate s3://BUCKET/models/KEY/model.tar.gz --endpoint blerssi --rows labeled.csv
"""
_NOT_SERVING: Final = (*state.DEAD, "Creating", "Deleting")
_ROUNDING: Final = 1e-3  # cells: an answer has six digits


class WorseError(DeployError):
    """The new model is worse than the live one."""

    code = "worse_than_live"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("artifact", metavar="S3", help="the new model, s3://…/model.tar.gz")
    parser.add_argument("--endpoint", required=True, metavar="NAME", help="where the other is live")
    parser.add_argument(
        "--rows", type=Path, required=True, metavar="FILE", help="what the new one was judged by"
    )
    parser.add_argument(
        "--slack",
        type=float,
        default=0.1,
        metavar="CELLS",
        help="how much worse it may be (default: %(default)g)",
    )
    options.add_common(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says.

    Raises:
        WorseError: The new model is worse.
        ContainerError: One of them cannot be judged.
    """
    if not arguments.slack >= 0:
        raise UserError(f"--slack is {arguments.slack:g}; 0 or more cells are expected.")
    rows = judging.labelled(arguments.rows)
    given = options.common(arguments, variables)
    new = error_of(given.aws, arguments.artifact)
    live = _live(given, arguments.endpoint)
    if live is None:
        given.screen.say(f"The new model is {new:.2f} cells off; nothing is live to compare it to.")
        given.screen.result({"new": new, "live": None})
        return 0
    score = judging.judge(live, rows)
    old = score.mean_error_cells
    words = f"The new model is {new:.2f} cells off on average, the live one {old:.2f}"
    if new > old + arguments.slack + _ROUNDING:
        raise WorseError(
            f"{words}; {arguments.slack:g} worse is allowed. It is not deployed.",
            hint="Train on more or better scans, or give more --slack (gate_slack).",
        )
    given.screen.say(f"{words}; it may be deployed.")
    given.screen.result({"new": new, "live": old})
    return 0


def error_of(aws: Aws, uri: str) -> float:
    """Give the mean error that training has measured of a model in S3, in cells.

    Raises:
        DeployError: It is not there, or was not judged by validation scans.
        ArtifactError: It is not sound.
    """
    with tempfile.TemporaryDirectory(prefix="deploy-gate-") as folder:
        packed = Path(folder, packing.ARCHIVE)
        download(aws, uri, packed)
        with packing.unpacked(packed) as model:
            signature = artifact.verify(model)
    figures: Mapping[str, Any] = signature.metrics if signature else {}
    found = figures.get(FIGURE)
    if not isinstance(found, int | float):
        raise DeployError(
            f"{uri} does not say its {FIGURE}, so it cannot be compared.",
            hint="Train it with a validation channel.",
        )
    return float(found)


def _live(given: Common, endpoint: str) -> Client | None:
    described = state.describe(given, endpoint)
    if described is None or described["EndpointStatus"] in _NOT_SERVING:
        return None
    return Client(client.runtime(given.aws.session), endpoint)
