from pathlib import Path

import pytest

from container.errors import UserError
from train.arguments import Arguments, parse


def test_nothing_said_means_what_the_platform_says() -> None:
    assert parse([]) == Arguments()


def test_every_kind_of_flag_is_taken() -> None:
    line = ["--training", "a.csv", "--unlabeled", "u", "--epochs", "3", "--batch_size=7", "--fresh"]
    assert parse([*line, "--upload", "s3://b/c"]) == Arguments(
        channels={"training": Path("a.csv"), "unlabeled": Path("u")},
        hyperparameters={"epochs": "3", "batch_size": "7"},
        upload="s3://b/c",
        fresh=True,
    )


@pytest.mark.parametrize("line", [["--epoch", "3"], ["--training"], ["stray"]])
def test_a_wrong_command_line_is_the_users_error(line: list[str]) -> None:
    with pytest.raises(UserError, match="--help lists the flags"):
        parse(line)


def test_the_help_names_channels_and_hyperparameters(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert all(each in text for each in ("--validation", "--learning-rate", "s3://bucket", "2 %"))


def test_hyperparameters_come_as_json_too_and_flags_beat_them() -> None:
    line = ["--hyperparameters", '{"epochs": 3, "hidden": [8, 8], "seed": "1"}', "--seed", "2"]
    found = parse([*line, "--checkpoints", "/checkpoints/run"])
    assert found.hyperparameters == {"epochs": "3", "hidden": "[8, 8]", "seed": "2"}
    assert found.checkpoints == Path("/checkpoints/run")


@pytest.mark.parametrize("text", ["epochs=3", "[1]", ""])
def test_hyperparameters_that_are_no_object_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="expected a JSON object"):
        parse(["--hyperparameters", text])
