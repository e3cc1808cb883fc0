import re
from pathlib import Path

import pytest

from container.errors import UserError
from local_test.conformance import catalogue
from local_test.conformance.registry import discover
from tests.support.conformance import clause, declared

CONTRACT = Path(__file__).parents[5] / "shared" / "contract.md"
ENTRY = """
[C1.{number}]
grade = "{grade}"
title = "T"
means = "M"
breaks = "B"
mend = "A"
source = "S"
"""


def read(folder: Path, text: str) -> dict[str, catalogue.Clause]:
    path = folder / "catalogue.toml"
    path.write_text(text)
    return catalogue.load(path)


def test_clauses_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    found = read(tmp_path, ENTRY.format(number=10, grade="O") + ENTRY.format(number=9, grade="S"))

    assert list(found) == ["C1.9", "C1.10"]
    assert [each.is_hard for each in found.values()] == [True, False]
    assert found["C1.9"].unchecked == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "cannot be read"),
        (ENTRY.format(number="x", grade="D"), "C1.x is not a clause"),
        (ENTRY.format(number=1, grade="E"), "grade 'E', allowed are D, S, O, I"),
        (ENTRY.format(number=1, grade="D") + "colour = 'red'", "unknown colour"),
        (ENTRY.format(number=1, grade="D").replace('mend = "A"', ""), "C1.1 lacks mend"),
        (ENTRY.format(number=1, grade="D").replace('"A"', '" "'), "mend is not a text"),
        (ENTRY.format(number=1, grade="D").replace('"A"', "1"), "mend is not a text"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        read(tmp_path, text)


def test_a_catalogue_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.toml cannot be read"):
        catalogue.load(tmp_path / "nowhere.toml")


def test_a_check_of_an_unknown_clause_is_refused() -> None:
    with pytest.raises(UserError, match=r"C9\.99 \(<lambda>\)"):
        catalogue.grade({"C1.22": clause()}, [declared("C1.22", "C9.99")])


def test_every_clause_of_a_check_is_in_the_catalogue_and_can_be_checked() -> None:
    checks, known = discover(), catalogue.load()

    catalogue.grade(known, checks)

    assert [each.name for each in checks if known[each.clause].unchecked] == []


def test_every_clause_is_checked_or_has_the_reason_why_not() -> None:
    named = {name for each in discover() for name in each.clauses}

    left = [each.name for each in catalogue.load().values() if not each.unchecked]

    assert [name for name in left if name not in named] == []


@pytest.mark.skipif(not CONTRACT.is_file(), reason="the contract's own text is not here")
def test_the_catalogue_has_every_clause_of_the_contract() -> None:
    text = CONTRACT.read_text(encoding="utf-8")
    names = set(re.findall(r"^- (C\d+\.\d+) ", text, re.MULTILINE))
    names |= {f"C9.{number}" for number in re.findall(r"^(\d+)\. \*\*", text, re.MULTILINE)}

    assert names == set(catalogue.load())
