"""Who gets the next request: exact shares, without dice."""

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Balance(Generic[Key]):
    """Chooses among keys in proportion to weights, evenly spread.

    Every turn each key earns its weight; the richest is chosen and pays what all have earned. Of
    100 turns a key with a tenth of the weight gets exactly ten. Not for several threads at once.
    """

    def __init__(self) -> None:
        self._credit: dict[Key, float] = {}

    def choose(self, weights: Mapping[Key, float]) -> Key | None:
        """Give the next one; None where nothing has any weight."""
        total = sum(weights.values())
        if total <= 0:
            return None
        self._credit = {key: self._credit.get(key, 0.0) + each for key, each in weights.items()}
        chosen = max(weights, key=lambda key: (self._credit[key], weights[key]))
        self._credit[chosen] -= total
        return chosen
