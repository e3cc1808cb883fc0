"""docs/simulator.md against the code: parameters, statistics and options."""

import dataclasses
from pathlib import Path

import pytest

from model.blerssi import simulate_options
from model.blerssi.baselines import LIGHT
from model.blerssi.floor_plan import LIBRARY
from model.blerssi.simulate import simulate
from model.blerssi.simulate_statistics import statistics
from model.blerssi.simulate_world import FITTED

PAGE = (Path(__file__).parents[4] / "docs" / "simulator.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(FITTED)])
def test_a_parameter_stands_there_with_its_value(name: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    assert str(getattr(FITTED, name)) in row.split("|")[3]


def test_every_statistic_has_its_row_in_order() -> None:
    names = list(statistics(simulate(0, 1), LIBRARY))
    names += [f"{what} by {method}" for what in ("mean error", "NLL") for method in LIGHT]
    table = PAGE.partition("| statistic |")[2].partition("\n\n")[0].splitlines()[2:]
    assert [line.split("|")[1].strip() for line in table] == names


def test_every_option_is_named() -> None:
    options = simulate_options.parser().format_help().split()
    named = {word.strip("[],") for word in options if word.strip("[],").startswith("--")}
    assert [name for name in sorted(named - {"--help"}) if f"`{name}" not in PAGE] == []
