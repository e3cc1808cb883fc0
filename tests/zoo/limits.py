"""What the control group grants, of either version: for animals that mind it."""

import contextlib
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_MEMORY = (
    ("memory.max", "memory.current"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
)
_ENDLESS = 1 << 40  # bytes
_QUOTA = ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")


def memory() -> int:
    """Bytes that the group may have."""
    return min(_number(limit) for limit, _ in _MEMORY)


def room() -> int:
    """Bytes that the group does not have yet."""
    return min(_number(limit) - _number(used, 0) for limit, used in _MEMORY)


def processors() -> float:
    """The group's share of processors; infinite where it has no quota."""
    with contextlib.suppress(OSError):
        quota, period = (_GROUPS / "cpu.max").read_text().split()
        return float("inf") if quota == "max" else int(quota) / int(period)
    quota_us, period_us = (_number(each, 0) for each in _QUOTA)
    return quota_us / period_us if quota_us > 0 and period_us else float("inf")


def _number(name: str, otherwise: int = _ENDLESS) -> int:
    """A file's number; `otherwise` for a file of another version, and where it says `max`."""
    try:
        return int((_GROUPS / name).read_text())
    except (OSError, ValueError):
        return otherwise
