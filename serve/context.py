"""The `context` that a user's handler may ask for, under the names of AWS's toolkits (C9.14).

Request headers can be read whatever their case; response headers, the answer's type and its status
can be set. AWS's servers hand several requests to a handler at once, so its functions take an
index; here there is one request, and the index is 0.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from container.contract import HEADER_VALUE_LIMIT

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE = re.compile(r"[\x20-\x7e]*")
_OURS = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "trailer"}
    | {"transfer-encoding", "upgrade"}
)


class RequestProcessor:
    """The headers of one request and of its answer."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._request = dict(headers)
        self._by_name = {name.lower(): value for name, value in headers.items()}
        self.status = 200
        self.headers: dict[str, str] = {}
        self.content_type: str | None = None

    def get_request_property(self, key: str) -> str | None:
        """A header of the request; None where it was not sent."""
        return self._by_name.get(key.lower())

    def get_request_properties(self) -> dict[str, str]:
        """Every header of the request."""
        return dict(self._request)

    def add_response_property(self, key: str, value: str) -> None:
        """Set a header of the answer; Content-Type is the answer's type.

        Raises:
            ValueError: It would break the answer's framing: a strange name, a value that is not
                visible ASCII or too long, or a header that belongs to the server (C1.40).
        """
        if not _NAME.fullmatch(key) or key.lower() in _OURS:
            raise ValueError(f"a handler cannot set the header {key!r:.80}")
        value = checked(value, key)
        if key.lower() == "content-type":
            self.content_type = value
        else:
            self.headers[key] = value

    def report_status(self, code: int, reason_phrase: str | None = None) -> None:  # noqa: ARG002
        """Set the status of the answer; a phrase of its own is not sent.

        Raises:
            ValueError: It is no status that an answer with a body can have.
        """
        if not (200 <= code < 300 or 400 <= code < 600) or code in {204, 205}:
            raise ValueError(f"a handler cannot set the status {code!r:.20}")
        self.status = int(code)


class Context:
    """What a handler knows beside the body, and what it may decide beside the answer.

    Attributes:
        model_name: Of the folder that the model lies in.
        manifest: Always empty; AWS's servers have the archive's there.
        system_properties: `model_dir`, `gpu_id` (None) and `batch_size` (1).
        request_processor: The request, in a list of one.
    """

    def __init__(self, model_dir: Path, headers: Mapping[str, str] | None = None) -> None:
        self.model_name = model_dir.name
        self.manifest: dict[str, object] = {}
        self.system_properties: dict[str, object] = {
            "model_dir": str(model_dir),
            "gpu_id": None,
            "batch_size": 1,
        }
        self.request_processor = [RequestProcessor(headers or {})]

    def get_request_header(self, idx: int, key: str) -> str | None:
        """A header of the request; None where it was not sent."""
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx: int = 0) -> dict[str, str]:
        """Every header of the request."""
        return self.request_processor[idx].get_request_properties()

    def set_response_header(self, idx: int, key: str, value: str) -> None:
        """Set a header of the answer; see `RequestProcessor.add_response_property`."""
        self.request_processor[idx].add_response_property(key, value)

    def get_response_headers(self, idx: int = 0) -> dict[str, str]:
        """The headers of the answer that were set so far."""
        return dict(self.request_processor[idx].headers)

    def set_response_content_type(self, idx: int, value: str) -> None:
        """Set the answer's type."""
        self.request_processor[idx].add_response_property("Content-Type", value)

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        """Set the status of the answer; see `RequestProcessor.report_status`."""
        self.request_processor[idx].report_status(code, phrase)


def checked(value: object, name: str) -> str:
    """Give a header's value, as long as it is one.

    Raises:
        ValueError: It is not visible ASCII, or too long (C1.40).
    """
    if not isinstance(value, str) or not _VALUE.fullmatch(value) or len(value) > HEADER_VALUE_LIMIT:
        raise ValueError(
            f"the value of {name} must be visible ASCII of at most {HEADER_VALUE_LIMIT} "
            f"characters, got {value!r:.80}"
        )
    return value
