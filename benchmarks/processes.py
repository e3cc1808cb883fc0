"""CPU time and memory of a process and all its descendants, from /proc."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")
_PAUSE_SECONDS: Final = 0.02  # between two looks at the memory


def tree(pid: int) -> list[int]:
    """A process and its descendants; those that end meanwhile are left out."""
    found = [pid]
    with contextlib.suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            for child in (thread / "children").read_text(encoding="ascii").split():
                found += tree(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process tree, descendants that have ended included.

    Source: proc(5), fields 14 to 17 of `stat`, in clock ticks.
    """
    ticks = 0
    for each in tree(pid):
        with contextlib.suppress(OSError):
            stat = (_PROC / str(each) / "stat").read_text(encoding="utf-8")
            ticks += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return ticks / _TICK


def pss_bytes(pid: int) -> int:
    """Proportional set size of a process tree: a page that N processes share counts 1/N for each.

    Source: proc(5), `smaps_rollup`.
    """
    total = 0
    for each in tree(pid):
        with contextlib.suppress(OSError):
            for line in (_PROC / str(each) / "smaps_rollup").read_text("ascii").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) << 10
    return total


class Peak:
    """The highest PSS of a process tree while it is watched, bytes."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.bytes = pss_bytes(pid)

    def look(self) -> None:
        """Take the memory of now into account."""
        self.bytes = max(self.bytes, pss_bytes(self._pid))


@contextlib.contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Watch the memory of a process tree from a thread of its own."""
    peak, done = Peak(pid), threading.Event()

    def watch() -> None:
        while not done.wait(_PAUSE_SECONDS):
            peak.look()

    thread = threading.Thread(target=watch, name="memory")
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()
        peak.look()
