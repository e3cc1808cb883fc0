"""What every measurement of one run shares."""

import functools
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import materials, subjects
from benchmarks.materials import ROOT, Model
from benchmarks.plan import Plan
from benchmarks.subjects import Subject

Figures = dict[str, Any]
_CPU_MODEL: Final = "model name"
_WRITTEN: Final = (":!docs/performance*", ":!benchmarks/results.json")  # by a run before


@dataclass(frozen=True)
class Bench:
    """One run.

    Attributes:
        plan: How much is measured.
        scratch: A folder of its own, for models and logs.
        image: Name of the image, which may not exist.
        data: Labelled scans for the comparison of training; None for none.
        say: Tells who waits what is done.
    """

    plan: Plan
    scratch: Path
    image: str
    data: Path | None
    say: Callable[[str], None]

    @functools.cached_property
    def model(self) -> Model:
        """Our model, trained when it is first needed."""
        self.say("training the model that all servers get")
        return materials.train(self.scratch, "model")

    @functools.cached_property
    def large(self) -> Model:
        """A larger one."""
        self.say("training a larger model")
        return materials.train_large(self.scratch)

    @functools.cached_property
    def _available(self) -> tuple[list[Subject], dict[str, str]]:
        return subjects.available()

    @property
    def subjects(self) -> list[Subject]:
        """The servers that can run here."""
        return self._available[0]

    @property
    def missing(self) -> dict[str, str]:
        """Why others cannot, by name."""
        return self._available[1]


def machine() -> Figures:
    """What it runs on."""
    return {
        "processor": _processor(),
        "processors": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def commit() -> str:
    """The commit that is measured, `+` behind it where a file that matters differs from it."""
    try:
        name = _git("rev-parse", "--short=9", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", *_WRITTEN)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name}+" if changed else name


def _git(*arguments: str) -> str:
    command = [program("git"), *arguments]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return told.stdout.strip()


def program(name: str) -> str:
    """Where a program is; its bare name where it is not installed, so that starting it fails."""
    return shutil.which(name) or name


def single_threaded() -> dict[str, str]:
    """Variables of a process that computes as a worker of the server does."""
    from model import runtime

    return {**runtime.VARIABLES, "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or sys.platform
    names = [line.partition(":")[2] for line in text.splitlines() if line.startswith(_CPU_MODEL)]
    return names[0].strip() if names else "unknown"
