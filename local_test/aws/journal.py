"""A file of everything that changed something, one JSON line each, to do it again after a restart.

What only adds up (metrics, log lines) is kept for the newest entries alone.
"""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
BULK = {"PutLogEvents", "PutMetricData"}  # actions
_BULK_KEPT = 1000  # entries; some 3 s of a start


class Journal:
    """Entries with an `action`, in the order in which they were added.

    Args:
        path: The file, for its owner's eyes only, as it has secrets; made if it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Entry]:
        """Give what is kept, and drop the rest for good.

        A last line that a crash has cut is no entry.
        """
        self._path.touch(mode=0o600)
        entries = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):
                entries.append(json.loads(line))
        bulk = [number for number, entry in enumerate(entries) if entry["action"] in BULK]
        old = set(bulk[:-_BULK_KEPT])
        kept = [entry for number, entry in enumerate(entries) if number not in old]
        self._write(kept)
        return kept

    def add(self, entry: Mapping[str, Any]) -> None:
        """Add an entry."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _write(self, entries: list[Entry]) -> None:
        partial = self._path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text("".join(f"{json.dumps(each)}\n" for each in entries), encoding="utf-8")
        partial.replace(self._path)
