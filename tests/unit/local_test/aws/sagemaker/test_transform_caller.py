import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator

import pytest

from local_test.aws.sagemaker.transform_caller import Call, Caller, CallError

Reply = tuple[int, bytes]


class Server:
    """A container that gives prepared replies, the last one for ever.

    Attributes:
        seen: Method, headers and body of the requests.
    """

    def __init__(self, *replies: Reply | None) -> None:
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.url = ""
        self._replies = list(replies)

    def reply(self) -> Reply | None:
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


@contextlib.contextmanager
def serving(*replies: Reply | None) -> Iterator[Server]:
    made = Server(*replies)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = b""
            if self.headers.get("Transfer-Encoding") == "chunked":
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            made.seen.append((self.command, dict(self.headers), body))
            if (found := made.reply()) is None:
                self.close_connection = True
                return
            status, content = found
            self.send_response(status)
            self.send_header("Content-Type", "text/csv")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - the library wants this name

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def caller(
    server: Server,
    *,
    content_type: str = "text/csv",
    accept: str = "",
    retries: int = 3,
    chunked: bool = False,
) -> Iterator[Caller]:
    call = Call(content_type, accept, 5, retries, chunked=chunked)
    with contextlib.closing(Caller(server.url, call, threading.Event())) as made:
        yield made


def test_a_request_has_the_headers_of_the_job_alone() -> None:
    with serving((200, b"1\n")) as server, caller(server, accept="text/csv") as made:
        answer = made.ask(b"2\n")

    assert (answer.status, answer.content_type, answer.body) == (200, "text/csv", b"1\n")
    method, headers, body = server.seen[0]
    assert (method, body) == ("POST", b"2\n")
    assert headers["Content-Type"] == headers["Accept"] == "text/csv"


def test_headers_that_the_job_has_not_are_not_sent() -> None:
    with serving((200, b"")) as server, caller(server, content_type="") as made:
        made.ask(b"1")

    assert not {"Content-Type", "Accept"} & server.seen[0][1].keys()


def test_a_body_of_any_size_is_sent_in_chunks() -> None:
    body = b"x" * 200_000
    with serving((200, b"")) as server, caller(server, chunked=True) as made:
        made.ask(body)

    assert server.seen[0][1]["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in server.seen[0][1]
    assert server.seen[0][2] == body


@pytest.mark.parametrize("fault", [(500, b"oh"), (503, b"busy"), None])
def test_faults_are_tried_again(fault: Reply | None) -> None:
    with serving(fault, fault, (200, b"1")) as server, caller(server) as made:
        assert made.ask(b"1").body == b"1"

    assert len(server.seen) == 3


@pytest.mark.parametrize(("status", "times"), [(400, 1), (415, 1), (500, 3)])
def test_the_last_fault_is_told_and_refusals_are_not_repeated(status: int, times: int) -> None:
    with (
        serving((status, b"no good")) as server,
        caller(server, retries=2) as made,
        pytest.raises(CallError) as caught,
    ):
        made.ask(b"1")

    assert (caught.value.status, caught.value.told) == (status, "no good")
    assert len(server.seen) == times


def test_nobody_there_is_told() -> None:
    with serving((200, b"")) as server:
        pass
    with caller(server, retries=0) as made, pytest.raises(CallError, match="no answer"):
        made.ask(b"1")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ((404, b"not found"), {}),
        ((200, b"nonsense"), {}),
        ((200, b"[1]"), {}),
        (
            (
                200,
                json.dumps(
                    {
                        "MaxConcurrentTransforms": 4,
                        "MaxPayloadInMB": -1,
                        "BatchStrategy": "MultiRecord",
                        "More": 1,
                    }
                ).encode(),
            ),
            {"MaxConcurrentTransforms": 4},
        ),
        (
            (200, b'{"MaxPayloadInMB": 0, "BatchStrategy": "SINGLE_RECORD"}'),
            {"MaxPayloadInMB": 0, "BatchStrategy": "SINGLE_RECORD"},
        ),
    ],
)
def test_execution_parameters_count_where_they_make_sense(
    reply: Reply, expected: dict[str, object]
) -> None:
    with serving(reply) as server, caller(server) as made:
        assert made.parameters() == expected

    assert server.seen[0][0] == "GET"


def test_closing_ends_what_is_on_its_way() -> None:
    hang, begun = threading.Event(), threading.Event()

    def wait(server: Server) -> Callable[[], Reply | None]:
        def reply() -> Reply | None:
            begun.set()
            hang.wait()
            return None

        return reply

    with serving((200, b"")) as server, caller(server, retries=3) as made:
        server.reply = wait(server)  # type: ignore[method-assign]
        faults: list[CallError] = []

        def ask() -> None:
            try:
                made.ask(b"1")
            except CallError as error:
                faults.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        begun.wait()
        made.close()
        thread.join(10)
        hang.set()

    assert not thread.is_alive()
    assert len(faults) == 1
