"""The laptop's AWS for an SDK in its ordinary, remote mode."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.offering import CLIENT_PYTHON, Offer, offered


@contextlib.contextmanager
def pointed(folder: Path, image: str | None = None) -> Iterator[Offer]:
    """Run a laptop and point this process's AWS clients at it for the length of a block.

    Args:
        folder: Its state.
        image: Is pushed to its registry, and runs in Docker; without one our own program runs.
    """
    if not CLIENT_PYTHON.exists():
        required = os.environ.get("REQUIRE_DOCKER", "") not in {"", "0"}
        give_up = pytest.fail if required else pytest.skip
        give_up(f"{CLIENT_PYTHON} is missing, which runs the laptop's AWS; `make setup` makes it.")
    with offered(folder, image) as offer, pytest.MonkeyPatch.context() as patch:
        for name, value in offer.variables.items():
            patch.setenv(name, value)
        yield offer
