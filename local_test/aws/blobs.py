"""Layers and configurations of images on disk, by their SHA-256."""

import hashlib
import re
import shutil
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHUNK = 1 << 20


class Blobs:
    """A folder of blobs, and of uploads that are not complete.

    Args:
        folder: Made if it is missing; uploads that a restart has cut short are removed.
    """

    def __init__(self, folder: Path) -> None:
        self._blobs = folder / "sha256"
        self._uploads = folder / "uploads"
        shutil.rmtree(self._uploads, ignore_errors=True)
        for each in (self._blobs, self._uploads):
            each.mkdir(parents=True, exist_ok=True)

    def find(self, digest: str) -> Path | None:
        """Give the file of a blob; None where there is none."""
        if not _DIGEST.fullmatch(digest):
            return None
        path = self._blobs / digest.removeprefix("sha256:")
        return path if path.is_file() else None

    def begin(self) -> str:
        """Begin an upload and give its name."""
        name = uuid.uuid4().hex
        (self._uploads / name).touch()
        return name

    def size(self, name: str) -> int | None:
        """Give how many bytes an upload has so far; None where there is no such upload."""
        path = self._uploads / name
        return path.stat().st_size if name.isalnum() and path.is_file() else None

    def append(self, name: str, stream: BinaryIO) -> int:
        """Add to an upload and give how many bytes it has now."""
        with (self._uploads / name).open("ab") as file:
            shutil.copyfileobj(stream, file, _CHUNK)
            return file.tell()

    def finish(self, name: str, digest: str) -> bool:
        """Make a blob of an upload; says whether it has the digest, and drops it if not."""
        path = self._uploads / name
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != f"sha256:{found}":
            path.unlink()
            return False
        path.replace(self._blobs / found)
        return True

    def cancel(self, name: str) -> None:
        """Drop an upload."""
        (self._uploads / name).unlink(missing_ok=True)

    def keep_only(self, digests: Collection[str]) -> None:
        """Remove the blobs of images that were deleted."""
        for path in self._blobs.iterdir():
            if f"sha256:{path.name}" not in digests:
                path.unlink()
