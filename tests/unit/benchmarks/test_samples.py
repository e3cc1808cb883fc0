import pytest

from benchmarks import samples


def test_a_quantile_is_a_value_that_so_many_do_not_exceed() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [samples.quantile(values, share) for share in (0, 0.2, 0.5, 0.99, 1)] == [1, 1, 3, 5, 5]


def test_medians_are_taken_of_each_figure_alone() -> None:
    rounds = [{"a": 1.0, "b": 30.0}, {"a": 3.0, "b": 10.0}, {"a": 2.0, "b": 20.0}]
    assert samples.medians(rounds) == {"a": 2, "b": 20}


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_the_exponent_is_that_of_a_power(power: float) -> None:
    points = {size: 3 * size**power for size in (1, 10, 100)}
    assert samples.exponent(points) == pytest.approx(power, abs=1e-9)


def test_the_last_exponent_is_not_hidden_by_a_fixed_cost() -> None:
    points = {size: 1000 + size**2 for size in (10_000, 1, 1000)}
    assert samples.exponent(points) < 1.3
    assert samples.last_exponent(points) == pytest.approx(2, abs=0.01)


def test_a_step_is_what_one_more_costs() -> None:
    assert samples.step({1: 35.0, 2: 42.0, 4: 56.0}) == pytest.approx(7)
