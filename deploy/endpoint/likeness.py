"""Whether something that AWS describes is as it was asked for."""

from collections.abc import Mapping
from typing import Any


def covers(there: Any, wanted: Any) -> bool:
    """Tell whether what is there has all that is wanted; AWS adds defaults of its own.

    What is wanted to be empty may be absent.
    """
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(
            covers(there.get(key), value) if value or key in there else True
            for key, value in wanted.items()
        )
    return bool(there == wanted)
