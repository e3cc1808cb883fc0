"""What many models have in common is in memory once, for as long as one of them is.

The models of a multi-model endpoint mostly differ in their parameters alone.
"""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

Spec = TypeVar("Spec")
Made = TypeVar("Made")

_KNOWN: WeakValueDictionary[bytes, Any] = WeakValueDictionary()


def shared(spec: Spec) -> Spec:
    """Give the object that is used already for what this one says, or this one.

    Args:
        spec: A frozen dataclass whose `repr` tells everything about it.
    """
    key = hashlib.sha256(repr(spec).encode()).digest()
    known: Spec = _KNOWN.setdefault(key, spec)
    return known


def once(make: Callable[[Spec], Made]) -> Callable[[Spec], Made]:
    """Let all models that have a spec in common have what is made of it in common, too.

    Args:
        make: Gives something that does not refer to the spec.
    """
    known: WeakKeyDictionary[Spec, Made] = WeakKeyDictionary()

    def made(spec: Spec) -> Made:
        if (found := known.get(spec)) is None:
            found = known[spec] = make(spec)
        return found

    return made
