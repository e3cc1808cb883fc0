"""Which TCP ports a container's processes listen on, from /proc of this machine."""

from collections.abc import Iterator
from pathlib import Path

from local_test.conformance.registry import NotChecked
from local_test.conformance.subject import Container

_LISTENING = "0A"


def listening_ports(container: Container) -> set[int]:
    """Every port that a process of the container listens on, on whatever address.

    Raises:
        NotChecked: This machine does not show it: no Linux, or another user's processes.
    """
    ports: set[int] = set()
    for process in container.processes():
        folder = Path("/proc") / str(process.pid)
        try:
            own = {each.readlink().name for each in (folder / "fd").iterdir()}
            ports |= {port for port, inode in _listeners(folder) if f"socket:[{inode}]" in own}
        except FileNotFoundError:
            if not Path("/proc/self").exists():
                raise NotChecked("needs Linux, to see the ports of processes") from None
        except PermissionError as error:
            raise NotChecked("needs root, to see the ports of a container") from error
    if not ports:
        raise NotChecked("the container's processes are not visible on this machine")
    return ports


def _listeners(folder: Path) -> Iterator[tuple[int, str]]:
    """Port and inode of every listening socket in a process's network."""
    for name in ("tcp", "tcp6"):
        path = folder / "net" / name
        if not path.exists():
            continue
        for line in path.read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING:
                yield int(fields[1].rpartition(":")[2], 16), fields[9]
