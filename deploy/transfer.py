"""How far a transfer is, as a short text."""

import threading
from collections.abc import Mapping
from typing import Any

from deploy.screen import Screen

_BAR = 20  # characters


def bar(done: int, total: int) -> str:
    """Draw it: `[#########           ] 45% of 4.1 MB`."""
    share = min(1.0, done / total) if total else 1.0
    filled = int(share * _BAR)
    return f"[{'#' * filled}{' ' * (_BAR - filled)}] {share:4.0%} of {size(total)}"


def size(count: int) -> str:
    """Write bytes for people."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


class Layers:
    """The progress of a push, put together from what Docker says of each layer."""

    def __init__(self) -> None:
        self._layers: dict[str, tuple[int, int]] = {}
        self._there = 0
        self._status = "starting"

    def take(self, line: Mapping[str, Any]) -> None:
        """Note one line of Docker's stream."""
        layer, status = line.get("id"), str(line.get("status", ""))
        detail = line.get("progressDetail") or {}
        if layer and "total" in detail:
            self._layers[layer] = (int(detail.get("current", 0)), int(detail["total"]))
        elif layer and status == "Pushed" and layer in self._layers:
            total = self._layers[layer][1]
            self._layers[layer] = (total, total)
        elif status.startswith(("Layer already exists", "Mounted from")):
            self._there += 1
        self._status = status if status.startswith("Retrying") else ""

    def __str__(self) -> str:
        done = sum(min(current, total) for current, total in self._layers.values())
        total = sum(total for _, total in self._layers.values())
        if not total:
            return f"there already: {self._there}" if self._there else "preparing"
        there = f", there already: {self._there}" if self._there else ""
        return f"{bar(done, total)}{there}{f', {self._status}' if self._status else ''}"


class Count:
    """Adds up the bytes of an upload, from whichever thread, and shows them.

    Args:
        screen: Where.
        what: What is uploaded, for people.
        total: Bytes.
    """

    def __init__(self, screen: Screen, what: str, total: int) -> None:
        self._screen = screen
        self._what = what
        self._total = total
        self._done = 0
        self._lock = threading.Lock()

    def __call__(self, more: int) -> None:
        """Note so many bytes more; fewer where a part is sent again."""
        with self._lock:
            self._done += more
            self._screen.progress(f"{self._what}: {bar(self._done, self._total)}")
