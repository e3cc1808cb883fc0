"""The catalogue itself: complete, consistent, and written in sentences."""

import re
from collections import Counter

from local_test.conformance import catalogue
from local_test.conformance.catalogue import Clause

CLAUSES = catalogue.load()
SIZES = {"C1": 64, "C2": 16, "C3": 19, "C4": 23, "C5": 49, "C6": 30, "C7": 31, "C8": 23, "C9": 15}


def texts(clause: Clause) -> list[str]:
    return [each for each in (clause.means, clause.breaks, clause.mend, clause.unchecked) if each]


def named(text: str) -> set[str]:
    return set(re.findall(r"\bC\d+\.\d+\b", text))


def test_no_clause_got_lost() -> None:
    assert Counter(name.split(".")[0] for name in CLAUSES) == SIZES


def test_every_text_is_made_of_sentences_with_whole_code_spans() -> None:
    wrong = [
        (clause.name, text)
        for clause in CLAUSES.values()
        for text in texts(clause)
        if not text.endswith((".", "?")) or text.count("`") % 2 or "  " in text
    ]
    assert wrong == []


def test_every_title_is_short_and_stands_once() -> None:
    titles = Counter(clause.title for clause in CLAUSES.values())
    assert [
        title
        for title, times in titles.items()
        if times > 1 or len(title) > 90 or title.endswith(".") or title.count("`") % 2
    ] == []


def test_a_clause_refers_to_others_that_exist() -> None:
    wrong = {
        name: unknown
        for name, clause in CLAUSES.items()
        if (unknown := named(" ".join((*texts(clause), clause.source))) - (CLAUSES.keys() - {name}))
    }
    assert wrong == {}


def test_a_clause_that_is_left_to_others_is_left_to_clauses_with_a_check() -> None:
    wrong = {
        name: other
        for name, clause in CLAUSES.items()
        if " checked by " in clause.unchecked or " is checked (" in clause.unchecked
        for other in named(clause.unchecked)
        if CLAUSES[other].unchecked
    }
    assert wrong == {}


def test_every_contradiction_says_how_it_was_decided() -> None:
    decided = {name for name, each in CLAUSES.items() if each.unchecked.startswith("Decided as: ")}
    assert decided == {name for name in CLAUSES if name.startswith("C8.")}
