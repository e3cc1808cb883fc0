"""What a check is, and how the suite finds them all.

    @check("C1.22", group="serve", title="GET /ping answers 200", expected="status 200")
    def ping_answers(lab: Lab) -> None:
        reply = lab.server().get("/ping")
        if reply.status != 200:
            raise Violation(f"status {reply.status}", reply)

A check returns where the clause holds, raises `Violation` where it does not, and `NotChecked`
where it cannot tell. Grade, reason and mend stand in the catalogue under its first clause.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_test.conformance import checks

if TYPE_CHECKING:
    from local_test.conformance.lab import Lab

GROUPS = (
    "image",
    "serve",
    "pipeline",
    "batch",
    "serverless",
    "asynchronous",
    "streaming",
    "multi-model",
    "train",
    "sdk-harness",
)
DOCKER = "docker"
NEEDS = (DOCKER,)


class Violation(Exception):  # noqa: N818 - it says what happened
    """A clause does not hold.

    Args:
        seen: What was seen instead of what is expected, in a few words.
        evidence: Whatever shows it: a reply, a container (its log is taken), any text.
    """

    def __init__(self, seen: str, *evidence: object) -> None:
        super().__init__(seen)
        self.seen = seen
        self.evidence = evidence


class NotChecked(Exception):  # noqa: N818 - it says what happened
    """It cannot be told here whether a clause holds; the message is the reason."""


@dataclass(frozen=True)
class Check:
    """One way to find out whether a clause holds.

    Attributes:
        clauses: Those that it proves; the first one's grade decides how a failure counts.
        group: One of `GROUPS`.
        title: What is done and what should come of it, as a sentence without a full stop.
        expected: What is seen where the clause holds.
        needs: What a plain process cannot offer.
        function: Does it.
    """

    clauses: tuple[str, ...]
    group: str
    title: str
    expected: str
    needs: tuple[str, ...]
    function: Callable[["Lab"], None]

    @property
    def clause(self) -> str:
        """The first clause."""
        return self.clauses[0]

    @property
    def name(self) -> str:
        """The function's name, unique in the suite."""
        return self.function.__name__

    def __call__(self, lab: "Lab") -> None:
        """Check it."""
        self.function(lab)


def check(
    *clauses: str, group: str, title: str, expected: str, needs: Iterable[str] = ()
) -> Callable[[Callable[["Lab"], None]], Check]:
    """Declare a function to be a check; see `Check` for the arguments.

    Raises:
        ValueError: No clause is named, or there is no such group or need.
    """
    needed = tuple(needs)
    if not clauses or group not in GROUPS or not set(needed) <= set(NEEDS):
        raise ValueError(f"{title!r}: clauses {clauses}, group {group!r}, needs {needed}")

    def declare(function: Callable[["Lab"], None]) -> Check:
        return Check(clauses, group, title, expected, needed, function)

    return declare


def discover() -> list[Check]:
    """Find every check in the folder `checks`, by group and then as they stand in the files.

    Raises:
        ValueError: Two checks have the same name.
    """
    found: dict[str, Check] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(checks.__path__)):
        content = vars(importlib.import_module(f"{checks.__name__}.{module}"))
        for each in content.values():
            if not isinstance(each, Check) or each.function.__module__ != content["__name__"]:
                continue
            if each.name in found:
                raise ValueError(f"There are two checks named {each.name}.")
            found[each.name] = each
    return sorted(found.values(), key=lambda each: GROUPS.index(each.group))
