"""A program of several commands, each a module that says what it offers."""

import argparse
from collections.abc import Mapping
from typing import Protocol


class Command(Protocol):
    """What a module of a command offers; its docstring is the command's description."""

    HELP: str
    EXAMPLES: str

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Declare its options."""

    def run(self, arguments: argparse.Namespace, variables: Mapping[str, str], /) -> int:
        """Do it and give the exit code."""


def parser(
    program: str, description: str | None, commands: Mapping[str, Command]
) -> argparse.ArgumentParser:
    """Make the command line, every command with examples in its help.

    Args:
        program: What is typed before the command.
        description: What all of it is for.
        commands: By the word that calls each; what is parsed has it as `command`.
    """
    whole = argparse.ArgumentParser(program, description=description)
    choices = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in commands.items():
        command.add_arguments(
            choices.add_parser(
                name,
                help=command.HELP,
                description=command.__doc__,
                epilog=command.EXAMPLES,
                formatter_class=argparse.RawDescriptionHelpFormatter,
                allow_abbrev=False,
            )
        )
    return whole
