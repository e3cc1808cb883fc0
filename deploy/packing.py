"""A model on its way out of this machine: packed, and read back as serving would read it."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from container.errors import UserError
from model import archive, artifact
from model.errors import ArtifactError

ARCHIVE: Final = "model.tar.gz"


@contextlib.contextmanager
def checked(model: Path) -> Iterator[Path]:
    """Give the archive of a folder or an archive that serving will take.

    Raises:
        UserError: There is no such file or folder.
        ArtifactError: The verifier refuses it.
        OSError: The disk is full, or something cannot be read.
    """
    if not model.exists():
        raise UserError(f"There is no model {model}.", hint="Train one, or give its path.")
    with tempfile.TemporaryDirectory(prefix="deploy-upload-") as name:
        packed = model
        if model.is_dir():
            artifact.verify(model)  # names the folder's own paths, where something is wrong
            packed = Path(name, ARCHIVE)
            archive.pack(model, packed)
        with unpacked(packed) as content:
            _verify(content, model)
        yield packed


@contextlib.contextmanager
def unpacked(packed: Path) -> Iterator[Path]:
    """Give the folder of an archive, for as long as it is looked at.

    Raises:
        ArtifactError: It is none.
        OSError: The disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="deploy-unpacked-") as name:
        folder = Path(name, "model")
        archive.unpack(packed, folder)
        yield folder


def _verify(content: Path, model: Path) -> None:
    """Verify; an error names the model instead of a folder that is gone by then."""
    try:
        artifact.verify(content)
    except ArtifactError as error:
        message = error.message.replace(str(content), str(model))
        raise ArtifactError(message, hint=error.hint) from error
