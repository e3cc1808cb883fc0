import pytest

from container.errors import UserError
from local_test.conformance.texts import explanation, listing
from tests.support.conformance import clause, declared

CATALOGUE = {"C1.22": clause(), "C8.1": clause("C8.1", "I", unchecked="A design note.")}


def test_checks_are_listed_as_a_table() -> None:
    text = listing([declared("C1.22", "C8.1", needs=("docker",))], CATALOGUE)

    assert text.splitlines()[-1].split()[:6] == [
        "serve",
        "C1.22,",
        "C8.1",
        "D",
        "docker",
        "<lambda>",
    ]


def test_a_clause_is_explained_with_its_checks() -> None:
    text = explanation("C1.22", CATALOGUE, [declared(), declared("C8.1")])

    for each in ("C1.22  A title", "(hard)", "It means.", "It breaks.", "Mend it.", "Somebody"):
        assert each in text
    assert text.count("A thing holds; expected: this") == 1
    assert "unchecked" not in text


def test_a_clause_without_a_check_has_its_reason() -> None:
    text = explanation("C8.1", CATALOGUE, [])

    assert "unchecked  A design note." in text
    assert "(advisory)" in text


def test_an_unknown_clause_is_an_error() -> None:
    with pytest.raises(UserError, match=r"no clause 'C9\.99'"):
        explanation("C9.99", CATALOGUE, [])
