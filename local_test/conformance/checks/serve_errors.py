"""Errors: what the caller learns from them (C1.45 - C1.49)."""

import json
import re
from collections.abc import Mapping

from container import contract
from local_test.conformance.http import Reply
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.traffic import CSV, JSON, LINES, invoke, media_type

_UNKNOWN = "application/x-unheard-of"
_BROKEN: Mapping[str, bytes] = {
    JSON: b'{"instances": [[1, ',
    LINES: b'{"features": [1, \n[[[\n',
    CSV: b"\xff\xfe,not a number,\x00\n\x80,,\n",
}
_HTML = re.compile(r"<\s*(!doctype|html|head|body|h1|title)\b", re.IGNORECASE)
_TRACEBACK = "Traceback (most recent call last)"


@check(
    "C1.48",
    group="serve",
    title="An unknown Content-Type is refused by 415, an unknown Accept not by a 5xx",
    expected="415; 406 or an answer in the container's own type",
)
def unknown_types_are_refused(lab: Lab) -> None:
    """A 5xx sends people to look for a bug in the container."""
    server, payload = lab.server(), lab.materials.payload
    reply = server.post(contract.INVOCATIONS, payload.body, {"Content-Type": _UNKNOWN})
    if reply.status not in {200, 415}:
        raise Violation(f"status {reply.status} for an unknown Content-Type", reply)
    reply = invoke(server, payload, Accept=_UNKNOWN)
    if reply.status not in {200, 406}:
        raise Violation(f"status {reply.status} for an unknown Accept", reply)


@check(
    "C2.13",
    "C1.48",
    group="batch",
    title="A broken body is the client's fault",
    expected="status 4xx",
)
def broken_bodies_are_client_errors(lab: Lab) -> None:
    """A job reports 4xx as ClientError, 5xx as AlgorithmError."""
    found = [
        lab.server().post(contract.INVOCATIONS, body, {"Content-Type": content_type})
        for content_type, body in _broken(lab)
    ]
    for reply in found:
        if reply.status >= 500:
            raise Violation(f"status {reply.status} for a broken body", reply)


@check(
    "C1.45",
    group="serve",
    title="Errors explain themselves: no HTML, no traceback, not empty",
    expected="plain words in the first 2,048 characters",
)
def errors_explain_themselves(lab: Lab) -> None:
    """That is all that the caller of the endpoint sees."""
    for reply in _errors(lab):
        shown = reply.text[: contract.ERROR_BODY_LIMIT]
        if not shown.strip():
            raise Violation(f"status {reply.status} without a word", reply)
        if _HTML.search(shown):
            raise Violation(f"status {reply.status} with a page of HTML", reply)
        if _TRACEBACK in shown:
            raise Violation(f"status {reply.status} with a traceback", reply)


@check(
    "C1.46",
    group="serve",
    title="Errors are short and say how long they are",
    expected="at most 2,048 bytes, and a Content-Length",
)
def errors_are_short(lab: Lab) -> None:
    """The rest is cut off, sometimes with the whole answer."""
    for reply in _errors(lab):
        if len(reply.body) > contract.ERROR_BODY_LIMIT:
            raise Violation(f"status {reply.status} with {len(reply.body):,} bytes", reply)
        if "Content-Length" not in reply.headers:
            raise Violation(f"status {reply.status} without a Content-Length", reply)


@check(
    "C1.49",
    group="serve",
    title="Errors are one line of JSON, also where CSV was asked for",
    expected="Content-Type application/json, and JSON",
)
def errors_are_json(lab: Lab) -> None:
    """Programs read them, whatever they had asked for."""
    for reply in _errors(lab):
        if media_type(reply.media_type) != JSON:
            raise Violation(f"status {reply.status} in {reply.media_type or 'no type'}", reply)
        try:
            json.loads(reply.body)
        except ValueError as error:
            raise Violation(f"status {reply.status}: no JSON ({error})", reply) from error
        if b"\n" in reply.body.rstrip():
            raise Violation(f"status {reply.status}: several lines", reply)


def _errors(lab: Lab) -> list[Reply]:
    """Answers that refuse something, each for another reason.

    Raises:
        NotChecked: It refuses nothing.
    """
    server, body = lab.server(), lab.materials.payload.body
    replies = [
        server.post(contract.INVOCATIONS, body, {"Content-Type": _UNKNOWN, "Accept": CSV}),
        server.get("/no-such-route"),
        server.get(contract.INVOCATIONS),
    ]
    for content_type, broken in _broken(lab):
        headers = {"Content-Type": content_type, "Accept": content_type}
        replies.append(server.post(contract.INVOCATIONS, broken, headers))
    refused = [each for each in replies if each.status >= 400]
    if not refused:
        raise NotChecked("it refuses nothing")
    return refused


def _broken(lab: Lab) -> list[tuple[str, bytes]]:
    """Content types of the payloads with bodies that are not what they say."""
    _ = lab.materials.payload
    types = dict.fromkeys(media_type(each.content_type) for each in lab.materials.payloads)
    return [(each, _BROKEN[each]) for each in types if each in _BROKEN]
