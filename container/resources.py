"""How much processor and memory this container really has, and how many workers that makes.

A container sees the host's processors; its share stands in the cgroup (C9.1, C4.31).
"""

import os
from dataclasses import dataclass
from pathlib import Path

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
        affinity = float(len(os.sched_getaffinity(0)))
        processors = [(affinity, "affinity"), *_quotas(root / "sys/fs/cgroup")]
        memory = [(_machine_memory(root), "machine"), *_memory_limits(root / "sys/fs/cgroup")]
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
        by_processor = max(1, round(resources.processors))
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


def _count(workers: int) -> str:
    return "1 worker" if workers == 1 else f"{workers} workers"


def _quotas(cgroup: Path) -> list[tuple[float, str]]:
    """Processor quotas: v2 `cpu.max` "200000 100000" or "max …", v1 quota (-1: none) and period."""
    found = []
    match _read(cgroup / "cpu.max").split():
        case [quota, period] if quota.isdigit() and int(period) > 0:
            found.append((int(quota) / int(period), "cgroup v2"))
    for folder in ("cpu", "cpu,cpuacct"):
        quota_text = _read(cgroup / folder / "cpu.cfs_quota_us")
        period_text = _read(cgroup / folder / "cpu.cfs_period_us")
        if quota_text.isdigit() and period_text.isdigit() and int(period_text) > 0:
            found.append((int(quota_text) / int(period_text), "cgroup v1"))
    return [(value, origin) for value, origin in found if value > 0]


def _memory_limits(cgroup: Path) -> list[tuple[int, str]]:
    candidates = (
        (_read(cgroup / "memory.max"), "cgroup v2"),
        (_read(cgroup / "memory/memory.limit_in_bytes"), "cgroup v1"),
    )
    return [
        (int(text), origin)
        for text, origin in candidates
        if text.isdigit() and 0 < int(text) < UNLIMITED_MEMORY
    ]


def _machine_memory(root: Path) -> int:
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
