import contextlib
from collections import Counter

import pytest

from local_test.aws.sagemaker.colour import Colour
from local_test.aws.sagemaker.fleet import Fleet, NoInstanceError
from local_test.aws.sagemaker.traffic import Traffic, UnknownVariantError
from local_test.aws.sagemaker.variants import Variant
from tests.support.instances import Factory


def colour(**weights: float) -> Colour:
    """A colour with one instance for each variant."""
    planned = [
        Variant(name, {"Image": "i"}, "role", 1, weight, None, "ml.m5.large", 1.0)
        for name, weight in weights.items()
    ]
    fleets = {name: Fleet(name, Factory()) for name in weights}
    found = Colour(fleets, planned, contextlib.ExitStack())
    found.scale()
    return found


def asked(traffic: Traffic, times: int, variant: str | None = None) -> Counter[int]:
    """How often each fleet was chosen, by its id."""
    found: Counter[int] = Counter()
    for _ in range(times):
        with traffic.lease(variant) as lease:
            found[id(lease.fleet)] += 1
    return found


def test_parts_and_weights_multiply() -> None:
    blue, green = colour(a=3.0, b=1.0), colour(a=1.0, b=1.0)
    traffic = Traffic()
    traffic.route([(blue, 0.5), (green, 0.5)])
    found = asked(traffic, 80)
    assert [found[id(blue.fleets[name])] for name in "ab"] == [30, 10]
    assert [found[id(green.fleets[name])] for name in "ab"] == [20, 20]


def test_a_variant_that_is_asked_for_answers_whatever_its_weight() -> None:
    blue, green = colour(a=1.0, b=0.0), colour(a=1.0)
    traffic = Traffic()
    traffic.route([(blue, 0.9), (green, 0.1)])
    assert asked(traffic, 5, "b") == {id(blue.fleets["b"]): 5}
    found = asked(traffic, 20, "a")
    assert (found[id(blue.fleets["a"])], found[id(green.fleets["a"])]) == (18, 2)
    with pytest.raises(UnknownVariantError), traffic.lease("c"):
        pass


def test_nobody_answers_without_routes_or_weights() -> None:
    traffic = Traffic()
    with pytest.raises(NoInstanceError), traffic.lease(None):
        pass
    traffic.route([(colour(a=0.0), 1.0)])
    with pytest.raises(NoInstanceError), traffic.lease(None):
        pass


def test_a_request_is_counted_until_its_end_even_when_it_fails() -> None:
    blue = colour(a=1.0)
    traffic = Traffic()
    traffic.route([(blue, 1.0)])

    def fail() -> None:
        with traffic.lease(None) as lease:
            assert (lease.variant, blue.fleets["a"].busy) == ("a", 1)
            raise ValueError("on the way")

    with pytest.raises(ValueError, match="on the way"):
        fail()
    assert blue.fleets["a"].busy == 0
