"""SHA-256 of a file, and as S3 keeps it of an object that came in parts."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PART: Final = 16 << 20  # bytes of one part of a large upload


def of_file(path: Path) -> str:
    """The hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_object(path: Path) -> str:
    """What S3 gives as ChecksumSHA256 of the object that a file becomes.

    That is the file's own where one request carries it, else that of its parts' digests, with their
    number behind it.
    """
    parts = list(_digests(path))
    if path.stat().st_size < PART:
        return base64.b64encode(parts[0] if parts else hashlib.sha256().digest()).decode()
    whole = hashlib.sha256(b"".join(parts)).digest()
    return f"{base64.b64encode(whole).decode()}-{len(parts)}"


def _digests(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(PART):
            yield hashlib.sha256(part).digest()
