"""Requests that need no closer look: what most clients send, and nothing that HTTP allows besides.

Whatever is unusual, unsound, chunked, pipelined or large is left to gunicorn's parser. So this one
decides nothing that an attacker could use: it takes what both would read in the same way.
"""

import re
from enum import Enum
from typing import Final, NamedTuple

from container import contract

LARGEST_BODY: Final = 2048  # bytes
LARGEST_HEAD: Final = 8000  # bytes, fewer than gunicorn takes in one field
_MOST_FIELDS: Final = 64  # fewer than gunicorn takes

_INVOKE: Final = f"POST {contract.INVOCATIONS} HTTP/1.1\r\n".encode()
_PING: Final = f"GET {contract.PING} HTTP/1.1\r\n".encode()
_FIELD = rb"[!#$%&'*+.^`|~0-9A-Za-z-]+:[\t\x20-\x7e]*\r\n"  # no underscore: gunicorn drops these
_FIELDS = re.compile(rb"(?:" + _FIELD + rb")+")
_HOST = re.compile(r"[0-9A-Za-z.:\[\]-]+")
_LENGTH = re.compile(r"[0-9]{1,4}")
_CHANGING = frozenset({"transfer-encoding", "expect", "upgrade", "te", "trailer", "http2-settings"})
_SCHEMES = frozenset({"x-forwarded-proto", "x-forwarded-protocol", "x-forwarded-ssl"})


class Otherwise(Enum):
    """What bytes may be instead of a plain request."""

    BEGUN = "the beginning of one"
    NOT_PLAIN = "something else"


class Headers(dict[str, str]):
    """The headers of a plain request, their names in small letters and found in any case."""

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """The value of a header."""
        return super().get(key.lower(), default)


class Plain(NamedTuple):
    """One whole request.

    Attributes:
        ping: Whether it asks for the health, and not for a prediction.
        headers: All of them; each name comes once.
        body: Up to `LARGEST_BODY` bytes.
    """

    ping: bool
    headers: Headers
    body: bytes


def look(data: bytes) -> Plain | Otherwise:
    """See what bytes are that came at the beginning of a request.

    Args:
        data: Everything that has come, at least a byte.
    """
    ping = data.startswith(b"G")
    line = _PING if ping else _INVOKE
    if not data.startswith(line):
        return Otherwise.BEGUN if line.startswith(data) else Otherwise.NOT_PLAIN
    end = data.find(b"\r\n\r\n", len(line) - 2, LARGEST_HEAD) + 4
    if end < 4:
        return Otherwise.BEGUN if len(data) < LARGEST_HEAD else Otherwise.NOT_PLAIN
    headers = _headers(data[len(line) : end - 2])
    length = None if headers is None else _length(headers, ping=ping)
    if headers is None or length is None or len(data) > end + length:
        return Otherwise.NOT_PLAIN
    return Otherwise.BEGUN if len(data) < end + length else Plain(ping, headers, data[end:])


def _headers(block: bytes) -> Headers | None:
    """The headers in lines; None where they, or what they ask for, are not usual."""
    if not _FIELDS.fullmatch(block):
        return None
    lines = block[:-2].decode("ascii").split("\r\n")
    headers = Headers()
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip(" \t")
    names = headers.keys()
    usual = (
        len(headers) == len(lines) <= _MOST_FIELDS
        and _CHANGING.isdisjoint(names)
        and len(_SCHEMES & names) < 2  # which may contradict each other
        and (headers.get("connection") or "keep-alive").lower() == "keep-alive"
        and _HOST.fullmatch(headers.get("host") or "")
    )
    return headers if usual else None


def _length(headers: Headers, *, ping: bool) -> int | None:
    """The length of the body; None where it is not said, or too large."""
    text = headers.get("content-length", "0" if ping else "") or ""
    length = int(text) if _LENGTH.fullmatch(text) else LARGEST_BODY + 1
    return length if length <= (0 if ping else LARGEST_BODY) else None
