import argparse
from collections.abc import Mapping

import pytest

from container import commandline


class _Greet:
    """Says hello, at length."""

    HELP = "say hello"
    EXAMPLES = "examples:\n  program greet --to you"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--to")

    def run(self, arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
        return int(variables[arguments.to])


PARSER = commandline.parser("program", "What it is for.", {"greet": _Greet()})


def test_a_command_is_parsed_with_its_options() -> None:
    assert vars(PARSER.parse_args(["greet", "--to", "me"])) == {"command": "greet", "to": "me"}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--help"], ["What it is for.", "say hello"]),
        (["greet", "--help"], ["Says hello, at length.", "  program greet --to you"]),
    ],
)
def test_help_shows_what_the_modules_say(
    capsys: pytest.CaptureFixture[str], words: list[str], shown: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        PARSER.parse_args(words)
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert all(each in printed for each in shown)


@pytest.mark.parametrize("words", [[], ["gree"], ["greet", "--t", "me"]])
def test_nothing_is_guessed(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        PARSER.parse_args(words)
    assert ended.value.code == 2
