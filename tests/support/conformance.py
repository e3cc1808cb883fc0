"""Stand-ins for parts of the conformance suite: a clause, a check, a subject."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local_test.conformance.catalogue import Clause
from local_test.conformance.findings import Finding, Status
from local_test.conformance.http import Headers, Reply
from local_test.conformance.lab import Lab
from local_test.conformance.registry import Check, check
from local_test.conformance.subject import UNLIMITED, Container, Limits, Process, Ran


def clause(name: str = "C1.22", grade: str = "D", **texts: str) -> Clause:
    """A clause of the catalogue."""
    told = {"title": "A title", "means": "It means.", "breaks": "It breaks.", "mend": "Mend it."}
    return Clause(name, grade, **{**told, "source": "Somebody", **texts})


def declared(
    *clauses: str,
    group: str = "serve",
    needs: Sequence[str] = (),
    does: Callable[[Lab], None] = lambda _lab: None,
) -> Check:
    """A check that does something."""
    named = clauses or ("C1.22",)
    return check(*named, group=group, title="A thing holds", expected="this", needs=needs)(does)


def finding(
    status: Status, seen: str = "", evidence: Sequence[str] = (), name: str = "C1.22"
) -> Finding:
    """What came of a check."""
    return Finding(declared(name), clause(name), status, seen, tuple(evidence), 1.25)


class StubContainer(Container):
    """A container that runs until told otherwise and answers /ping by one status."""

    def __init__(self, base: Path, status: int = 200) -> None:
        super().__init__(base, 8080)
        self.status = status
        self.code: int | None = None
        self.is_removed = False
        self.text = "a line\n"

    @property
    def url(self) -> str:
        return "http://127.0.0.1:1"

    @property
    def log(self) -> str:
        return self.text

    def request(self, method: str, path: str, *_: Any, **__: Any) -> Reply:
        return Reply(self.status, Headers([("Content-Length", "0")]), b"", f"{method} {path}")

    def path(self, relative: str) -> str:
        return f"/opt/ml/{relative}"

    def poll(self) -> int | None:
        return self.code

    def signal(self, number: int) -> None:
        self.code = 128 + number

    def kill(self) -> None:
        self.code = 137

    def restart(self) -> None:
        self.code = None

    def run(self, *command: str) -> Ran:
        return Ran(0, " ".join(command))

    def processes(self) -> list[Process]:
        return []

    def remove(self) -> None:
        self.is_removed = True


class StubSubject:
    """Starts stubs, and remembers how.

    Attributes:
        facts: What `inspect` gives.
        status: What the containers answer to /ping, in turn; the last one for all others.
        started: Arguments, variables and container of every start.
    """

    place = "a stub"

    def __init__(self, facts: Mapping[str, Any] | None = None, status: Sequence[int] = (200,)):
        self.offers: frozenset[str] = frozenset({"docker"} if facts is not None else ())
        self.facts = facts or {}
        self.status = list(status)
        self.started: list[tuple[tuple[str, ...], dict[str, str], StubContainer]] = []

    def start(
        self,
        arguments: Sequence[str] = ("serve",),
        *,
        base: Path,
        variables: Mapping[str, str] | None = None,
        limits: Limits = UNLIMITED,  # noqa: ARG002 - a stub
        entrypoint: Sequence[str] | None = None,  # noqa: ARG002 - a stub
    ) -> StubContainer:
        status = self.status.pop(0) if len(self.status) > 1 else self.status[0]
        made = StubContainer(base, status)
        self.started.append((tuple(arguments), dict(variables or {}), made))
        return made

    def path(self, _base: Path, relative: str) -> str:
        return f"/opt/ml/{relative}"

    def inspect(self) -> Mapping[str, Any]:
        return self.facts

    def end(self) -> None:
        pass

    def clear(self, folder: Path) -> None:
        pass
