"""Small plain requests over real sockets: they take no thread, and are never lost or mixed up."""

import contextlib
import http.client
import os
import re
import signal
import socket
import threading
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.support.server import ServerProcess, running

HEAD = "POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n{}\r\n"


@pytest.fixture
def fresh(base: Path) -> Iterator[ServerProcess]:
    """One worker that no other test has used: it has no threads for requests yet."""
    with running(base, SAGEMAKER_MODEL_SERVER_WORKERS="1") as process:
        process.wait_for(lambda: "is loaded and answers" in process.log, "a loaded model")
        yield process


@pytest.fixture
def request_text(row: bytes) -> bytes:
    """A whole request."""
    return HEAD.format(f"Content-Length: {len(row)}\r\n").encode() + row


@pytest.fixture
def chunked(row: bytes) -> bytes:
    """The same request, which takes a thread."""
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(row), row)
    return HEAD.format("Transfer-Encoding: chunked\r\n").encode() + body


def threads(server: ServerProcess) -> int:
    (worker,) = server.workers()
    return len(list(Path(f"/proc/{worker}/task").iterdir()))


def read(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One answer."""
    with contextlib.closing(http.client.HTTPResponse(connection)) as answer:
        answer.begin()
        return answer.status, dict(answer.getheaders()), answer.read()


def test_small_requests_take_no_thread(
    fresh: ServerProcess, request_text: bytes, chunked: bytes
) -> None:
    with fresh.connect() as connection:
        connection.sendall(request_text)
        assert read(connection)[0] == 200
        before = threads(fresh)
        for _ in range(20):
            connection.sendall(request_text)
            assert read(connection)[0] == 200
            connection.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read(connection)[0] == 200
        assert threads(fresh) == before
        connection.sendall(chunked)
        assert read(connection)[0] == 200
        assert threads(fresh) > before


def test_either_way_gives_the_same_answer(
    server: ServerProcess, request_text: bytes, chunked: bytes
) -> None:
    with server.connect() as connection:
        answers = []
        for text in (request_text, chunked) * 3:
            connection.sendall(text)
            status, headers, body = read(connection)
            del headers["Date"]
            answers.append((status, headers, body))
    assert answers == [answers[0]] * 6
    assert answers[0][0] == 200


def test_a_request_may_come_in_pieces(fresh: ServerProcess, request_text: bytes) -> None:
    with fresh.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for end in (1, 3, request_text.index(b"\r\n\r\n") + 4, len(request_text) - 1):
            for piece in (request_text[:end], request_text[end:]):
                connection.sendall(piece)
            assert read(connection)[0] == 200
        for byte in request_text:
            connection.sendall(bytes([byte]))
        assert read(connection)[0] == 200


@pytest.mark.parametrize("missing", [1, 60])
def test_one_that_stalls_goes_on_in_a_thread(
    fresh: ServerProcess, request_text: bytes, missing: int
) -> None:
    before = threads(fresh)
    with fresh.connect() as connection:
        connection.sendall(request_text[:-missing])
        fresh.wait_for(lambda: threads(fresh) > before, "a thread that waits")
        connection.sendall(request_text[-missing:])
        assert read(connection)[0] == 200
        connection.sendall(request_text)
        assert read(connection)[0] == 200


def test_pipelined_requests_are_answered_in_their_order(
    server: ServerProcess, request_text: bytes
) -> None:
    refused = request_text.replace(b"text/csv", b"text/png")
    with server.connect() as connection:
        connection.sendall((request_text + refused) * 5 + request_text[:-4])
        found = b""
        while len(re.findall(rb"HTTP/1\.1 ", found)) < 10:
            found += connection.recv(65536)
        connection.sendall(request_text[-4:])
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            found += piece
    assert re.findall(rb"HTTP/1\.1 (\d+)", found) == [b"200", b"415"] * 5 + [b"200"]


def test_a_client_that_ends_after_its_request_is_answered(
    server: ServerProcess, request_text: bytes
) -> None:
    with server.connect() as connection:
        connection.sendall(request_text)
        connection.shutdown(socket.SHUT_WR)
        assert b"".join(iter(lambda: connection.recv(65536), b"")).startswith(b"HTTP/1.1 200")


def test_one_that_leaves_in_the_middle_harms_nobody(
    server: ServerProcess, request_text: bytes
) -> None:
    workers = server.workers()
    for end in (1, 40, len(request_text) - 1, len(request_text)):
        with server.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.sendall(request_text[:end])
    with server.connect() as connection:
        connection.sendall(request_text)
        assert read(connection)[0] == 200
    assert server.workers() == workers


def has_answered(server: ServerProcess, count: int) -> bool:
    return server.log.count("rows=150") == count


def body_of_one(stream: BinaryIO) -> bytes:
    """The body of the next of several good answers."""
    head = b"".join(iter(stream.readline, b"\r\n"))
    assert head.startswith(b"HTTP/1.1 200")
    (length,) = re.findall(rb"Content-Length: (\d+)", head)
    return stream.read(int(length))


def test_a_client_that_does_not_read_makes_a_thread_wait(fresh: ServerProcess) -> None:
    body = b",,,,,,,,,,,,\n" * 150
    text = HEAD.format(f"Content-Length: {len(body)}\r\n").encode() + body
    before = threads(fresh)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", fresh.port))
        sent = 0
        while threads(fresh) == before:
            slow.sendall(text)
            sent += 1
            fresh.wait_for(partial(has_answered, fresh, sent), "one more answer")
        with fresh.connect() as other:
            other.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read(other)[0] == 200
        slow.sendall(text)
        with slow.makefile("rb") as stream:
            answers = [body_of_one(stream) for _ in range(sent + 1)]
    assert answers == [answers[0]] * (sent + 1)
    assert answers[0].count(b'"status"') == 150


def fill(pipe: int) -> None:
    """Write into a pipe until not a byte more goes in; whoever else writes to it still waits."""
    own = os.open(f"/proc/self/fd/{pipe}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        for size in (4096, 1):
            with contextlib.suppress(BlockingIOError):
                while os.write(own, b"x" * size):
                    pass
    finally:
        os.close(own)


def test_a_log_that_nobody_reads_does_not_hold_up_pings(base: Path, request_text: bytes) -> None:
    reading, writing = os.pipe()
    with (
        open(reading, "rb", buffering=0) as log,  # noqa: PTH123 - a pipe has no path
        running(base, writing, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server,
        server.connect() as asking,
        server.connect() as pinging,
    ):
        fill(writing)
        os.close(writing)
        asking.sendall(request_text)
        for _ in range(3):
            pinging.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read(pinging)[0] == 200
        reader = threading.Thread(target=lambda: deque(iter(lambda: log.read(65536), b""), 0))
        reader.start()
        assert read(asking)[0] == 200
        assert server.stop() == 0
        reader.join()


def test_a_request_that_has_begun_is_answered_after_sigterm(
    fresh: ServerProcess, request_text: bytes
) -> None:
    with fresh.connect() as connection:
        connection.sendall(request_text)
        assert read(connection)[0] == 200
        connection.sendall(request_text[:-1])
        before = threads(fresh)
        fresh.process.send_signal(signal.SIGTERM)
        fresh.wait_for(lambda: threads(fresh) > before, "a thread that waits")
        connection.sendall(request_text[-1:])
        status, headers, _ = read(connection)
        assert (status, headers["Connection"]) == (200, "close")
    assert fresh.stop() == 0
