"""docs/observability.md names what the code has; its tables are held by scripts.write_tables."""

import re
import shlex
from pathlib import Path

import pytest

from container import contract, settings
from container import embedded_metrics as embedded
from deploy.__main__ import parser
from deploy.observability.made import Names
from train import baseline

PAGE = (Path(__file__).parents[4] / "docs" / "observability.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "said",
    [
        f"Namespace `{embedded.NAMESPACE}`, one dimension `{embedded.ENDPOINT_NAME}`",
        f"more than {embedded.MOST_FIELDS} fields",
        f"`{contract.SAFE_PORT_RANGE}`",
        f"`{settings.ENDPOINT}`",
        f"`{Names('NAME').dashboard}`",
        f"`{Names('NAME').folder}`",
        f"`{baseline.STATISTICS}` and `{baseline.CONSTRAINTS}`",
        f"`{contract.OUTPUT_DATA}`",
        f"`Sum({embedded.NO_SIGNAL.name}) / Sum({embedded.PREDICTIONS.name})`",
        f"`Sum({embedded.CONFIDENCE.name}) / Sum({embedded.PREDICTIONS.name})`",
        f"`Sum({embedded.MISSING.of('b3001')}) / Sum({embedded.PREDICTIONS.name})`",
    ],
)
def test_what_it_names_is_there(said: str) -> None:
    assert said in " ".join(PAGE.split())


def test_every_variable_it_names_is_one() -> None:
    known = {name for each in settings.documentation() for name in each.variables}
    named = set(re.findall(r"`((?:BLERSSI|SAGEMAKER)_\w+)`", PAGE))
    assert named - known == {contract.SAFE_PORT_RANGE}


def test_every_command_it_shows_is_one() -> None:
    commands = re.findall(r"^\.venv/client/bin/python -m deploy (.+)$", PAGE, re.MULTILINE)
    assert commands
    for command in commands:
        assert parser().parse_args(shlex.split(command)).command == "observe"
