"""What the suite knows, as text: the list of its checks, the explanation of a clause."""

import textwrap
from collections.abc import Sequence

from container.errors import UserError
from local_test import table
from local_test.conformance.catalogue import GRADES, Catalogue
from local_test.conformance.registry import Check

_WIDTH = 96


def listing(checks: Sequence[Check], catalogue: Catalogue) -> str:
    """Lay the checks out as a table."""
    rows = [
        (
            each.group,
            ", ".join(each.clauses),
            catalogue[each.clause].grade,
            " ".join(each.needs) or "-",
            each.name,
            each.title,
        )
        for each in checks
    ]
    return table.render(("group", "clauses", "grade", "needs", "name", "title"), rows)


def explanation(name: str, catalogue: Catalogue, checks: Sequence[Check]) -> str:
    """Say what a clause means, how it is checked and how to mend what breaks it.

    Raises:
        UserError: There is no such clause.
    """
    clause = catalogue.get(name)
    if clause is None:
        raise UserError(
            f"The contract has no clause {name!r}.", hint="See --list, or docs/contract.md."
        )
    kind = "hard" if clause.is_hard else "advisory"
    rows = [
        ("grade", f"{clause.grade}, {GRADES[clause.grade]} ({kind})"),
        ("means", clause.means),
        ("breaks", clause.breaks),
        ("mend", clause.mend),
        ("source", clause.source),
        *(
            ("check", f"{each.title}; expected: {each.expected} ({each.group}, {each.name})")
            for each in checks
            if name in each.clauses
        ),
        ("unchecked", clause.unchecked),
    ]
    lines = [
        textwrap.fill(text, _WIDTH, initial_indent=f"  {label:11}", subsequent_indent=" " * 13)
        for label, text in rows
        if text
    ]
    return "\n".join([f"{clause.name}  {clause.title}", *lines])
