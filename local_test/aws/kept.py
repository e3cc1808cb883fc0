"""What of a laptop's AWS stays the same over restarts: its place, its address and its keys."""

import contextlib
import fcntl
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from container.errors import UserError
from local_test.process_runner import free_port

_FILE = "laptop.json"


@dataclass(frozen=True)
class Kept:
    """It.

    Attributes:
        region: The region.
        account: The number.
        port: Of the gateway; the URIs of repositories have it.
        key: The owner's access key; empty before the first start.
        secret: Of the key.
    """

    region: str
    account: str
    port: int
    key: str = ""
    secret: str = field(default="", repr=False)


def load(folder: Path, wanted: Kept) -> Kept:
    """Read what an earlier start has kept, and hold it against what is wanted now.

    Args:
        folder: Of the laptop.
        wanted: Where the port is 0, that of last time is taken, or any that is free.

    Raises:
        UserError: The folder is of another region or account.
    """
    path = folder / _FILE
    if not path.exists():
        return replace(wanted, port=wanted.port or free_port())
    found = Kept(**json.loads(path.read_text(encoding="utf-8")))
    for name in ("region", "account"):
        before, now = getattr(found, name), getattr(wanted, name)
        if before != now:
            raise UserError(
                f"The laptop's AWS in {folder} has the {name} {before}, not {now}.",
                hint="Give another folder.",
            )
    return replace(found, port=wanted.port or found.port)


def save(folder: Path, kept: Kept) -> None:
    """Write it, for the folder's owner only."""
    partial = folder / f"{_FILE}.partial"
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(asdict(kept)), encoding="utf-8")
    partial.replace(folder / _FILE)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder, and keep others out of it inside the block.

    Raises:
        UserError: Somebody is in it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                f"Another laptop's AWS already runs over {folder}.",
                hint="Use that one, stop it, or give another folder.",
            ) from error
        yield
