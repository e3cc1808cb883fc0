"""Which bytes are a plain request, and which are left to gunicorn."""

import pytest

from serve.plain import LARGEST_BODY, LARGEST_HEAD, Otherwise, Plain, look

LINE = b"POST /invocations HTTP/1.1\r\n"
GOOD = LINE + b"Host: model.aws.local:8080\r\nContent-Length: 3\r\n\r\n[1]"


def asked(*fields: bytes, line: bytes = LINE, body: bytes = b"[1]") -> bytes:
    """A request that is plain but for what a test changes."""
    usual = (b"Host: x", b"Content-Length: %d" % len(body))
    return line + b"".join(field + b"\r\n" for field in (*usual, *fields)) + b"\r\n" + body


def test_a_plain_request_is_taken_apart() -> None:
    found = look(asked(b"X-A:  one two\t", b"Connection: Keep-Alive", b"empty:"))
    assert isinstance(found, Plain)
    assert (found.ping, found.body) == (False, b"[1]")
    assert found.headers == {
        "host": "x",
        "content-length": "3",
        "x-a": "one two",
        "connection": "Keep-Alive",
        "empty": "",
    }
    assert found.headers.get("X-a") == "one two"
    assert found.headers.get("X-B") is None


@pytest.mark.parametrize("length", [b"", b"Content-Length: 0\r\n"])
def test_a_ping_has_no_body(length: bytes) -> None:
    found = look(b"GET /ping HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n")
    assert isinstance(found, Plain)
    assert (found.ping, found.body) == (True, b"")


def test_every_beginning_of_a_plain_request_may_become_one() -> None:
    for end in range(1, len(GOOD)):
        assert look(GOOD[:end]) is Otherwise.BEGUN
    assert isinstance(look(GOOD), Plain)


@pytest.mark.parametrize(
    "data",
    [
        GOOD + b"P",  # pipelined
        b"\r\n" + GOOD,
        GOOD.replace(b"POST", b"post"),
        GOOD.replace(b"1.1", b"1.0"),
        GOOD.replace(b"invocations", b"invocations?a=1"),
        GOOD.replace(b"invocations", b"models"),
        GOOD.replace(b"POST /invocations", b"GET /invocations"),
        GOOD.replace(b"Host: model.aws.local:8080\r\n", b""),
        GOOD.replace(b"model.aws.local", b"model/aws"),
        GOOD.replace(b"Content-Length: 3\r\n", b""),
        GOOD.replace(b": 3", b": +3"),
        GOOD.replace(b": 3", b": 3, 3"),
        GOOD.replace(b": 3", b": 99999"),
        asked(body=b"x" * (LARGEST_BODY + 1)),
        asked(b"Transfer-Encoding: chunked"),
        asked(b"Expect: 100-continue"),
        asked(b"Upgrade: websocket"),
        asked(b"Connection: close"),
        asked(b"Connection: keep-alive, close"),
        asked(b"host: y"),
        asked(b"Content-Length: 3"),
        asked(b"X-A: 1", b"x-a: 2"),
        asked(b"X-Forwarded-Proto: https", b"X-Forwarded-Ssl: off"),
        asked(b"X_A: 1"),
        asked(b"X-A : 1"),
        asked(b"X-A: 1", b" folded"),
        asked(b"X-A: \x01"),
        asked(b"X-A: \xe9"),
        asked(b"X-A: 1\nX-B: 2"),
        asked(b"X-A: 1\rX-B: 2"),
        asked(b"no colon"),
        asked(b": no name"),
        asked(*(b"X-%d: 1" % number for number in range(100))),
        asked(b"X-A: " + b"x" * LARGEST_HEAD),
        asked(line=b"GET /ping HTTP/1.1\r\n"),  # with a body
        b"\x16\x03\x01\x02\x00",
    ],
)
def test_everything_else_is_left_to_gunicorn(data: bytes) -> None:
    assert look(data) is Otherwise.NOT_PLAIN


@pytest.mark.parametrize("size", [0, LARGEST_BODY])
def test_bodies_up_to_the_limit_are_taken(size: int) -> None:
    found = look(asked(body=b"x" * size))
    assert isinstance(found, Plain)
    assert len(found.body) == size


def test_a_proxy_may_say_which_scheme_it_was_asked_by() -> None:
    assert isinstance(look(asked(b"X-Forwarded-Proto: https")), Plain)


def test_a_head_without_an_end_is_left_when_it_becomes_too_large() -> None:
    assert look(LINE + b"X: " + b"x" * LARGEST_HEAD) is Otherwise.NOT_PLAIN
