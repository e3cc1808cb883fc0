"""How much processor and memory this container really has, and how many workers that makes.

A container sees the host's processors; its share stands in the cgroup (C9.1, C4.31). Most
containers see their own cgroup as the root of /sys/fs/cgroup; a plain process, or a container in
the cgroup namespace of the host, stands in a folder below, and each one on the way may limit it.
"""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

UNLIMITED_MEMORY = 1 << 60  # cgroup v1 writes a huge number where no limit is set
MIB = 1 << 20


@dataclass(frozen=True)
class Resources:
    """What the container may use.

    Attributes:
        processors: Processors, fractions included.
        processors_from: Where that figure comes from.
        memory: Bytes.
        memory_from: Where that figure comes from.
    """

    processors: float
    processors_from: str
    memory: int
    memory_from: str

    @classmethod
    def measure(cls, root: Path = Path("/")) -> "Resources":
        """Read affinity, cgroup v2, cgroup v1 and the machine's memory; the least one counts.

        Args:
            root: Where `sys/fs/cgroup` and `proc` are found.
        """
        processors = [(float(len(os.sched_getaffinity(0))), "affinity"), *_quotas(root)]
        memory = [(_machine_memory(root), "machine"), *_memory_limits(root)]
        return cls(*min(processors), *min(memory))


@dataclass(frozen=True)
class WorkerPlan:
    """How many workers to start, and why: one log line explains it."""

    workers: int
    reason: str

    @classmethod
    def make(cls, resources: Resources, footprint: int, wanted: int | None = None) -> "WorkerPlan":
        """One worker a processor, as many as memory holds, and never fewer than one (C6.22, C9.9).

        Args:
            resources: What the container may use.
            footprint: Bytes that one worker needs with its model loaded.
            wanted: A number that the user set; it is obeyed.
        """
        by_processor = max(1, int(resources.processors + 0.5))
        by_memory = max(1, int(resources.memory * 0.8) // footprint)
        have = (
            f"{resources.processors:g} CPUs ({resources.processors_from}), "
            f"{resources.memory / MIB:,.0f} MiB ({resources.memory_from}), "
            f"about {footprint / MIB:,.0f} MiB a worker"
        )
        if wanted is not None:
            return cls(wanted, f"{_count(wanted)}: set by the user; {have}")
        workers = min(by_processor, by_memory)
        limit = "CPUs" if by_processor <= by_memory else "memory"
        return cls(workers, f"{_count(workers)}: limited by {limit}; {have}")


def free_memory(root: Path = Path("/")) -> int:
    """Bytes that can still be taken: what the machine has left, or less where a cgroup says so.

    File contents that the kernel can drop at once count as free.

    Args:
        root: Where `sys/fs/cgroup` and `proc` are found.
    """
    free = [_machine_memory(root, "MemAvailable:")]
    for folder, version in _cgroups(root, "memory"):
        v2 = version == "v2"
        limit = _read(folder / ("memory.max" if v2 else "memory.limit_in_bytes"))
        used = _read(folder / ("memory.current" if v2 else "memory.usage_in_bytes"))
        if limit.isdigit() and used.isdigit() and int(limit) < UNLIMITED_MEMORY:
            stat = dict(line.split(" ", 1) for line in _read(folder / "memory.stat").splitlines())
            droppable = int(stat.get("inactive_file" if v2 else "total_inactive_file", 0))
            free.append(int(limit) - int(used) + droppable)
    return max(0, min(free))


def _count(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers} workers"


def _quotas(root: Path) -> Iterator[tuple[float, str]]:
    """Processor quotas: v2 `cpu.max` "200000 100000" or "max …", v1 quota (-1: none) and period."""
    for folder, version in _cgroups(root, "cpu"):
        if version == "v2":
            texts = _read(folder / "cpu.max").split()
        else:
            texts = [_read(folder / f"cpu.cfs_{each}_us") for each in ("quota", "period")]
        if len(texts) == 2 and all(text.isdigit() and int(text) > 0 for text in texts):
            yield int(texts[0]) / int(texts[1]), f"cgroup {version}"


def _memory_limits(root: Path) -> Iterator[tuple[int, str]]:
    for folder, version in _cgroups(root, "memory"):
        text = _read(folder / ("memory.max" if version == "v2" else "memory.limit_in_bytes"))
        if text.isdigit() and 0 < int(text) < UNLIMITED_MEMORY:
            yield int(text), f"cgroup {version}"


def _cgroups(root: Path, controller: str) -> Iterator[tuple[Path, str]]:
    """The folders that may limit this process, and whether they speak cgroup v1 or v2.

    A line of /proc/self/cgroup is `0::/path` for v2 and `4:cpu,cpuacct:/path` for v1. The path may
    be one of the host that does not exist here; then only the root, which always counts, is read.
    """
    tree = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines() or ["0::/", f"1:{controller}:/"]:
        _, controllers, place = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        path = PurePosixPath("/", place)
        mounts = dict.fromkeys((controllers, controller)) if controllers else [""]
        for mount, each in itertools.product(mounts, (path, *path.parents)):
            if ".." not in each.parts:
                yield tree / mount / each.relative_to("/"), "v1" if controllers else "v2"


def _machine_memory(root: Path, entry: str = "MemTotal:") -> int:
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith(entry):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
