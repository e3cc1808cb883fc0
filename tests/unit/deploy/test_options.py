import argparse

import pytest

from container.errors import UserError
from deploy import options


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    options.add_common(parser)
    return parser.parse_args(arguments)


def test_the_region_of_the_command_line_comes_first() -> None:
    variables = {"AWS_REGION": "eu-west-1"}
    assert options.common(parsed("--region", "us-west-2"), variables).aws.region == "us-west-2"
    assert options.common(parsed(), variables).aws.region == "eu-west-1"


def test_tags_have_the_owner_of_the_command_line_or_the_user() -> None:
    variables = {"AWS_REGION": "eu-west-1", "USER": "ana"}
    assert options.common(parsed(), variables).tags["owner"] == "ana"
    found = options.common(parsed("--owner", "bo", "--tag", "a=b=c"), variables).tags
    assert (found["owner"], found["a"]) == ("bo", "b=c")


@pytest.mark.parametrize("texts", [["a"], ["=a"], ["a=1", "a=2"]])
def test_assignments_that_are_none_are_refused(texts: list[str]) -> None:
    with pytest.raises(UserError, match="--tag"):
        options.assignments(texts, "--tag")
