"""X-Amzn-SageMaker-Custom-Attributes: options for one request, echoed to the caller (C1.40).

`top_k=3` is ours; other entries belong to the caller and are left alone.
"""

import re
from dataclasses import dataclass

from container.contract import HEADER_VALUE_LIMIT
from serve.errors import Kind, ServeError

DEFAULT_TOP_K = 3
_VISIBLE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True)
class Attributes:
    """The options of one request.

    Attributes:
        top_k: How many candidates an answer lists.
        echo: What goes back to the caller; None where nothing came.
    """

    top_k: int = DEFAULT_TOP_K
    echo: str | None = None

    @classmethod
    def parse(cls, header: str | None) -> "Attributes":
        """Read `name=value` entries between commas or semicolons.

        Raises:
            ServeError: It is too long or not visible ASCII, or an option of ours has a wrong value.
        """
        if header is None:
            return cls()
        if len(header) > HEADER_VALUE_LIMIT or not _VISIBLE.fullmatch(header):
            raise ServeError(
                Kind.INVALID_ATTRIBUTES,
                f"Custom attributes must be visible ASCII of at most {HEADER_VALUE_LIMIT} "
                f"characters; got {len(header)} characters.",
            )
        options = {
            name.strip(): value.strip()
            for name, found, value in (each.partition("=") for each in re.split("[,;]", header))
            if found
        }
        return cls(_top_k(options.get("top_k")), header)


def _top_k(text: str | None) -> int:
    if text is None:
        return DEFAULT_TOP_K
    if not re.fullmatch("[0-9]{1,6}", text) or int(text) < 1:
        raise ServeError(
            Kind.INVALID_ATTRIBUTES,
            f"top_k is {text!r:.60} in the custom attributes; a whole number from 1 is expected.",
        )
    return int(text)
