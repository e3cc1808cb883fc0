"""Commands that are shown to the user, as they work from where the user stands."""

import os
import shlex
import sys
from pathlib import Path

from local_test.process_runner import PROJECT

PAYLOAD = PROJECT / "local_test" / "payload.csv"


def command(*arguments: str | Path, here: Path | None = None) -> str:
    """Give a line for a shell that runs `local_test` with these arguments.

    Args:
        arguments: Paths are shortened; a command, options and values are not.
        here: Where the user stands; None for this process's folder.
    """
    here = Path.cwd() if here is None else here
    words = [_program(here), "-m", "local_test"]
    words += [path(each, here) if isinstance(each, Path) else each for each in arguments]
    found = "" if here == PROJECT else f"PYTHONPATH={shlex.quote(path(PROJECT, here))} "
    return found + shlex.join(words)


def path(target: Path, here: Path | None = None) -> str:
    """Give a path from where the user stands, or the whole of it where that is shorter."""
    whole = os.path.abspath(target)  # noqa: PTH100 - resolve() would follow links
    relative = os.path.relpath(whole, Path.cwd() if here is None else here)
    return min(relative, whole, key=len)


def _program(here: Path) -> str:
    """The interpreter that runs now; its links are kept, since they lead to its packages."""
    shown = path(Path(sys.executable), here)
    return shown if os.sep in shown else os.path.join(os.curdir, shown)  # noqa: PTH118
