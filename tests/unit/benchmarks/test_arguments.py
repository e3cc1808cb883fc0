from pathlib import Path

import pytest

from benchmarks import arguments, plan, results


def test_nothing_means_a_whole_run() -> None:
    given = arguments.parse([])
    assert given.plan == plan.FULL
    assert given.only == tuple(results.MEASURES)
    assert not given.render
    assert given.data is given.json is None


def test_what_is_said_is_taken() -> None:
    words = "--quick --rounds 7 --only layers,serving --data a.csv --json b.json --image c --render"
    given = arguments.parse(words.split())
    assert (given.plan.name, given.plan.rounds) == ("quick", 7)
    assert given.plan.seconds == plan.QUICK.seconds
    assert given.only == ("serving", "layers")  # in the order in which they are measured
    assert (given.data, given.json, given.image) == (Path("a.csv"), Path("b.json"), "c")
    assert given.render


@pytest.mark.parametrize("words", ["--only speed", "--rounds 0", "--rounds many", "--fast"])
def test_a_wrong_word_is_refused(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        arguments.parse(words.split())
    assert caught.value.code == 2
    assert words.rsplit(maxsplit=1)[-1] in capsys.readouterr().err


def test_the_plans_measure_the_same_things() -> None:
    for each in (plan.FULL, plan.QUICK):
        assert {8, 64} <= set(each.connections)
        assert 2 in each.workers
        for sizes in (each.connections, each.models, each.growth_rows, each.epochs):
            assert list(sizes) == sorted(set(sizes))
            assert len(sizes) > 1
    assert plan.FULL.rounds >= 5
