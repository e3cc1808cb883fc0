"""Where a command speaks: sentences for people, one JSON document for programs."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from deploy.errors import DeployError

_QUIET_SECONDS = 15.0  # between two lines of progress where nobody watches a terminal


class Screen:
    """Sentences to stdout; to stderr where stdout is for the JSON document.

    Args:
        people: Where sentences go.
        document: Where the JSON goes: a file, "-" for stdout, None for nowhere.
        parts: Files for single values of the document, by their names in it.
    """

    def __init__(
        self,
        people: TextIO,
        document: Path | None = None,
        parts: Mapping[str, Path] | None = None,
    ) -> None:
        self._people = people
        self._document = document
        self._parts = parts or {}
        self._live = people.isatty()
        self._open = False
        self._shown = ("", 0.0)

    def say(self, text: str) -> None:
        """Print a whole line, or several."""
        self.clear()
        print(text, file=self._people, flush=True)

    def progress(self, text: str) -> None:
        """Show how far a step is: one line that changes on a terminal, few whole lines elsewhere.

        A line elsewhere is due when its letters change (not figures or bars), or after 15 seconds.
        """
        if self._live:
            print(f"\r\x1b[K{text}", end="", file=self._people, flush=True)
            self._open = True
            return
        words = "".join(each for each in text if each.isalpha())
        now = time.monotonic()
        if words != self._shown[0] or now - self._shown[1] >= _QUIET_SECONDS:
            self._shown = (words, now)
            print(text, file=self._people, flush=True)

    def clear(self) -> None:
        """Take a line of progress away, before something else is printed."""
        if self._open:
            print("\r\x1b[K", end="", file=self._people, flush=True)
            self._open = False

    def result(self, document: Mapping[str, Any]) -> None:
        """Write what a program wants to know; does nothing without `--json` and `--save`.

        Raises:
            DeployError: A file cannot be written, or the document has no such value.
        """
        for name, path in self._parts.items():
            if name in document:
                _write(path, str(document[name]))
            elif "error" not in document:
                raise DeployError(
                    f"--save: there is no {name}; there are {', '.join(sorted(document))}."
                )
        if self._document is None:
            return
        text = json.dumps(document, indent=2, default=str) + "\n"
        if str(self._document) == "-":
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            _write(self._document, text)


def screen_for(document: Path | None, parts: Mapping[str, Path] | None = None) -> Screen:
    """Give the screen of a command whose `--json` and `--save` are these."""
    return Screen(sys.stderr if str(document) == "-" else sys.stdout, document, parts)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DeployError(f"{path} cannot be written: {error.strerror}.") from error
