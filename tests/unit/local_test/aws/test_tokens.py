import pytest

from local_test.aws.tokens import SECONDS, Tokens


def test_token_names_who_asked() -> None:
    assert Tokens("secret").key(Tokens("secret").make("AKID")) == "AKID"


@pytest.mark.parametrize("seconds", [SECONDS - 1, SECONDS + 1])
def test_token_ends(seconds: int) -> None:
    made = Tokens("secret", lambda: 1000.0).make("AKID")
    found = Tokens("secret", lambda: 1000.0 + seconds).key(made)
    assert found == ("AKID" if seconds < SECONDS else None)


def test_token_of_somebody_else() -> None:
    assert Tokens("other").key(Tokens("secret").make("AKID")) is None


@pytest.mark.parametrize("password", ["", ".", "nonsense", "a.b", "e30=.00", "é.é"])
def test_nonsense(password: str) -> None:
    assert Tokens("secret").key(password) is None
