"""X-Amzn-SageMaker-Custom-Attributes: options for one request, echoed to the caller (C1.40).

`top_k=3`, `sequence=true`, `standing=true` and `explain=true` are ours; other entries belong to the
caller and are left alone.
"""

import functools
import re
from dataclasses import dataclass, field

from container.contract import HEADER_VALUE_LIMIT
from serve.errors import Kind, ServeError
from serve.wishes import Wishes, of_attributes

_HEADERS = 64  # that are understood once and remembered
_VISIBLE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True)
class Attributes:
    """The options of one request.

    Attributes:
        wishes: What is asked for.
        echo: What goes back to the caller; None where nothing came.
    """

    wishes: Wishes = field(default_factory=Wishes)
    echo: str | None = None

    @classmethod
    @functools.lru_cache(_HEADERS)
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
        try:
            return cls(of_attributes(options), header)
        except ValueError as error:
            raise ServeError(Kind.INVALID_ATTRIBUTES, str(error)) from None
