import pytest

from train.hyperparameters import Declaration, declarations
from train.ranges import Choice, Span

TUNED = [each for each in declarations() if each.tuned is not None]


@pytest.mark.parametrize("declared", TUNED, ids=lambda each: each.name)
def test_every_value_of_a_range_is_allowed_and_the_default_is_among_them(
    declared: Declaration,
) -> None:
    match declared.tuned:
        case Span(low, high, log):
            texts = [str(low), str(high)]
            assert low < high
            assert low > 0 or not log
        case Choice(values):
            texts = list(values)
            assert len(set(values)) > 1
        case None:
            pytest.fail("it is not tuned")
    for text in texts:
        declared.read(text)
    assert declared.tuned.contains(declared.text)


@pytest.mark.parametrize("name", ["epochs", "seed", "validation_fraction", "checkpoint_every"])
def test_what_would_change_the_judge_is_not_tuned(name: str) -> None:
    assert name not in {each.name for each in TUNED}


@pytest.mark.parametrize(
    ("varied", "inside", "outside", "words"),
    [
        (Span(1, 2), "1.5", "2.5", "1 to 2"),
        (Span(0.1, 10, log=True), "10", "0.01", "0.1 to 10, logarithmic"),
        (Choice(("a", "b")), "b", "c", "a or b"),
    ],
)
def test_ranges_know_what_is_in_them(
    varied: Span | Choice, inside: str, outside: str, words: str
) -> None:
    assert varied.contains(inside)
    assert not varied.contains(outside)
    assert str(varied) == words
