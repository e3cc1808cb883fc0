from typing import Any

import pytest

from benchmarks import goals, page, results
from benchmarks.goals import GOALS

FULL = results.read()


def test_every_goal_has_a_reason_in_case_it_is_missed() -> None:
    names = [goal.name for goal in GOALS]
    assert len(set(names)) == len(names)
    assert list(page.reasons()) == names
    assert all(page.reasons().values())


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.name)
def test_nothing_is_said_of_what_was_not_measured(goal: goals.Goal) -> None:
    assert goal.measured({}) is None
    assert goal.met({}) is None


def served(ours: float, aws: float) -> dict[str, Any]:
    return {
        "serving": {name: {"8": {"cpu_us": cpu}} for name, cpu in (("ours", ours), ("aws", aws))}
    }


@pytest.mark.parametrize(
    ("ours", "aws", "met"), [(300, 3600, (True, True)), (301, 3600, (False, False))]
)
def test_a_bound_itself_is_met(ours: float, aws: float, met: tuple[bool, bool]) -> None:
    by_name = {goal.name: goal for goal in GOALS}
    found = served(ours, aws)
    assert (by_name["cpu"].met(found), by_name["cpu-aws"].met(found)) == met
    missed = [goal.name for goal in goals.missed(found)]
    assert missed == ([] if all(met) else ["cpu", "cpu-aws"])


def test_the_table_shows_figure_and_share_of_the_goal() -> None:
    head, cpu, aws, floor, *_ = goals.table(served(600, 3600))
    assert head == goals.HEAD
    assert cpu[1:] == ("≤ 0.3 ms", "0.6 ms", "2.00", "no")
    assert aws[1:] == ("≥ 12x", "6x", "0.50", "no")
    assert floor[1:] == ("≤ 1.6x", goals.NOT_MEASURED, "", "")
