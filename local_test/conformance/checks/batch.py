"""Batch transform: the same server under other rules (C2)."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from container import contract
from local_test.conformance.http import Reply
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Payload
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.subject import Container
from local_test.conformance.traffic import (
    CSV,
    JSON,
    LINES,
    media_type,
    padded,
    records,
    together,
    whole,
)

_MAX_PAYLOAD_MB = 32  # more than servers take by themselves
_PLATFORM = {
    "SAGEMAKER_BATCH": "true",
    "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(_MAX_PAYLOAD_MB),
    "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD",
    "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "1",
}
_LOCAL = {"SAGEMAKER_BATCH": "True", "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "1"}  # C7.15
_MANY_BYTES = 4 << 20
_MANY_SECONDS = 10.0
_PRODUCT = 100  # C2.5
_KEYS: Mapping[str, type] = {
    "MaxConcurrentTransforms": int,
    "BatchStrategy": str,
    "MaxPayloadInMB": int,
}
_STRATEGIES = {"SINGLE_RECORD", "MULTI_RECORD"}


@check(
    "C2.1",
    "C2.16",
    group="batch",
    title="Started for batch transform, it answers as ever",
    expected="an empty 200 from /ping, 200 from /invocations",
)
def batch_is_the_same_server(lab: Lab) -> None:
    """There is no second mode of the program."""
    payload = lab.materials.payload
    with lab.fresh(variables=_PLATFORM) as server:
        _require(server.get(contract.PING), "/ping")
        _require(_ask(server, payload, payload.body), "a payload")


@check(
    "C2.2",
    "C7.15",
    group="batch",
    title="SAGEMAKER_BATCH=True, as local mode spells it, works as well",
    expected="the same answer as with `true`",
)
def local_spelling_is_understood(lab: Lab) -> None:
    """The SDK writes a Python bool."""
    payload = lab.materials.payload
    with lab.fresh(variables=_LOCAL) as server:
        local = _ask(server, payload, payload.body)
    platform = _ask(lab.server(**_PLATFORM), payload, payload.body)
    if (local.status, media_type(local.media_type)) != (200, media_type(platform.media_type)):
        raise Violation(f"status {local.status} in {local.media_type}", local, platform)


@check(
    "C2.3",
    group="batch",
    title="GET /execution-parameters gives its three values, or a clean 404",
    expected="404, or 200 with JSON of the right names and types",
)
def execution_parameters_have_their_form(lab: Lab) -> None:
    """Asked before the first call."""
    reply = lab.server(**_PLATFORM).get(contract.EXECUTION_PARAMETERS)
    if reply.status == 404:
        return
    _require(reply, "/execution-parameters")
    for name, value in _parameters(reply).items():
        if name in _KEYS and (type(value) is not _KEYS[name]):
            raise Violation(f"{name} is {value!r}", reply)
    if missing := _KEYS.keys() - _parameters(reply).keys():
        raise Violation(f"{', '.join(sorted(missing))} missing", reply)
    if _parameters(reply)["BatchStrategy"] not in _STRATEGIES:
        raise Violation(f"BatchStrategy {_parameters(reply)['BatchStrategy']!r}", reply)


@check(
    "C2.5",
    group="batch",
    title="What is advised keeps to the platform's limits",
    expected="MaxConcurrentTransforms x MaxPayloadInMB at most 100",
)
def advice_keeps_to_the_limits(lab: Lab) -> None:
    """Advice beyond them makes the job fail."""
    reply = _advice(lab.server(**_PLATFORM))
    found = _parameters(reply)
    transforms, size = found["MaxConcurrentTransforms"], found["MaxPayloadInMB"]
    if size > _PRODUCT or transforms * size > _PRODUCT or size < 0 or transforms < 0:
        raise Violation(f"{transforms} x {size} MB", reply)


@check(
    "C2.6",
    group="batch",
    title="What is advised can be done: that many requests at once, and a body that large",
    expected="status 200 for each, no 413",
)
def advice_can_be_followed(lab: Lab) -> None:
    """503 or 413 in the middle of a job fails it."""
    server, payload = lab.server(**_PLATFORM), lab.materials.payload
    found = _parameters(_advice(server))
    number = min(max(1, found["MaxConcurrentTransforms"]), _PRODUCT)
    for reply in together(server, payload, number):
        _require(reply, f"one of {number} requests at once")
    body = padded(payload, _MAX_PAYLOAD_MB * 1_000_000)
    reply = _ask(server, payload, body)
    if reply.status == 413:
        raise Violation(f"413 for {_MAX_PAYLOAD_MB} MB, as SAGEMAKER_MAX_PAYLOAD_IN_MB says", reply)


@check(
    "C2.9",
    group="batch",
    title="Answers can be laid end to end: one line a record",
    expected="one line for one record, and no empty ones",
)
def answers_are_one_line_a_record(lab: Lab) -> None:
    """AssembleWith `Line` adds a line end after every answer, and nothing else."""
    for payload in _by_lines(lab):
        reply = _ask(lab.server(**_PLATFORM), payload, records(payload)[0] + b"\n")
        _require(reply, "one record")
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
    server = lab.server(**_PLATFORM)
    for payload in _by_lines(lab):
        lines = records(payload)[:7]
        single = {each: _answers(_ask(server, payload, each + b"\n")) for each in lines}
        for number in (2, 3, 7):
            sent = (lines * number)[:number]
            reply = _ask(server, payload, b"\n".join(sent) + b"\n")
            _require(reply, f"{number} records")
            found = _answers(reply)
            if len(found) != number:
                raise Violation(f"{len(found)} answers for {number} records", reply)
            expected = ["".join(single[each]) for each in sent]
            if not all(map(_alike, found, expected)):
                raise Violation("other answers, or in another order, than one by one", reply)


@check(
    "C2.7",
    group="batch",
    title="A call can be repeated",
    expected="the same answer again",
)
def calls_can_be_repeated(lab: Lab) -> None:
    """A job repeats a call up to three times."""
    payload, server = lab.materials.payload, lab.server(**_PLATFORM)
    first, second = (_ask(server, payload, payload.body) for _ in range(2))
    _require(second, "a payload sent again")
    if first.body != second.body:
        raise Violation("another answer to the same request", first, second)


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
        reply = _ask(lab.server(**_PLATFORM), payload, payload.body)
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
    server = lab.server(**_PLATFORM)
    for payload in _by_lines(lab):
        lines = (records(payload) * 2)[:2]
        for body in (b"\n".join(lines), b"\n".join(lines) + b"\n"):
            reply = _ask(server, payload, body)
            _require(reply, "lines with or without a final line end")
            if len(_answers(reply)) != 2:
                raise Violation(f"{len(_answers(reply))} answers for 2 records", reply)
        for body in (b"", b"\n", b"\n" + lines[0] + b"\n\n" + lines[1] + b"\n"):
            reply = _ask(server, payload, body)
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
    server = lab.server(**_PLATFORM)
    payload = next(iter(_by_lines(lab)))
    lines = records(payload)
    probe = _ask(server, payload, b"\n".join((lines * 100)[:100]) + b"\n")
    number = min(_MANY_BYTES // (1 + max(map(len, lines))), 200_000)
    number = max(1, min(number, int(100 * _MANY_SECONDS / max(probe.seconds, 0.001))))
    reply = _ask(server, payload, b"\n".join((lines * number)[:number]) + b"\n")
    _require(reply, f"{number} records")
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


def _ask(server: Container, payload: Payload, body: bytes) -> Reply:
    return server.post(contract.INVOCATIONS, body, payload.headers)


def _require(reply: Reply, what: str) -> None:
    if reply.status != 200:
        raise Violation(f"status {reply.status} for {what}", reply)


def _advice(server: Container) -> Reply:
    reply = server.get(contract.EXECUTION_PARAMETERS)
    if reply.status == 404:
        raise NotChecked("it gives no advice")
    found = _parameters(reply) if reply.status == 200 else {}
    if not all(type(found.get(name)) is kind for name, kind in _KEYS.items()):
        raise NotChecked("its advice has not the right form; see C2.3")
    return reply


def _parameters(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError as error:
        raise Violation(f"no JSON: {error}", reply) from error
    if not isinstance(found, dict):
        raise Violation("no JSON object", reply)
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
