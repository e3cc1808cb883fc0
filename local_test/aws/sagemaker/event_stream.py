"""AWS's binary event stream, in which InvokeEndpointWithResponseStream answers (C1.50).

    total length | length of headers | CRC of both | headers | payload | CRC of all before

Numbers are big-endian, of four bytes; a header is a name and a text.
"""

import json
import struct
import zlib
from collections.abc import Mapping

CONTENT_TYPE = "application/vnd.amazon.eventstream"
LARGEST_PART = 1 << 20  # bytes of payload in one event
_TEXT = 7  # the type of a header's value


def payload_part(data: bytes) -> bytes:
    """An event with a piece of the container's answer."""
    headers = {
        ":event-type": "PayloadPart",
        ":content-type": "application/octet-stream",
        ":message-type": "event",
    }
    return encode(headers, data)


def failure(kind: str, fields: Mapping[str, str]) -> bytes:
    """An exception in mid-stream, such as ModelStreamError with its Message and ErrorCode."""
    headers = {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return encode(headers, json.dumps(fields).encode())


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    total = 4 * 4 + len(head) + len(payload)
    prelude = struct.pack("!II", total, len(head))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + head + payload
    return message + struct.pack("!I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode("ascii"), value.encode()
    return struct.pack("!B", len(key)) + key + struct.pack("!BH", _TEXT, len(text)) + text
