import pytest

from benchmarks import hot_path


def test_the_layers_are_told_once_each_and_add_up() -> None:
    names = [name for name, _, _ in hot_path.LAYERS]
    inside = [each for _, layers, _ in hot_path.LAYERS for each in layers]
    assert sorted(inside) == sorted(set(names) - {"application"})
    timed = {"application": 100.0, "core": 60.0, "read": 10.0, "predict": 30.0}
    timed |= {"probabilities": 20.0, "write": 5.0, "observe": 5.0}
    own = hot_path.own_share(timed)
    assert own == {**timed, "application": 40, "core": 10, "predict": 10}
    assert sum(own.values()) == pytest.approx(timed["application"])


def test_the_mix_is_the_same_every_time() -> None:
    assert hot_path.mix() == hot_path.mix()
    assert max(hot_path.mix()).content_type == "application/json"
