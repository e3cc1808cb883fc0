"""What only a real socket shows: framing, limits and connections."""

import json
import socket
from collections.abc import Iterator

import pytest

from tests.support.server import ServerProcess

CSV = "text/csv"


def talk(server: ServerProcess, text: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    with server.connect() as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_ping_is_200_with_nothing_in_it(server: ServerProcess, method: str) -> None:
    reply = server.request(method, "/ping")
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "0")


def test_chunked_bodies_are_read_to_their_end(server: ServerProcess, row: bytes) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(3):
            yield row[:5]
            yield row[5:]

    reply = server.request("POST", "/invocations", pieces(), Content_Type=CSV, Accept=CSV)
    assert (reply.status, reply.body.count(b"\n")) == (200, 3)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_gets_an_answer_and_no_reset(
    server: ServerProcess, chunked: bool
) -> None:
    piece = b"-70," * (1 << 18)
    body = (piece for _ in range(20)) if chunked else piece * 20
    reply = server.request("POST", "/invocations", body, Content_Type=CSV)
    assert reply.status == 413
    assert json.loads(reply.body)["error"]["code"] == "too_large"


def test_the_same_connection_serves_on_after_a_small_refusal(
    server: ServerProcess, row: bytes
) -> None:
    head = (
        b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n"
    )
    refused = head % (b"image/png", len(row), b"") + row
    good = head % (b"text/csv", len(row), b"Connection: close\r\n") + row
    answers = talk(server, refused + good)
    assert answers.startswith(b"HTTP/1.1 415")
    assert b"HTTP/1.1 200" in answers


def test_expect_is_answered(server: ServerProcess, row: bytes) -> None:
    head = (
        b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        b"Content-Length: %d\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n" % len(row)
    )
    with server.connect() as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(row)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "request_text",
    [
        b"nonsense\r\n\r\n",
        b"GET /ping HTTP/9.9\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nX: " + b"x" * 20000 + b"\r\n\r\n",
        b"POST /invocations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n[1]",
        b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
)
def test_unsound_http_is_answered_in_the_form_of_every_error(
    server: ServerProcess, request_text: bytes
) -> None:
    head, _, body = talk(server, request_text).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/json" in head
    assert json.loads(body)["error"]["code"] == "bad_request"


def test_a_web_socket_is_refused_at_once(server: ServerProcess) -> None:
    reply = server.request(
        "GET", "/invocations-bidirectional-stream", Upgrade="websocket", Connection="Upgrade"
    )
    assert reply.status == 404


def test_a_client_that_leaves_in_the_middle_harms_nobody(server: ServerProcess, row: bytes) -> None:
    before = server.workers()
    for _ in range(5):
        with server.connect() as connection:
            connection.sendall(b"POST /invocations HTTP/1.1\r\nContent-Length: 99\r\n\r\n[[")
    assert server.request("POST", "/invocations", row, Content_Type=CSV).status == 200
    assert server.workers() == before


def test_the_log_has_one_line_a_request_and_none_of_pings(
    server: ServerProcess, row: bytes
) -> None:
    server.request("GET", "/ping")
    server.request("GET", "/metrics")
    server.request(
        "POST", "/invocations", row, Content_Type=CSV, X_Amzn_SageMaker_Inference_Id="order-66"
    )
    server.wait_for(lambda: "request_id=order-66" in server.log, "the log line")
    lines = [line for line in server.log.splitlines() if "order-66" in line]
    assert len(lines) == 1
    assert "status=200 code=ok rows=1" in lines[0]
    assert "/ping" not in server.log
    assert "/metrics" not in server.log


def test_nothing_of_a_device_is_remembered_between_requests(server: ServerProcess) -> None:
    names = ",".join(["device", *(f"b{3001 + i}" for i in range(13))])
    first = f"{names}\nphone,-60{',' * 12}\nphone,,-90{',' * 11}\n".encode()
    second = f"{names}\nphone,,-90{',' * 11}\n".encode()

    def ask(body: bytes, attributes: str) -> list[bytes]:
        reply = server.request(
            *("POST", "/invocations", body),
            Content_Type=CSV,
            Accept=CSV,
            X_Amzn_SageMaker_Custom_Attributes=attributes,
        )
        assert reply.status == 200
        return reply.body.splitlines()

    alone = ask(second, "trace=1")
    together = ask(first, "trace=1")
    assert len(together) == 2
    assert together[1] != alone[0]  # the scan before counts
    assert ask(second, "trace=1") == alone  # but not in the next request
    (standing,) = ask(first, "standing=true")
    assert standing.endswith(b",phone,2")
