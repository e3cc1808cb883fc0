"""The page of the contract says what the catalogue and the checks say."""

import re
from typing import TYPE_CHECKING

import pytest

from local_test.conformance import catalogue, registry
from local_test.conformance.catalogue import Clause
from local_test.conformance.registry import check
from scripts.contract_outline import SECTIONS, SOURCES
from scripts.write_contract import PAGE, anchor, linked, page

if TYPE_CHECKING:
    from local_test.conformance.lab import Lab

WRITTEN = PAGE.read_text(encoding="utf-8")
CLAUSES = catalogue.load()
KNOWN_OTHERWISE = (  # sources without an address of their own
    "Design rule",
    "Inferred from",
    "Hugging Face",
    "Issues on",
    "Log excerpts",
    "MXNet's RecordIO",
    "Reports on",
    "Source of djl-serving",
    "archives of users",
    "issues of",
    "logs ",
    "reports of users",
)


@check("C1.1", "C1.2", group="serve", title="Ask C1.1", expected="`*`", needs=("docker",))
def example(lab: "Lab") -> None:
    """A check to show."""


def clause(name: str, unchecked: str = "") -> Clause:
    return Clause(name, "O", "a *title*", "See C1.2.", "No <b>.", "Do.", "a/b#7", unchecked)


SAMPLE = {
    "C1.1": clause("C1.1"),
    "C1.2": clause("C1.2", "Only AWS knows."),
    "C1.3": clause("C1.3"),
}
SAMPLE_PAGE = page(SAMPLE, [example])


def under(text: str, name: str) -> str:
    start = text.index(f'<a id="{anchor(name)}"></a>\n\n#### ')
    return re.split(r"(?=<a id=)|\n## ", text[start + 1 :])[0]


def test_the_page_is_what_the_catalogue_and_the_checks_give() -> None:
    assert page(CLAUSES, registry.discover()) == WRITTEN, "run `make docs`"


def test_every_clause_is_on_the_page_once_with_all_that_is_known_of_it() -> None:
    for name, each in CLAUSES.items():
        entry = under(WRITTEN, name)
        assert entry.startswith(f'a id="{anchor(name)}"')
        for text in (each.means, each.breaks, each.mend, each.source, each.unchecked):
            assert linked(text) in entry, name
    assert len(re.findall(r"^#### ", WRITTEN, re.MULTILINE)) == len(CLAUSES)


def test_every_link_within_the_page_leads_somewhere_and_no_anchor_is_there_twice() -> None:
    anchors = re.findall(r'<a id="([^"]+)">', WRITTEN)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r"\]\(#([^)]+)\)", WRITTEN)) <= set(anchors)


def test_every_part_stands_before_a_clause() -> None:
    for section in SECTIONS:
        for first, title in section.parts.items():
            assert f'### {title}\n\n<a id="{anchor(f"{section.name}.{first}")}">' in WRITTEN


def test_every_source_is_known_or_is_a_thread() -> None:
    known = (*SOURCES, *KNOWN_OTHERWISE)
    assert [
        (name, source)
        for name, each in CLAUSES.items()
        for source in each.source.split("; ")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", source) and not source.startswith(known)
    ] == []


def test_every_source_that_is_listed_is_used() -> None:
    used = " ".join(each.source for each in CLAUSES.values())
    assert [name for name in SOURCES if name not in used] == []


def test_a_check_is_shown_under_every_clause_that_it_proves() -> None:
    shown = r"- **Checked** (serve, needs Docker): Ask [C1.1](#c1-1). Expected: `*`."
    assert shown in under(SAMPLE_PAGE, "C1.1")
    assert shown in under(SAMPLE_PAGE, "C1.2")
    assert "Of 3 clauses 2 are checked; for 1 it is said" in SAMPLE_PAGE


def test_what_is_not_checked_says_so() -> None:
    assert "- **Not checked:** Only AWS knows." in under(SAMPLE_PAGE, "C1.2")
    assert "- **Not checked yet.**" in under(SAMPLE_PAGE, "C1.3")
    assert "Not checked" not in under(SAMPLE_PAGE, "C1.1")


def test_markup_in_a_text_is_shown_and_not_obeyed() -> None:
    entry = under(SAMPLE_PAGE, "C1.1")
    assert r"#### C1.1 a \*title\*" in entry
    assert r"**What breaks it:** No \<b>." in entry
    assert "- **Advice** (O): [a/b#7](https://github.com/a/b/issues/7)." in entry


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see C1.23.", "see [C1.23](#c1-23)."),
        ("all of C3, and C12", "all of [C3](#c3), and C12"),
        ("`C1.1 *`", "`C1.1 *`"),
        ("aws/x-y#12", "[aws/x-y#12](https://github.com/aws/x-y/issues/12)"),
        ("plain", "plain"),
    ],
)
def test_names_become_links(text: str, expected: str) -> None:
    assert linked(text) == expected
