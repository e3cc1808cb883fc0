"""Streaming both ways: the label, and the WebSocket that it promises (C1.54)."""

import base64
import http.client
import os

from local_test.conformance.checks.image import CAPABILITIES
from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check

LABEL = f"{CAPABILITIES}bidirectional-streaming"
PATH = "/invocations-bidirectional-stream"
_SECONDS = 10.0


@check(
    "C1.54",
    group="streaming",
    title="The label for streaming both ways comes with a WebSocket",
    expected=f"101 to an upgrade at {PATH}",
    needs=(DOCKER,),
)
def duplex_label_is_kept(lab: Lab) -> None:
    """The platform upgrades as soon as a caller opens a stream."""
    labels = (lab.subject.inspect().get("Config") or {}).get("Labels") or {}
    if labels.get(LABEL) != "true":
        raise NotChecked("the image has no label for streaming both ways")
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET {PATH} HTTP/1.1\r\nHost: model.aws.local:8080\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    with lab.server().open(timeout=_SECONDS) as connection:
        connection.sendall(head.encode())
        with http.client.HTTPResponse(connection) as answer:
            answer.begin()
            if answer.status != http.client.SWITCHING_PROTOCOLS:
                raise Violation(f"status {answer.status} for an upgrade at {PATH}")
