"""What a training that has ended left."""

from dataclasses import dataclass
from pathlib import Path

from container.environment import Environment
from local_test.conformance.subject import Container


@dataclass(frozen=True)
class Trained:
    """How a training ended.

    Attributes:
        exit_code: The container's.
        log: Its stdout and stderr.
        base: What was /opt/ml inside.
        failure: The failure file's text; None without one (C5.41).
        container: For evidence; it is gone.
    """

    exit_code: int
    log: str
    base: Path
    failure: str | None
    container: Container

    @property
    def model_files(self) -> tuple[str, ...]:
        """What is in the model folder, folders left out, relative to it (C5.40)."""
        folder = Environment(self.base).model_dir
        found = (each for each in folder.rglob("*") if each.is_symlink() or not each.is_dir())
        return tuple(sorted(str(each.relative_to(folder)) for each in found))

    def __str__(self) -> str:
        return f"exit code {self.exit_code}; failure file: {self.failure!r}"


def finished(container: Container, exit_code: int) -> Trained:
    """Gather what a container that has ended left."""
    path = Environment(container.base).failure_file
    try:
        failure = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        failure = None
    return Trained(exit_code, container.log, container.base, failure, container)
