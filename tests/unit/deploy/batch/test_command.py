import argparse
from types import ModuleType

import pytest

from container.errors import UserError
from deploy import invoke_options
from deploy.batch import command

GIVEN = ["a.csv", "--model", "m", "--output", "s3://bucket/x"]


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([*GIVEN, *arguments])


@pytest.mark.parametrize("module", [command, invoke_options])
def test_every_option_says_what_it_does(module: ModuleType) -> None:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    assert not [each.dest for each in parser._actions if not each.help]


def test_a_model_or_an_endpoint_is_needed_and_not_both() -> None:
    with pytest.raises(SystemExit):
        parsed("--endpoint", "e")
    assert parsed().model == "m"


def test_all_that_is_wrong_is_told_before_anything_is_read() -> None:
    options = parsed("--to", "/nowhere/a", "--output", "bucket")
    with pytest.raises(UserError, match=r"s3://bucket/prefix; there is no folder /nowhere"):
        command.run(options, {})
