import pytest

from container.errors import UserError
from train.hyperparameters import Hyperparameters, declarations
from train.tuning.space import defaults, space


def test_what_is_given_is_the_same_in_every_trial() -> None:
    found = space({"epochs": "3", "dropout": "0.1"})
    assert found.fixed == {"epochs": "3", "dropout": "0.1"}
    assert "dropout" not in found.ranges
    assert "learning_rate" in found.ranges


def test_what_is_given_becomes_one_word() -> None:
    given = {"hidden": "[64, 32]", "class_balance": "Yes", "noise_db": " 2 "}
    found = space(given).fixed
    assert found == {"hidden": "64,32", "class_balance": "true", "noise_db": "2.0"}
    assert Hyperparameters.parse(found) == Hyperparameters.parse(given)


def test_the_defaults_of_what_varies_are_the_defaults() -> None:
    assert Hyperparameters.parse(defaults(space({}).ranges)) == Hyperparameters()


@pytest.mark.parametrize(
    ("fixed", "expected"),
    [
        ({"dropout": "2"}, "dropout is '2'"),
        ({"droput": "0"}, "did you mean dropout"),
        ({each.name: each.text for each in declarations()}, "nothing to tune"),
    ],
)
def test_a_wrong_or_an_empty_space_is_refused(fixed: dict[str, str], expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        space(fixed)
