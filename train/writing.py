"""What a disk that is full or not ours becomes: a sentence that names what could not be written."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from container.errors import PlatformError


@contextlib.contextmanager
def writing(what: str, folder: Path) -> Iterator[None]:
    """Turn an OSError of the block into a PlatformError (C5.45).

    Args:
        what: `The model`, for example.
        folder: Where it goes.
    """
    try:
        yield
    except OSError as error:
        raise PlatformError(
            f"{what} cannot be written to {folder}: {error.strerror or error}.",
            hint="Make room there, or mount a folder that this user may write.",
        ) from error
