import argparse

import pytest

from container.errors import UserError
from local_test import options
from local_test.process_runner import ProcessRunner, default_python


def _parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    options.add_runner(parser)
    options.add_variables(parser)
    return parser.parse_args(arguments)


def test_without_an_image_programs_are_processes() -> None:
    runner = options.runner(_parse(), {})

    assert isinstance(runner, ProcessRunner)
    assert str(default_python()) in runner.place


@pytest.mark.parametrize(
    "arguments", [("--hardened",), ("--image", "name", "--python", "/usr/bin/python3")]
)
def test_options_that_contradict_each_other_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UserError):
        options.runner(_parse(*arguments), {})


def test_assignments_keep_what_follows_the_first_equals_sign() -> None:
    assert options.assignments(["a=1", "b=", "c=x=y"], "-H") == {"a": "1", "b": "", "c": "x=y"}


def test_all_wrong_assignments_are_named() -> None:
    with pytest.raises(UserError, match=r"-H takes name=value, got 'epochs', '=3'"):
        options.assignments(["epochs", "=3", "a=1"], "-H")


def test_a_variable_needs_a_possible_name() -> None:
    assert options.container_variables(_parse("-e", "A_1=x", "--env", "B=")) == {
        "A_1": "x",
        "B": "",
    }
    with pytest.raises(UserError, match="1A cannot be"):
        options.container_variables(_parse("-e", "1A=x"))
