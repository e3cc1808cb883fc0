"""Writes docs/contract.md from the catalogue and the checks: `make docs` does it.

The page describes the contract clause by clause: what it means, what breaks it, how it is checked.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from local_test.conformance import catalogue, registry
from local_test.conformance.catalogue import Catalogue, Clause
from local_test.conformance.registry import DOCKER, Check
from scripts.contract_outline import INTRODUCTION, SECTIONS, SOURCES, Section

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "contract.md"
_REFERENCE: Final = re.compile(
    r"(?P<code>`[^`]*`)"
    r"|\b(?P<clause>C\d+\.\d+)\b"
    r"|\b(?P<section>C[1-9])(?![.\w])"
    r"|(?P<repository>[\w.-]+/[\w.-]+)#(?P<number>\d+)"
    r"|(?P<markup>[*<])"
)

Checks = Mapping[str, Sequence[Check]]


def page(clauses: Catalogue, checks: Iterable[Check]) -> str:
    """Give the whole page.

    Args:
        clauses: The catalogue, in the order of its numbers.
        checks: All checks; each is shown under every clause that it proves.
    """
    by_clause: defaultdict[str, list[Check]] = defaultdict(list)
    for check in checks:
        for name in check.clauses:
            by_clause[name].append(check)
    return "\n".join(
        [
            INTRODUCTION,
            _counts(clauses, by_clause),
            *_contents(),
            *(line for section in SECTIONS for line in _section(section, clauses, by_clause)),
            *_sources(),
        ]
    )


def anchor(name: str) -> str:
    """Where a clause or a section stands on the page: `c1-22`, `c1`."""
    return name.lower().replace(".", "-")


def _counts(clauses: Catalogue, checks: Checks) -> str:
    checked = sum(name in checks for name in clauses)
    reasons = sum(bool(clause.unchecked) for clause in clauses.values())
    return (
        f"Of {len(clauses)} clauses {checked} are checked; for {reasons} it is said why "
        "they are not.\n"
    )


def _contents() -> Iterator[str]:
    yield "## Contents\n"
    for section in SECTIONS:
        yield f"- [{section.name} {section.title}](#{anchor(section.name)})"
        for first, title in section.parts.items():
            yield f"  - [{title}](#{anchor(f'{section.name}.{first}')})"
    yield "- [Sources](#sources)\n"


def _section(section: Section, clauses: Catalogue, checks: Checks) -> Iterator[str]:
    yield f'<a id="{anchor(section.name)}"></a>\n\n## {section.name} {section.title}\n'
    yield f"{linked(section.about)}\n"
    for name, clause in clauses.items():
        of, number = name.split(".")
        if of == section.name:
            if part := section.parts.get(int(number)):
                yield f"### {part}\n"
            yield from _clause(clause, checks.get(name, ()))


def _clause(clause: Clause, checks: Sequence[Check]) -> Iterator[str]:
    yield f'<a id="{anchor(clause.name)}"></a>\n'
    yield f"#### {clause.name} {_escaped(clause.title)}\n"
    yield f"{linked(clause.means)}\n"
    yield f"- **What breaks it:** {linked(clause.breaks)}"
    yield f"- **What to change:** {linked(clause.mend)}"
    for check in checks:
        needs = ", needs Docker" if DOCKER in check.needs else ""
        yield (
            f"- **Checked** ({check.group}{needs}): {linked(check.title)}. "
            f"Expected: {linked(check.expected)}."
        )
    if clause.unchecked:
        yield f"- **Not checked:** {linked(clause.unchecked)}"
    elif not checks:
        yield "- **Not checked yet.**"
    weight = "Hard" if clause.is_hard else "Advice"
    yield f"- **{weight}** ({clause.grade}): {linked(clause.source)}.\n"


def _sources() -> Iterator[str]:
    yield '<a id="sources"></a>\n\n## Sources\n'
    yield (
        "Each clause names its source and the year of the copy that was read. Requirements change: "
        "where a date matters, look at the source itself.\n"
    )
    yield from (f"- [{name}]({address}): {text}" for name, (address, text) in SOURCES.items())
    yield ""


def linked(text: str) -> str:
    """Turn the names of clauses and GitHub issues into links; code stays as it is."""
    return _REFERENCE.sub(_link, text)


def _escaped(text: str) -> str:
    return re.sub(r"(`[^`]*`)|([*<])", lambda found: found[1] or f"\\{found[2]}", text)


def _link(found: re.Match[str]) -> str:
    if name := found["clause"] or found["section"]:
        return f"[{name}](#{anchor(name)})"
    if repository := found["repository"]:
        name, number = f"{repository}#{found['number']}", found["number"]
        return f"[{name}](https://github.com/{repository}/issues/{number})"
    return found["code"] or f"\\{found['markup']}"


if __name__ == "__main__":
    PAGE.write_text(page(catalogue.load(), registry.discover()), encoding="utf-8")
