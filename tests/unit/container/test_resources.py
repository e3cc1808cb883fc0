"""The container's share of the machine, from every layout of cgroups that was seen."""

import os
from pathlib import Path

import pytest

from container.resources import MIB, Resources, WorkerPlan, free_memory

AFFINITY = float(len(os.sched_getaffinity(0)))
MACHINE = 64 << 30
GIB = 1 << 30


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in {"proc/meminfo": f"MemTotal: {MACHINE // 1024} kB\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


V2 = {"proc/self/cgroup": "0::/\n"}
V1 = {"proc/self/cgroup": "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n"}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {**V2, "sys/fs/cgroup/cpu.max": "max 100000", "sys/fs/cgroup/memory.max": "max"},
        {
            **V1,
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
        },
        {**V2, "sys/fs/cgroup/cpu.max": "nonsense here", "sys/fs/cgroup/memory.max": "-1"},
        {**V2, "sys/fs/cgroup/cpu.max": "50000 0", "sys/fs/cgroup/memory.max": "0"},
        {**V2, "sys/fs/cgroup/cpu.max": "50000", "sys/fs/cgroup/memory.max": "é"},
    ],
)
def test_without_a_limit_the_machine_counts(tmp_path: Path, files: dict[str, str]) -> None:
    assert Resources.measure(tree(tmp_path, files)) == Resources(
        AFFINITY, "affinity", MACHINE, "machine"
    )


@pytest.mark.parametrize(
    ("files", "origin"),
    [
        (
            {
                **V2,
                "sys/fs/cgroup/cpu.max": "25000 100000\n",
                "sys/fs/cgroup/memory.max": f"{GIB}\n",
            },
            "cgroup v2",
        ),
        (  # a plain process: its own folder sets no limit, that above does
            {
                "proc/self/cgroup": "0::/system.slice/job/step\n",
                "sys/fs/cgroup/system.slice/job/step/cpu.max": "max 100000",
                "sys/fs/cgroup/system.slice/job/step/memory.max": f"{2 * GIB}",
                "sys/fs/cgroup/system.slice/job/cpu.max": "25000 100000",
                "sys/fs/cgroup/system.slice/memory.max": f"{GIB}",
            },
            "cgroup v2",
        ),
        (  # the cgroup namespace hides where we are; the root of the mount is ours
            {
                "proc/self/cgroup": "0::/../../other\n",
                "sys/fs/cgroup/cpu.max": "25000 100000",
                "sys/fs/cgroup/memory.max": f"{GIB}",
            },
            "cgroup v2",
        ),
        (  # Docker on v1: the host's path is announced, but our folder is mounted as the root
            {
                **V1,
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "25000",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GIB}",
            },
            "cgroup v1",
        ),
        (  # the same where only the controller's own name is mounted
            {
                **V1,
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "25000",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": f"{GIB}",
            },
            "cgroup v1",
        ),
        (  # a sandbox without /proc/self/cgroup
            {
                "sys/fs/cgroup/cpu.max": "25000 100000",
                "sys/fs/cgroup/memory.max": f"{GIB}",
            },
            "cgroup v2",
        ),
    ],
)
def test_the_least_limit_on_the_way_counts(
    tmp_path: Path, files: dict[str, str], origin: str
) -> None:
    assert Resources.measure(tree(tmp_path, files)) == Resources(0.25, origin, GIB, origin)


def test_a_limit_above_the_machine_changes_nothing(tmp_path: Path) -> None:
    files = {
        **V2,
        "sys/fs/cgroup/cpu.max": "99900000 100000",
        "sys/fs/cgroup/memory.max": f"{2 * MACHINE}",
    }
    assert Resources.measure(tree(tmp_path, files)).memory_from == "machine"
    assert Resources.measure(tree(tmp_path, files)).processors_from == "affinity"


def test_without_meminfo_the_system_is_asked(tmp_path: Path) -> None:
    assert Resources.measure(tmp_path).memory == os.sysconf("SC_PAGE_SIZE") * os.sysconf(
        "SC_PHYS_PAGES"
    )


def test_this_machine_has_something() -> None:
    here = Resources.measure()
    assert here.processors > 0
    assert here.memory > 64 * MIB


@pytest.mark.parametrize(
    ("processors", "memory", "workers", "limit"),
    [
        (0.25, 4096, 1, "CPUs"),
        (1.4, 4096, 1, "CPUs"),
        (1.5, 4096, 2, "CPUs"),
        (2.5, 4096, 3, "CPUs"),
        (8.0, 512, 4, "memory"),
        (8.0, 50, 1, "memory"),
    ],
)
def test_a_worker_a_processor_as_memory_allows(
    processors: float, memory: int, workers: int, limit: str
) -> None:
    resources = Resources(processors, "cgroup v2", memory * MIB, "cgroup v1")
    plan = WorkerPlan.make(resources, footprint=100 * MIB)
    assert plan.workers == workers
    assert f"limited by {limit}" in plan.reason


def test_the_reason_is_one_line_with_every_figure() -> None:
    plan = WorkerPlan.make(Resources(1, "affinity", 2048 * MIB, "machine"), 100 * MIB)
    assert plan.reason == (
        "1 worker: limited by CPUs; 1 CPUs (affinity), 2,048 MiB (machine), about 100 MiB a worker"
    )


def test_the_users_number_is_obeyed() -> None:
    plan = WorkerPlan.make(Resources(1, "affinity", MIB, "machine"), 100 * MIB, wanted=7)
    assert plan.workers == 7
    assert plan.reason.startswith("7 workers: set by the user; ")


V1_LIMIT = "sys/fs/cgroup/memory/memory.limit_in_bytes"


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, 32 * GIB),
        ({**V2, "sys/fs/cgroup/memory.max": "max", "sys/fs/cgroup/memory.current": "5"}, 32 * GIB),
        (
            {
                **V2,
                "sys/fs/cgroup/memory.max": f"{4 * GIB}",
                "sys/fs/cgroup/memory.current": f"{3 * GIB}",
                "sys/fs/cgroup/memory.stat": f"anon 7\ninactive_file {GIB}\nactive_file 9\n",
            },
            2 * GIB,
        ),
        (
            {
                **V1,
                V1_LIMIT: f"{4 * GIB}",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{3 * GIB}",
                "sys/fs/cgroup/memory/memory.stat": f"inactive_file 1\ntotal_inactive_file {GIB}\n",
            },
            2 * GIB,
        ),
        (
            {
                **V1,
                V1_LIMIT: f"{GIB}",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{2 * GIB}",
            },
            0,
        ),
        ({**V1, V1_LIMIT: f"{GIB}"}, 32 * GIB),
    ],
)
def test_free_memory_counts_what_the_kernel_can_drop(
    tmp_path: Path, files: dict[str, str], free: int
) -> None:
    meminfo = f"MemTotal: {MACHINE // 1024} kB\nMemAvailable: {32 * GIB // 1024} kB\n"
    assert free_memory(tree(tmp_path, {**files, "proc/meminfo": meminfo})) == free
