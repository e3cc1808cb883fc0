"""What all tests share: marks from folders, and the rule for a Docker engine that is missing."""

import functools
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

from model import runtime

TESTS = Path(__file__).parent
KINDS = ("unit", "in_process", "process", "docker", "sdk")
NEED_ENGINE = ("docker", "sdk")

runtime.prepare(os.environ)  # before any test loads MXNet
settings.register_profile("project", deadline=None, derandomize=True)  # the same run twice
settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    for kind in KINDS:
        config.addinivalue_line("markers", f"{kind}: tests/{kind}, marked by their folder")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kind = item.path.relative_to(TESTS).parts[0]
        item.add_marker(kind)
        if kind in NEED_ENGINE and (missing := missing_engine()) and not _required():
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    needs_engine = any(item.get_closest_marker(kind) for kind in NEED_ENGINE)
    if needs_engine and (missing := missing_engine()) and _required():
        pytest.fail(f"REQUIRE_DOCKER is set, but: {missing}", pytrace=False)


def _required() -> bool:
    return os.environ.get("REQUIRE_DOCKER", "") not in {"", "0"}


@functools.cache
def missing_engine() -> str | None:
    """Why Docker tests cannot run; None where they can."""
    try:
        done = subprocess.run(
            ["docker", "info"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no Docker engine answers: {error}"
    if done.returncode != 0:
        return f"no Docker engine answers: {done.stderr.strip().splitlines()[-1:]}"
    return None
