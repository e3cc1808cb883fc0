"""The command line of a run: what the platform's files say, a flag can say too, and beats them."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from container.errors import UserError
from train import hyperparameters

_EXAMPLES = """\
In SageMaker and Kubeflow everything comes from the folders and files of the platform; elsewhere:

  python -m train --training iBeacon_RSSI_Labeled.csv --epochs 30
  python -m train --training data/ --validation held-out.csv --upload s3://bucket/models/ble

The base folder is /opt/ml, or what SAGEMAKER_BASE_DIR names. The model goes to model/ below it,
report.html and metrics.json to output/data/, checkpoints to checkpoints/.
A run that was interrupted continues at its last checkpoint.

`python -m train tune` looks for better hyperparameters; see its --help.
"""

CHANNELS = {
    "training": "labelled scans to learn from (required)",
    "validation": "labelled scans to judge by; without them whole visits of the training scans "
    "are held out",
    "unlabeled": "scans without a location, to see how sure the model is of them",
}


@dataclass(frozen=True)
class Arguments:
    """What the command line said.

    Attributes:
        channels: File or folder by channel; these beat the channels of the platform.
        hyperparameters: Text by name; these beat hyperparameters.json.
        upload: Where the packed model goes, `s3://bucket/prefix`; None for nowhere.
        fresh: Whether to forget the checkpoints of an earlier run.
        checkpoints: Where checkpoints are kept; None for the platform's folder.
    """

    channels: dict[str, Path] = field(default_factory=dict)
    hyperparameters: dict[str, str] = field(default_factory=dict)
    upload: str | None = None
    fresh: bool = False
    checkpoints: Path | None = None


class _Parser(argparse.ArgumentParser):
    """Reports a wrong command line as every other wrong thing, failure file included."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"The command line is wrong: {message}.", hint="--help lists the flags.")


def parse(arguments: Sequence[str]) -> Arguments:
    """Read a command line.

    Raises:
        UserError: A flag is unknown or lacks its value.
        SystemExit: The help was asked for and printed.
    """
    parser = new_parser("python -m train", "Train a location model on BLE RSSI scans.", _EXAMPLES)
    add_flags(parser)
    return collect(parser.parse_args(arguments))


def new_parser(program: str, description: str, examples: str) -> argparse.ArgumentParser:
    """Make the parser of a command, without flags."""
    return _Parser(
        prog=program,
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a run to a parser."""
    data = parser.add_argument_group("data, each a file or a folder of files")
    for name, text in CHANNELS.items():
        data.add_argument(f"--{name}", type=Path, metavar="PATH", help=text)
    parser.add_argument(
        "--upload",
        metavar="S3_URI",
        help="put model.tar.gz under this prefix when all is done; credentials come from the "
        "standard places of the AWS SDK only",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget the checkpoints of an earlier run"
    )
    parser.add_argument(
        "--checkpoints",
        type=Path,
        metavar="PATH",
        help="keep them there, on a volume that outlives the pod for example",
    )
    add_hyperparameters(parser)


def add_hyperparameters(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the hyperparameters alone."""
    group = parser.add_argument_group("hyperparameters")
    group.add_argument(
        "--hyperparameters",
        default="{}",
        metavar="JSON",
        help="several at once, as hyperparameters.json has them; their own flags beat these",
    )
    hyperparameters.add_flags(group)


def collect(parsed: argparse.Namespace) -> Arguments:
    """Take what the flags of a run said.

    Raises:
        UserError: The hyperparameters are no JSON object.
    """
    values = vars(parsed)
    return Arguments(
        channels={name: values[name] for name in CHANNELS if values[name] is not None},
        hyperparameters=given_hyperparameters(parsed),
        upload=values["upload"],
        fresh=values["fresh"],
        checkpoints=values["checkpoints"],
    )


def given_hyperparameters(parsed: argparse.Namespace) -> dict[str, str]:
    """Take the hyperparameters that were given, as text by name.

    Raises:
        UserError: Those of --hyperparameters are no JSON object.
    """
    prefix = hyperparameters.FLAG_PREFIX
    flags = {
        name.removeprefix(prefix): value
        for name, value in vars(parsed).items()
        if name.startswith(prefix) and value is not None
    }
    return _object(parsed.hyperparameters) | flags


def _object(text: str) -> dict[str, str]:
    """Read hyperparameters as JSON; numbers and lists are turned back into text."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError(f"--hyperparameters is {text!r:.100}; expected a JSON object.")
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in found.items()
    }
