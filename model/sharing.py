"""What many models have in common is in memory once, for as long as one of them is.

The models of a multi-model endpoint mostly differ in their parameters alone.
"""

import hashlib
from typing import Any, TypeVar
from weakref import WeakValueDictionary

Spec = TypeVar("Spec")

_KNOWN: WeakValueDictionary[bytes, Any] = WeakValueDictionary()


def shared(spec: Spec) -> Spec:
    """Give the object that is used already for what this one says, or this one.

    Args:
        spec: A frozen dataclass whose `repr` tells everything about it.
    """
    key = hashlib.sha256(repr(spec).encode()).digest()
    known: Spec = _KNOWN.setdefault(key, spec)
    return known
