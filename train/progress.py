"""What a person sees while training runs: a bar on a terminal of their own, else whole lines.

SageMaker's local mode runs containers with a terminal attached (C7.3), and a bar redrawn with
carriage returns would end up in its log. So the bar needs a terminal on stderr and a base folder
of the user's own; in a container, in a job and in CI there are only lines.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, Protocol, Self, TextIO

from container import contract
from container.environment import Environment
from train import metrics

WIDTH: Final = 30
CLEAR: Final = "\r\x1b[K"


class Streams(NamedTuple):
    """Where a run writes.

    Attributes:
        lines: For metric lines.
        bar: The terminal for the bar; None for no bar.
    """

    lines: TextIO
    bar: TextIO | None = None


class Listener(Protocol):
    """Is told of every epoch; what it raises ends the run."""

    def epoch(self, number: int, values: Mapping[str, float], /) -> None:
        """Hear of a completed epoch and its figures."""


class Progress:
    """Reports the epochs of one run, and takes its bar away at the end.

    Args:
        epochs: How many there are to be.
        streams: Where to report.
    """

    def __init__(self, epochs: int, streams: Streams) -> None:
        self._epochs = epochs
        self._lines, self._bar = streams
        self._bar_replaces_lines = self._bar is not None and self._lines.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        """Report a completed epoch."""
        self._clear()
        if not self._bar_replaces_lines:
            metrics.write(self._lines, number, values)
        if self._bar is not None:
            done = WIDTH * number // self._epochs
            shown = {n: values[n] for n in ("train_loss", metrics.OBJECTIVE) if n in values}
            bar = "█" * done + "░" * (WIDTH - done)
            self._bar.write(f"{CLEAR}{bar} {metrics.line(number, shown)}")
            self._bar.flush()

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.write(CLEAR)
            self._bar.flush()


def wants_bar(environment: Environment, stream: TextIO) -> bool:
    """Whether a bar belongs on this stream: a person's terminal, not a job's pseudo-terminal."""
    variables = environment.variables
    return (
        stream.isatty()
        and environment.base != Path(contract.BASE_DIR)
        and not environment.job_name
        and not variables.get("CI")
        and variables.get("TERM") != "dumb"
    )
