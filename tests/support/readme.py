"""The commands of the README, run as they stand there."""

import os
import re
import signal
import socket
import subprocess
from collections import defaultdict
from contextlib import suppress

from tests.support.jobs import PROJECT

README = PROJECT / "README.md"
_PORT = re.compile(r"(--port |--publish |127\.0\.0\.1:)(80[0-9]{2})")  # of this machine
_STOP_SERVERS = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"  # where a command fails
DEADLINE = 240  # seconds for one block


def blocks(kind: str) -> list[str]:
    """The fenced blocks of a kind: `bash`, `bash docker`, or `sh` for those that only explain."""
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def run(block: str) -> str:
    """Run a block in the project's folder on ports that are free, and give what it printed."""
    ports: defaultdict[str, int] = defaultdict(_free_port)
    block = _PORT.sub(lambda found: f"{found[1]}{ports[found[2]]}", block)
    child = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", _STOP_SERVERS + block],
        cwd=PROJECT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = child.communicate(timeout=DEADLINE)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    assert child.returncode == 0, f"{block}\nended with {child.returncode}:\n{output}"
    return output


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
