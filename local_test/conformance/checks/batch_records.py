"""Files that a batch job splits, assembles and joins by their records (C2.9 - C2.14)."""

import json
import math
import re
from collections.abc import Iterable

from local_test.conformance.checks.batch import PLATFORM, ask, require
from local_test.conformance.http import Reply
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Payload
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.traffic import CSV, JSON, LINES, media_type, records, whole

_MANY_BYTES = 4 << 20
_MANY_SECONDS = 10.0


@check(
    "C2.9",
    group="batch",
    title="Answers can be laid end to end: one line a record",
    expected="one line for one record, and no empty ones",
)
def answers_are_one_line_a_record(lab: Lab) -> None:
    """AssembleWith `Line` adds a line end after every answer, and nothing else."""
    for payload in _by_lines(lab):
        reply = ask(lab.server(**PLATFORM), payload, records(payload)[0] + b"\n")
        require(reply, "one record")
        if len(_answers(reply)) != 1:
            raise Violation(f"{len(_answers(reply))} answers for one record", reply)
        if media_type(reply.media_type) in {CSV, LINES} and re.search(rb"\n\s*\n", reply.body):
            raise Violation("an empty line in the answer", reply)


@check(
    "C2.10",
    group="batch",
    title="As many records come out as go in, in their order",
    expected="the answers to single records, one after another",
)
def records_keep_number_and_order(lab: Lab) -> None:
    """Joining to the input goes by position."""
    server = lab.server(**PLATFORM)
    for payload in _by_lines(lab):
        lines = records(payload)[:7]
        single = {each: _answers(ask(server, payload, each + b"\n")) for each in lines}
        for number in (2, 3, 7):
            sent = (lines * number)[:number]
            reply = ask(server, payload, b"\n".join(sent) + b"\n")
            require(reply, f"{number} records")
            found = _answers(reply)
            if len(found) != number:
                raise Violation(f"{len(found)} answers for {number} records", reply)
            expected = ["".join(single[each]) for each in sent]
            if not all(map(_alike, found, expected)):
                raise Violation("other answers, or in another order, than one by one", reply)


@check(
    "C2.11",
    group="batch",
    title="Answers to CSV, JSON and JSON lines can be joined to their input",
    expected="an answer in one of these types",
)
def answers_can_be_joined(lab: Lab) -> None:
    """JoinSource knows no other types."""
    for payload in whole(lab):
        if media_type(payload.content_type) not in {CSV, JSON, LINES}:
            continue
        reply = ask(lab.server(**PLATFORM), payload, payload.body)
        if media_type(reply.media_type) not in {CSV, JSON, LINES}:
            raise Violation(f"{payload.content_type} is answered in {reply.media_type}", reply)


@check(
    "C2.12",
    group="batch",
    title="Line ends and empty lines of a split file do no harm",
    expected="the same number of answers; for empty ones no 5xx",
)
def line_ends_do_no_harm(lab: Lab) -> None:
    """The splitter may or may not leave the last line end, and keeps empty lines."""
    server = lab.server(**PLATFORM)
    for payload in _by_lines(lab):
        lines = (records(payload) * 2)[:2]
        for body in (b"\n".join(lines), b"\n".join(lines) + b"\n"):
            reply = ask(server, payload, body)
            require(reply, "lines with or without a final line end")
            if len(_answers(reply)) != 2:
                raise Violation(f"{len(_answers(reply))} answers for 2 records", reply)
        for body in (b"", b"\n", b"\n" + lines[0] + b"\n\n" + lines[1] + b"\n"):
            reply = ask(server, payload, body)
            if reply.status >= 500:
                raise Violation(f"status {reply.status} for {body[:40]!r}", reply)


@check(
    "C2.14",
    group="batch",
    title="A body full of records is answered in one go",
    expected="an answer for each, within 60 s",
)
def full_bodies_are_answered(lab: Lab) -> None:
    """As many records as fit into a few megabytes, or as ten seconds should be enough for."""
    server = lab.server(**PLATFORM)
    payload = next(iter(_by_lines(lab)))
    lines = records(payload)
    probe = ask(server, payload, b"\n".join((lines * 100)[:100]) + b"\n")
    number = min(_MANY_BYTES // (1 + max(map(len, lines))), 200_000)
    number = max(1, min(number, int(100 * _MANY_SECONDS / max(probe.seconds, 0.001))))
    reply = ask(server, payload, b"\n".join((lines * number)[:number]) + b"\n")
    require(reply, f"{number} records")
    if len(_answers(reply)) != number:
        raise Violation(f"{len(_answers(reply))} answers for {number} records")


def _by_lines(lab: Lab) -> Iterable[Payload]:
    """Payloads that can be split by lines.

    Raises:
        NotChecked: There are none.
    """
    found = [each for each in whole(lab) if media_type(each.content_type) in {CSV, LINES}]
    if not found:
        raise NotChecked("needs a payload of text/csv or application/jsonlines")
    return found


def _answers(reply: Reply) -> list[str]:
    """The answer's records as texts.

    Raises:
        NotChecked: Its type does not show them.
    """
    kind = media_type(reply.media_type)
    if kind in {CSV, LINES}:
        return [each for each in reply.text.splitlines() if each.strip()]
    if kind != JSON:
        raise NotChecked(f"answers in {kind or 'no type'} cannot be counted")
    found = json.loads(reply.body)
    if isinstance(found, dict):
        found = next((each for each in found.values() if isinstance(each, list)), found)
    return [json.dumps(each) for each in found] if isinstance(found, list) else [reply.text]


def _alike(one: str, other: str) -> bool:
    """Whether two answers are the same but for the last digits of numbers."""
    parts = [re.split(r"(-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)", each) for each in (one, other)]
    if len(parts[0]) != len(parts[1]):
        return False
    return all(
        left == right or (_is_number(left) and _is_number(right) and _close(left, right))
        for left, right in zip(*parts, strict=True)
    )


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d*)?([eE][-+]?\d+)?", text))


def _close(left: str, right: str) -> bool:
    return math.isclose(float(left), float(right), rel_tol=1e-3, abs_tol=1e-4)
