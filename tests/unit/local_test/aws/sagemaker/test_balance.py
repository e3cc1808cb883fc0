import itertools

from local_test.aws.sagemaker.balance import Balance


def test_shares_are_exact_and_evenly_spread() -> None:
    balance: Balance[str] = Balance()
    chosen = [balance.choose({"blue": 0.9, "green": 0.1}) for _ in range(100)]
    places = [number for number, each in enumerate(chosen) if each == "green"]
    assert len(places) == 10
    assert {after - before for before, after in itertools.pairwise(places)} == {10}


def test_what_has_no_weight_is_never_chosen() -> None:
    balance: Balance[str] = Balance()
    assert {balance.choose({"all": 1.0, "none": 0.0}) for _ in range(20)} == {"all"}
    assert balance.choose({"none": 0.0}) is None
    assert balance.choose({}) is None


def test_a_key_that_comes_back_starts_afresh() -> None:
    balance: Balance[str] = Balance()
    for _ in range(50):
        balance.choose({"old": 1.0})
    chosen = [balance.choose({"old": 1.0, "new": 1.0}) for _ in range(10)]
    assert chosen.count("new") == 5
