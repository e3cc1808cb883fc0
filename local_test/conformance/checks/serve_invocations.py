"""POST /invocations: what it takes and how it answers (C1.30 - C1.44)."""

import re
import time

from container import contract
from local_test.conformance import patience
from local_test.conformance.http import NoAnswer
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.traffic import (
    JSON,
    invoke,
)

_LIMIT_SECONDS = 60.0  # C1.31
_SESSION = re.compile(
    r"[a-zA-Z0-9](-*[a-zA-Z0-9])*; Expires=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
)  # C1.42
_FULL_LENGTH = {
    "Target-Model": 1024,
    "Target-Variant": 63,
    "Target-Container-Hostname": 63,
    "Inference-Id": 64,
    "Inference-Component": 63,
}  # C1.37
_PREFIX = "X-Amzn-SageMaker-"
_SPLITTING = (
    "safe=1%0d%0aX-Injected:%20yes",
    "safe=1%0D%0AX-Injected: yes",
    r"safe=1\r\nX-Injected: yes",
    "safe=1%250d%250aX-Injected:%20yes",
)


@check(
    "C1.31",
    group="serve",
    title="Every sample payload is answered within 60 s",
    expected="status 200 in time",
)
def payloads_are_answered(lab: Lab) -> None:
    """What the other checks build on."""
    _ = lab.materials.payload
    for payload in lab.materials.payloads:
        reply = invoke(lab.server(), payload)
        if reply.status != 200 or reply.seconds > _LIMIT_SECONDS:
            what = f"{payload.name or payload.content_type}: status {reply.status}"
            raise Violation(f"{what} after {reply.seconds:.1f} s", reply)


@check(
    "C1.30",
    group="serve",
    title="/invocations refuses other methods than POST",
    expected="status 405 for GET, PUT, DELETE and PATCH",
)
def other_methods_are_refused(lab: Lab) -> None:
    """501 says the same for a method that the server knows nowhere."""
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        reply = lab.server().request(method, contract.INVOCATIONS)
        if reply.status not in {405, 501}:
            raise Violation(f"{method}: status {reply.status}", reply)


@check(
    "C1.36",
    "C1.38",
    "C7.16",
    group="serve",
    title="Unknown headers, and those of other modes, are ignored",
    expected="status 200",
)
def unknown_headers_are_ignored(lab: Lab) -> None:
    """The platform strips most of the caller's headers and adds some of its own."""
    reply = invoke(
        lab.server(),
        lab.materials.payload,
        X_Unheard_Of="yes",
        X_Forwarded_For="169.254.1.1",
        X_Amzn_SageMaker_Forwarded_Api="InvokeEndpoint",
        X_Amzn_SageMaker_Adapter_Identifier="adapter",
        X_Amzn_SageMaker_Adapter_Alias="alias",
    )
    if reply.status != 200:
        raise Violation(f"status {reply.status}", reply)


@check(
    "C1.37",
    "C4.24",
    group="serve",
    title="The API's headers are taken at their full length",
    expected="status 200",
)
def full_length_headers_are_taken(lab: Lab) -> None:
    """All at once, as the API allows."""
    given = {_PREFIX + name: "x" * size for name, size in _FULL_LENGTH.items()}
    given |= {contract.CUSTOM_ATTRIBUTES: "x" * contract.HEADER_VALUE_LIMIT}
    payload = lab.materials.payload
    reply = lab.server().post(contract.INVOCATIONS, payload.body, payload.headers | given)
    if reply.status != 200:
        raise Violation(f"status {reply.status}", reply)


@check(
    "C1.39",
    group="serve",
    title="Answers say what they are",
    expected="a Content-Type",
)
def answers_have_a_type(lab: Lab) -> None:
    """One of the few headers that reach the caller."""
    for payload in lab.materials.payloads:
        reply = invoke(lab.server(), payload)
        if not re.fullmatch(r"[\w.+-]+/[\w.+-]+(\s*;.*)?", reply.media_type):
            raise Violation(f"Content-Type {reply.media_type!r}", reply)


@check(
    "C1.40",
    group="serve",
    title="Custom attributes split no header and come back clean or not at all",
    expected="no header of the caller's making, only visible ASCII",
)
def attributes_are_clean(lab: Lab) -> None:
    """A caller must not write headers of its own into the answer."""
    for value in (*_SPLITTING, "caf\xe9"):
        reply = invoke(lab.server(), lab.materials.payload, **{contract.CUSTOM_ATTRIBUTES: value})
        echo = reply.headers.get(contract.CUSTOM_ATTRIBUTES, "")
        if "X-Injected" in reply.headers:
            raise Violation(f"{value!r} became a header", reply)
        if len(echo) > contract.HEADER_VALUE_LIMIT or not re.fullmatch(r"[\x20-\x7e]*", echo):
            raise Violation(f"{value!r} came back as {echo!r:.80}", reply)


@check(
    "C1.41",
    "C8.23",
    group="serve",
    title="Requests without Accept, with `*/*`, and without Content-Type are answered",
    expected="status 200 without Accept; no 5xx without Content-Type",
)
def headers_may_be_absent(lab: Lab) -> None:
    """Both are optional for callers."""
    server, payload = lab.server(), lab.materials.payload
    content = {"Content-Type": payload.content_type}
    for headers in (content, content | {"Accept": "*/*"}):
        reply = server.post(contract.INVOCATIONS, payload.body, headers)
        if reply.status != 200:
            raise Violation(f"status {reply.status} with {headers}", reply)
    reply = server.post(contract.INVOCATIONS, payload.body)
    if reply.status >= 500:
        raise Violation(f"status {reply.status} without Content-Type", reply)


@check(
    "C1.42",
    group="serve",
    title="The id of a new session has the form that the API demands",
    expected="`<id>; Expires=YYYY-MM-DDThh:mm:ssZ`, up to 256 characters",
)
def session_ids_have_their_form(lab: Lab) -> None:
    """Only containers that open sessions send one."""
    header = f"{_PREFIX}New-Session-Id"
    opening = {"Content-Type": JSON, f"{_PREFIX}Session-Id": "NEW_SESSION"}
    reply = lab.server().post(contract.INVOCATIONS, b'{"requestType":"NEW_SESSION"}', opening)
    if header not in reply.headers:
        reply = invoke(
            lab.server(), lab.materials.payload, **{f"{_PREFIX}Session-Id": "NEW_SESSION"}
        )
    found = reply.headers.get(header)
    if found is None:
        raise NotChecked("it opens no sessions")
    if len(found) > 256 or not _SESSION.fullmatch(found):
        raise Violation(f"{found!r:.120}", reply)


@check(
    "C1.44",
    group="serve",
    title="Session headers do not disturb ordinary requests",
    expected="status 200",
)
def session_headers_are_harmless(lab: Lab) -> None:
    """A caller may send one to any endpoint."""
    for value in ("NEW_SESSION", "a1b2-c3d4"):
        reply = invoke(lab.server(), lab.materials.payload, **{f"{_PREFIX}Session-Id": value})
        if reply.status != 200:
            raise Violation(f"status {reply.status} with Session-Id {value}", reply)


@check(
    "C1.56",
    group="serve",
    title="The path of bidirectional streams is refused or upgraded, quickly",
    expected="status 101 or 4xx",
)
def websockets_do_not_hang(lab: Lab) -> None:
    """A server that cannot do it should say so."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    started = time.monotonic()
    try:
        reply = lab.server().get(
            "/invocations-bidirectional-stream",
            headers=upgrade,
            timeout=patience.EXPECT_SECONDS,
        )
    except NoAnswer as error:
        raise Violation(f"no answer within {time.monotonic() - started:.0f} s") from error
    if reply.status != 101 and not 400 <= reply.status < 500:
        raise Violation(f"status {reply.status}", reply)
