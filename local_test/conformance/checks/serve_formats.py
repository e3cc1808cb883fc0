"""Formats and their negotiation (C6.14 - C6.17, C6.30 - C6.37)."""

import json
from collections.abc import Iterator

from container import contract
from local_test.conformance.http import Reply
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.traffic import CSV, JSON, LINES, invoke, media_type, records, whole

_TEXTS = (CSV, JSON, LINES)
_CHARSETS = ("; charset=utf-8", ";charset=UTF-8", '; charset="utf-8"')


@check(
    "C6.14",
    group="serve",
    title="A list in Accept is read, with weights: the first type that is known is given",
    expected="status 200 in that type",
)
def accept_lists_are_understood(lab: Lab) -> None:
    """The SDK's deserializers send lists."""
    for wanted, reply in _negotiated(lab):
        if reply.status != 200:
            raise Violation(f"status {reply.status}, though {wanted} is in the list", reply)


@check(
    "C6.15",
    group="serve",
    title="The Content-Type of an answer is one type, not the Accept header",
    expected="the type that was chosen",
)
def answers_have_the_chosen_type(lab: Lab) -> None:
    """AWS's toolkit sends the header back as it came."""
    for wanted, reply in _negotiated(lab):
        if reply.status == 200 and media_type(reply.media_type) != wanted:
            raise Violation(f"Content-Type {reply.media_type!r} instead of {wanted}", reply)


def _negotiated(lab: Lab) -> Iterator[tuple[str, Reply]]:
    server, payload = lab.server(), lab.materials.payload
    wanted = media_type(invoke(server, payload).media_type)
    if not wanted:
        raise NotChecked("its answers have no Content-Type; see C1.39")
    for accept in (
        f"application/x-unheard-of, {wanted}",
        f"application/x-unheard-of;q=0.9,{wanted};q=0.5",
        f"{wanted};q=1.0, */*;q=0.1",
    ):
        yield wanted, invoke(server, payload, Accept=accept)


@check(
    "C9.11",
    group="serve",
    title="A charset in Content-Type is understood in every spelling",
    expected="status 200 for each",
)
def charsets_are_understood(lab: Lab) -> None:
    """In capitals, between quotes, and without a space."""
    server = lab.server()
    for payload in whole(lab):
        content_type = media_type(payload.content_type)
        for charset in _CHARSETS if content_type in _TEXTS else ():
            reply = invoke(server, payload, Content_Type=content_type + charset)
            if reply.status != 200:
                raise Violation(f"{content_type}{charset}: status {reply.status}", reply)


@check(
    "C6.16",
    group="serve",
    title="One CSV line is answered as one of several is",
    expected="status 200 for the first line alone",
)
def one_line_is_a_table_too(lab: Lab) -> None:
    """AWS's toolkit makes a vector of it."""
    payload = lab.materials.payload_of(CSV)
    first = records(payload)[0]
    reply = lab.server().post(contract.INVOCATIONS, first + b"\n", payload.headers)
    if reply.status != 200:
        raise Violation(f"status {reply.status} for a single line", reply)


@check(
    "C6.17",
    group="serve",
    title="JSON answers are strict JSON",
    expected="neither NaN nor Infinity",
)
def json_answers_are_strict(lab: Lab) -> None:
    """Python writes NaN without a word; other languages fail on it."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    for payload in whole(lab):
        reply = invoke(lab.server(), payload, Accept=JSON)
        if reply.status != 200 or media_type(reply.media_type) != JSON:
            continue
        try:
            json.loads(reply.body, parse_constant=refuse)
        except ValueError as error:
            raise Violation(str(error), reply) from error


@check(
    "C6.30",
    group="serve",
    title='JSON that lists "instances" is answered by as many "predictions"',
    expected='{"predictions": [...]} of the same length',
)
def instances_become_predictions(lab: Lab) -> None:
    """The common data format; other JSON is the container's own affair."""
    payload = lab.materials.payload_of(JSON)
    sent = json.loads(payload.body)
    if not isinstance(sent, dict) or not isinstance(sent.get("instances"), list):
        raise NotChecked('its JSON payload has no "instances"')
    reply = invoke(lab.server(), payload, Accept=JSON)
    answer = _parsed(reply)
    predictions = answer.get("predictions") if isinstance(answer, dict) else None
    if not isinstance(predictions, list) or len(predictions) != len(sent["instances"]):
        raise Violation(f"no {len(sent['instances'])} predictions", reply)


@check(
    "C6.31",
    group="serve",
    title="JSON lines are answered by one line of JSON each",
    expected="as many lines out as in",
)
def lines_become_lines(lab: Lab) -> None:
    """Where the answer can be had as JSON lines."""
    payload = lab.materials.payload_of(LINES)
    reply = invoke(lab.server(), payload, Accept=LINES)
    if reply.status == 406 or media_type(reply.media_type) != LINES:
        raise NotChecked("it does not answer in application/jsonlines")
    lines = reply.text.splitlines()
    if len(lines) != len(records(payload)):
        raise Violation(f"{len(lines)} lines for {len(records(payload))}", reply)
    for line in lines:
        try:
            json.loads(line)
        except ValueError as error:
            raise Violation(f"a line is not JSON: {error}", reply) from error


@check(
    "C6.32",
    group="serve",
    title="Every line of a CSV request is a record: there is no header line",
    expected="two answers for the first line sent twice",
)
def csv_has_no_header(lab: Lab) -> None:
    """A server that drops the first line loses a record of every request."""
    payload = lab.materials.payload_of(CSV)
    first = records(payload)[0]
    headers = {"Content-Type": payload.content_type, "Accept": CSV}
    one = lab.server().post(contract.INVOCATIONS, first + b"\n", headers)
    two = lab.server().post(contract.INVOCATIONS, (first + b"\n") * 2, headers)
    if 406 in {one.status, two.status} or media_type(two.media_type) != CSV:
        raise NotChecked("it does not answer in text/csv")
    if len(two.text.splitlines()) != 2 * max(1, len(one.text.splitlines())):
        raise Violation("two lines get no two answers", two, one)


def _parsed(reply: Reply) -> object:
    try:
        return json.loads(reply.body)
    except ValueError as error:
        raise Violation(f"status {reply.status}, not JSON: {error}", reply) from error
