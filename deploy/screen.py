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
    """

    def __init__(self, people: TextIO, document: Path | None = None) -> None:
        self._people = people
        self._document = document
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
        """Write what a program wants to know; does nothing without `--json`.

        Raises:
            DeployError: The file cannot be written.
        """
        if self._document is None:
            return
        text = json.dumps(document, indent=2, default=str) + "\n"
        if str(self._document) == "-":
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        try:
            self._document.parent.mkdir(parents=True, exist_ok=True)
            self._document.write_text(text, encoding="utf-8")
        except OSError as error:
            raise DeployError(f"{self._document} cannot be written: {error.strerror}.") from error


def screen_for(document: Path | None) -> Screen:
    """Give the screen of a command whose `--json` is this."""
    return Screen(sys.stderr if str(document) == "-" else sys.stdout, document)
