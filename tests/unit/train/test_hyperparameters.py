"""Every form in which a hyperparameter arrives, and every one that is refused."""

import argparse
import json
from typing import Any

import pytest

from container.errors import UserError
from train.hyperparameters import (
    FLAG_PREFIX,
    Hyperparameters,
    add_flags,
    declarations,
    nearest,
    table,
)

NAMES = [each.name for each in declarations()]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("epochs", "5", 5),
        ("epochs", " 5 ", 5),
        ("epochs", "5.0", 5),
        ("epochs", "1e2", 100),
        ("learning_rate", "0.01", 0.01),
        ("learning_rate", "1e-3", 0.001),
        ("weight_decay", "0", 0.0),
        ("class_balance", "true", True),
        ("class_balance", "False", False),
        ("class_balance", "1", True),
        ("class_balance", "no", False),
        ("hidden", "64", (64,)),
        ("hidden", "64, 32", (64, 32)),
        ("hidden", "[64, 32]", (64, 32)),
        ("hidden", "[]", ()),
        ("hidden", "none", ()),
    ],
)
@pytest.mark.parametrize("encodings", [0, 1, 2])
def test_text_becomes_a_value_however_often_it_was_encoded(
    name: str, text: str, value: object, encodings: int
) -> None:
    """C5.12: SDKs encode none, once or twice."""
    for _ in range(encodings):
        text = json.dumps(text)
    given = getattr(Hyperparameters.parse({name: text}), name)
    assert given == value
    assert type(given) is type(value)


def test_nothing_given_means_the_defaults() -> None:
    assert Hyperparameters.parse({}) == Hyperparameters()
    assert Hyperparameters().changes() == {}


def test_changes_and_data_are_json() -> None:
    given = Hyperparameters.parse({"epochs": "3", "hidden": "[8, 4]"})
    assert given.changes() == {"epochs": 3, "hidden": [8, 4]}
    assert json.loads(json.dumps(given.to_dict())) == given.to_dict()
    assert set(given.to_dict()) == set(NAMES)


@pytest.mark.parametrize("row", table(), ids=lambda row: row.name)
def test_the_defaults_and_limits_are_within_what_is_declared(row: Any) -> None:
    assert Hyperparameters.parse({row.name: row.default}) == Hyperparameters()
    if row.type in {"integer", "number"}:
        low, high = row.range.split(" to ")
        for limit in (low, high):
            Hyperparameters.parse({row.name: limit})


def outside(row: Any) -> list[str]:
    """Values that a hyperparameter of this type does not take."""
    if row.type in {"integer", "number"}:
        low, high = map(float, row.range.split(" to "))
        limits = [str(low - 1), str(high + 1), "-1e400", "1e400"]
        return [*limits, "nan", "x", "", "null", *(["1.5"] if row.type == "integer" else [])]
    if row.type == "switch":
        return ["2", "maybe", "", "[]"]
    return ["0", "4097", "-1", "1.5", "x", "1,,2", ",".join("9" * 9), "9" * 400, "9" * 5000]


@pytest.mark.parametrize(
    ("name", "text"), [(row.name, text) for row in table() for text in outside(row)]
)
def test_a_value_that_is_not_allowed_is_named_with_what_is(name: str, text: str) -> None:
    (row,) = (row for row in table() if row.name == name)
    with pytest.raises(UserError) as caught:
        Hyperparameters.parse({name: text})
    assert caught.value.message.startswith(f"{name} is '{text[:50]}")
    assert caught.value.message.endswith(f"expected {row.type}, {row.range}.")
    assert len(caught.value.message) < 300


def test_all_problems_are_reported_at_once() -> None:
    values = {row.name: outside(row)[0] for row in table()}
    with pytest.raises(UserError) as caught:
        Hyperparameters.parse({**values, "epoch": "1", "zzz": "1"})
    message = caught.value.message
    assert message.startswith(f"{len(values) + 2} hyperparameters are wrong: ")
    assert all(f"{name} is " in message for name in [*values, "epoch", "zzz"])
    assert "python -m train --help" in caught.value.hint


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("epoch", "epochs"),
        ("learning-rate", "learning_rate"),
        ("Learning_Rate", "learning_rate"),
        ("lerning_rate", "learning_rate"),
        ("batchsize", "batch_size"),
        ("zzz", None),
        ("", None),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(wrong: str, meant: str | None) -> None:
    assert nearest(wrong, dict.fromkeys(NAMES)) == meant
    ending = f"; did you mean {meant}?" if meant else "."
    with pytest.raises(UserError, match="is not a hyperparameter") as caught:
        Hyperparameters.parse({wrong: "1"})
    assert caught.value.message.endswith(f"{wrong} is not a hyperparameter{ending}")


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_flags(parser.add_argument_group("hyperparameters"))
    return parser


@pytest.mark.parametrize("name", NAMES)
def test_every_hyperparameter_has_a_flag_in_both_spellings(
    parser: argparse.ArgumentParser, name: str
) -> None:
    for flag in (f"--{name}", f"--{name.replace('_', '-')}"):
        given = vars(parser.parse_args([flag, "7"]))
        assert {key: value for key, value in given.items() if value is not None} == {
            f"{FLAG_PREFIX}{name}": "7"
        }


def test_help_shows_type_range_and_default(parser: argparse.ArgumentParser) -> None:
    text = " ".join(parser.format_help().split())
    for row in table():
        assert f"({row.type}, {row.range}; default {row.default})" in text.replace("- ", "-")
