from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from container.errors import PlatformError, UserError
from local_test.conformance import suite
from local_test.conformance.findings import Finding, Status, counts, exit_code, quote
from local_test.conformance.http import Headers, NoAnswer, Reply
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Materials
from local_test.conformance.registry import Check, NotChecked, Violation
from tests.support.conformance import StubContainer, StubSubject, clause, declared, finding


class Recorder:
    def __init__(self) -> None:
        self.lines: list[tuple[str, int, int]] = []

    def begins(self, check: Check, number: int, total: int) -> None:
        self.lines.append((f"begin {check.clause}", number, total))

    def ended(self, finding: Finding, number: int, total: int) -> None:
        self.lines.append((f"end {finding.status}", number, total))


def run(
    tmp_path: Path, *checks: Check, grade: str = "D", accepted: Mapping[str, str] | None = None
) -> list[Finding]:
    model = tmp_path / "model"
    model.mkdir()
    lab = Lab(StubSubject(), Materials(model=model), tmp_path / "bases")
    known = {each.clause: clause(each.clause, grade) for each in checks}
    return suite.run(checks, lab, known, accepted or {}, Recorder())


def raising(error: Exception) -> Callable[[Lab], None]:
    def does(_lab: Lab) -> None:
        raise error

    return does


@pytest.mark.parametrize(
    ("error", "grade", "status", "seen"),
    [
        (Violation("status 500"), "D", Status.FAILED, "status 500"),
        (Violation("status 500"), "S", Status.FAILED, "status 500"),
        (Violation("status 500"), "O", Status.ADVISED, "status 500"),
        (NoAnswer("GET /: reset"), "D", Status.FAILED, "GET /: reset"),
        (NoAnswer("GET /: reset"), "I", Status.ADVISED, "GET /: reset"),
        (NotChecked("needs data"), "D", Status.NOT_CHECKED, "needs data"),
        (PlatformError("No disk."), "D", Status.BROKEN, "No disk."),
        (KeyError("x"), "I", Status.BROKEN, "KeyError: 'x'"),
    ],
)
def test_what_a_check_raises_is_what_came_of_it(
    tmp_path: Path, error: Exception, grade: str, status: Status, seen: str
) -> None:
    (found,) = run(tmp_path, declared(does=raising(error)), grade=grade)

    assert (found.status, found.seen) == (status, seen)


def test_a_check_that_returns_has_passed_and_proves_nothing_more(tmp_path: Path) -> None:
    (found,) = run(tmp_path, declared(does=lambda lab: lab.used.append(StubContainer(tmp_path))))

    assert (found.status, found.seen, found.evidence) == (Status.PASSED, "", ())


def test_an_advisory_failure_with_a_reason_is_accepted(tmp_path: Path) -> None:
    does = raising(Violation("status 500"))

    (found,) = run(tmp_path, declared(does=does), grade="I", accepted={"C1.22": "We want it."})

    assert found.status is Status.ACCEPTED
    assert found.seen == "status 500 (accepted: We want it.)"


def test_no_reason_makes_a_hard_failure_good(tmp_path: Path) -> None:
    does = raising(Violation("status 500"))

    (found,) = run(tmp_path, declared(does=does), accepted={"C1.22": "We want it."})

    assert found.status is Status.FAILED


def test_what_needs_docker_is_not_checked_without(tmp_path: Path) -> None:
    (found,) = run(tmp_path, declared(needs=("docker",), does=raising(AssertionError())))

    assert (found.status, found.seen) == (Status.NOT_CHECKED, "needs Docker")


def test_the_observer_is_told_of_every_check(tmp_path: Path) -> None:
    recorder = Recorder()
    lab = Lab(StubSubject(), Materials(), tmp_path)
    checks = [declared("C1.1"), declared("C1.2")]

    suite.run(checks, lab, {"C1.1": clause(), "C1.2": clause()}, {}, recorder)

    assert recorder.lines == [
        ("begin C1.1", 1, 2),
        ("end passed", 1, 2),
        ("begin C1.2", 2, 2),
        ("end passed", 2, 2),
    ]


def test_the_log_of_the_containers_of_this_check_is_quoted(tmp_path: Path) -> None:
    def does(lab: Lab) -> None:
        lab.server()
        raise Violation("status 500")

    first, second = run(tmp_path, declared(does=does), declared(does=raising(Violation("x"))))

    assert first.evidence == ("Its log:\na line",)
    assert second.evidence == ()


def test_evidence_is_quoted_replies_first_and_long_logs_by_their_end(tmp_path: Path) -> None:
    named, used = StubContainer(tmp_path), StubContainer(tmp_path)
    named.text = "".join(f"{number}\n" for number in range(100))
    reply = Reply(500, Headers([("Content-Type", "text/html")]), b"<\xff" * 400, "GET /ping")

    answer, log = quote([named, reply, named], [used])

    assert answer.splitlines()[:3] == ["> GET /ping", "< 500", "< Content-Type: text/html"]
    assert answer.endswith("(800 bytes)")
    assert log.splitlines() == ["Its log ends:", *map(str, range(85, 100))]


@pytest.mark.parametrize(
    ("only", "skip", "names"),
    [
        ([], [], ["C1.1", "C1.2", "C5.1"]),
        (["train"], [], ["C5.1"]),
        (["C1.1", "train"], [], ["C1.1", "C5.1"]),
        ([], ["serve"], ["C5.1"]),
        (["serve"], ["C1.2"], ["C1.1"]),
        (["streaming"], [], []),
    ],
)
def test_checks_are_chosen_by_words(only: list[str], skip: list[str], names: list[str]) -> None:
    checks = [declared("C1.1"), declared("C1.2"), declared("C5.1", group="train")]

    assert [each.clause for each in suite.select(checks, only, skip)] == names


def test_a_word_that_means_nothing_is_an_error() -> None:
    with pytest.raises(UserError, match=r"called C9\.99, nonsense"):
        suite.select([declared()], ["C9.99"], ["nonsense"])


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([], 0),
        ([Status.PASSED, Status.ADVISED, Status.ACCEPTED, Status.NOT_CHECKED], 0),
        ([Status.PASSED, Status.FAILED], 1),
        ([Status.FAILED, Status.BROKEN], 2),
    ],
)
def test_the_exit_code_follows_from_the_worst(statuses: list[Status], code: int) -> None:
    found = [finding(each) for each in statuses]

    assert exit_code(found) == code
    assert sum(counts(found).values()) == len(statuses)
