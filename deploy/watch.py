"""A growing file of scans, answered as it grows: every new line at once, a picture that follows.

Lines that the model refuses are told and passed over. While the endpoint cannot be reached, or is
too busy, what came is kept and asked again.
"""

import csv
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from container.errors import UserError
from deploy import plot, table
from deploy.answers import Answer
from deploy.client import Client, Refused
from deploy.errors import DeployError, OverdueError, RefusedError, UnreachableError
from deploy.plot import Shown
from deploy.refusal import InvocationError
from deploy.retrying import NOT_COMPUTED
from deploy.scans import LEFT_OUT, NO_HEADER, Header, Scan

KEPT: Final = 60  # answers that the picture shows
_PAUSE: Final = 5.0  # seconds before an endpoint that failed is asked again
_WIDTHS: Final = (24, 5, 5, 6, 5, 5, 15, 9, 9, 6)
_RIGHT: Final = (False, False, True, True, True, True, False, False, False, True)

Lines = Sequence[tuple[int, str]]


@dataclass
class Watch:
    """What a watch has to do.

    Attributes:
        client: Whom to ask.
        name: Of what is watched, for people.
        top_k: How many candidates an answer lists.
        say: Takes lines for people.
        give: Takes a document for programs.
        picture: Where the latest answers are drawn; None for nowhere.
        ignored: Columns that the model does not get.
        sleep: Waits.
    """

    client: Client
    name: str
    top_k: int
    say: Callable[[str], None]
    give: Callable[[dict[str, object]], None]
    picture: Path | None = None
    ignored: Collection[str] = LEFT_OUT
    sleep: Callable[[float], None] = time.sleep
    _header: Header = field(default=NO_HEADER, init=False)
    _latest: deque[Shown] = field(default_factory=lambda: deque(maxlen=KEPT), init=False)
    _answered: int = field(default=0, init=False)
    _refused: int = field(default=0, init=False)

    def run(self, batches: Iterable[Lines]) -> int:
        """Answer until the lines end or Ctrl-C; gives 0, or 1 where lines were refused.

        Raises:
            DeployError: The endpoint refuses for good.
        """
        names = table.header(known=True)
        self.say(table.line_of(names, _WIDTHS, _RIGHT))
        try:
            for lines in batches:
                if scans := self._scans(lines):
                    self._answer(scans)
        except KeyboardInterrupt:
            pass
        self.say(f"{self._answered:,} answered, {self._refused:,} refused.")
        return 1 if self._refused else 0

    def _scans(self, lines: Lines) -> list[Scan]:
        """Read lines; the first of a file may be a header."""
        found = []
        for number, text in lines:
            place = f"line {number} of {self.name}"
            try:
                fields = next(csv.reader([text], strict=True), [])
                if number == 1:
                    header = Header.of(fields, self.ignored)
                    self._header = header or NO_HEADER
                    if header is not None:
                        continue
                if any(each.strip() for each in fields) or len(fields) > 1:
                    found.append(self._header.scan(fields, place))
            except csv.Error as error:
                self._refuse(f"  {place} is not CSV: {error}.")
            except UserError as error:
                self._refuse(f"  {error}")
        return found

    def _answer(self, scans: Sequence[Scan]) -> None:
        for scan, found in zip(scans, self._ask(scans), strict=True):
            if isinstance(found, Refused):
                self._refuse("\n".join(table.problem(each, scans) for each in found.problems))
                continue
            shown = Shown(found, scan.truth)
            self._answered += 1
            self._latest.append(shown)
            self.say(table.line_of(table.cells(scan, shown, known=True), _WIDTHS, _RIGHT))
            self.give(table.document(scan, shown))
        if self.picture is not None:
            plot.save(self.picture, list(self._latest), title=self.name, one_way=True)

    def _ask(self, scans: Sequence[Scan]) -> list[Answer | Refused]:
        while True:
            try:
                return self.client.predict_each([each.row for each in scans], top_k=self.top_k)
            except DeployError as error:
                if not _passes(error):
                    raise
                self.say(f"  {error} It is asked again.")
                self.sleep(_PAUSE)

    def _refuse(self, text: str) -> None:
        self._refused += 1
        self.say(text)


def _passes(error: DeployError) -> bool:
    """Whether it may be better in a while."""
    if isinstance(error, InvocationError):
        return error.refusal.status == 0 or error.refusal.status >= 500
    if isinstance(error, RefusedError):
        return error.aws_code in NOT_COMPUTED
    return isinstance(error, UnreachableError | OverdueError)
