"""Runs a server that ends when we end, however we end, and that two of us never run at once.

    we ──pipe──▶ keeper (sh) ──▶ server

The keeper waits at the other end of a pipe: when that closes, because we close it or because we
were killed, it ends the server and removes what it leaves. The keeper and the server hold a lock on
a file, so that whoever starts next over the same folder waits until both are gone.
"""

import fcntl
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

Keeper: TypeAlias = "subprocess.Popen[bytes]"

_SECONDS = 10.0  # for the keeper to end its server; it takes a half
_LEAST = 20  # of the lock's file descriptor: the script needs the low ones
_SCRIPT = """
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
( read -r _ <&3; kill -TERM $server; sleep 0.5; kill -KILL $server ) 2>/dev/null &
watch=$!
wait $server
code=$?
kill $watch 2>/dev/null
rm -f $LEAVINGS
exit $code
"""


def start(
    arguments: Sequence[str],
    *,
    variables: Mapping[str, str],
    log: Path,
    lock: Path,
    leavings: Sequence[str] = (),
) -> Keeper:
    """Start a server; waits for the end of an earlier one that holds the lock.

    Args:
        arguments: Of the server.
        variables: All of its environment.
        log: Takes what it writes.
        lock: A file.
        leavings: Patterns of files to remove in the end, without blanks.

    Returns:
        The keeper, whose exit code is the server's.
    """
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # stays locked for as long as any child has it open
        passed = fcntl.fcntl(held, fcntl.F_DUPFD_CLOEXEC, _LEAST)
        try:
            with log.open("wb") as output:  # not before: the earlier server still writes there
                return subprocess.Popen(
                    ["/bin/sh", "-c", _SCRIPT, "keeper", *arguments],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**variables, "LEAVINGS": " ".join(leavings)},
                    pass_fds=[passed],
                    start_new_session=True,  # Ctrl-C is ours to pass on
                )
        finally:
            os.close(passed)


def stop(keeper: Keeper) -> None:
    """End the server, in half a second where it does not hear."""
    assert keeper.stdin is not None  # noqa: S101 - a pipe was asked for; mypy cannot know
    keeper.stdin.close()
    keeper.wait(_SECONDS)
