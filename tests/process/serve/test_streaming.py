"""Answers that are made while they are sent, over real sockets (C1.50 to C1.53)."""

import http.client
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.server import ServerProcess, running
from tests.support.waiting import until

# Each piece waits for a file, so that a test decides when it is made.
PROGRAM = """
import pathlib, time

def model_fn(model_dir):
    return pathlib.Path(model_dir)

def transform_fn(folder, body, content_type, accept, context):
    name = context.get_request_header(0, "X-Name")
    def wait_for(step):
        while not (folder / f"{name}-{step}").exists():
            time.sleep(0.005)
    def pieces():
        try:
            yield "first\\n"
            wait_for("second")
            yield b"second\\n"
            if name == "broken":
                raise OSError("the lights went out")
            while name == "endless":
                yield b"x" * 65536
        finally:
            (folder / f"{name}-closed").touch()
    if body == "refuse":
        raise ValueError("before anything was sent")
    return pieces(), "text/plain"
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streaming")
    (folder / "model" / "code").mkdir(parents=True)
    (folder / "model" / "code" / "inference.py").write_text(PROGRAM)
    return folder


@pytest.fixture(scope="module")
def streaming(base: Path) -> Iterator[ServerProcess]:
    """One worker with one slot: whoever keeps it is noticed."""
    with running(
        base,
        SAGEMAKER_MODEL_SERVER_WORKERS="1",
        BLERSSI_CONCURRENCY="1",
        BLERSSI_QUEUE="0",
    ) as process:
        yield process


Ask = Callable[..., http.client.HTTPResponse]


@pytest.fixture
def ask(streaming: ServerProcess) -> Iterator[Ask]:
    connections: list[http.client.HTTPConnection] = []

    def ask(name: str, body: bytes = b"1") -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", streaming.port, timeout=60)
        connections.append(connection)
        headers = {"Content-Type": "text/csv", "X-Name": name}
        connection.request("POST", "/invocations", body, headers)
        return connection.getresponse()

    yield ask
    for each in connections:
        each.close()
    streaming.wait_for(lambda: streaming.metric("blerssi_in_flight") == 0, "a free slot")


def test_the_first_piece_arrives_before_the_second_is_made(base: Path, ask: Ask) -> None:
    answer = ask("good")
    assert answer.status == 200
    assert answer.getheader("Transfer-Encoding") == "chunked"
    assert answer.getheader("Content-Type") == "text/plain"
    assert answer.readline() == b"first\n"
    assert not (base / "model" / "good-closed").exists()
    (base / "model" / "good-second").touch()
    assert answer.read() == b"second\n"


def test_a_stream_holds_its_slot(streaming: ServerProcess, base: Path, ask: Ask) -> None:
    answer = ask("holds")
    assert ask("other").status == 503
    assert streaming.request("GET", "/ping").status == 200
    (base / "model" / "holds-second").touch()
    answer.read()


def test_a_failure_on_the_way_breaks_the_connection(
    streaming: ServerProcess, base: Path, ask: Ask
) -> None:
    (base / "model" / "broken-second").touch()
    answer = ask("broken")
    assert answer.status == 200
    with pytest.raises(http.client.IncompleteRead) as caught:
        answer.read()
    assert caught.value.partial == b"first\nsecond\n"
    assert "the lights went out" in streaming.log
    text = streaming.request("GET", "/metrics").body
    assert b'blerssi_invocations_total{code="broken_stream",status="200"} 1.0' in text


def test_a_failure_before_the_first_piece_is_an_ordinary_error(ask: Ask) -> None:
    answer = ask("early", b"refuse")
    assert answer.status == 500
    assert b"before anything was sent" in answer.read()


def test_a_client_that_leaves_ends_the_generator_and_frees_the_slot(
    streaming: ServerProcess, base: Path
) -> None:
    (base / "model" / "endless-second").touch()
    workers = streaming.workers()
    head = b"POST /invocations HTTP/1.1\r\nHost: x\r\nX-Name: endless\r\nContent-Length: 1\r\n\r\n1"
    with streaming.connect() as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    until((base / "model" / "endless-closed").exists, "the end of the generator")
    streaming.wait_for(lambda: streaming.metric("blerssi_in_flight") == 0, "a free slot")
    assert streaming.workers() == workers
