"""Fetches the public data set, and keeps it only if it is the very one that is expected.

M. Mohammadi and A. Al-Fuqaha, "BLE RSSI Dataset for Indoor localization and Navigation", UCI
Machine Learning Repository 435, 2018, doi 10.24432/C54G80, licence CC BY 4.0.
"""

import contextlib
import hashlib
import http.client
import io
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Final

from model.blerssi.table import DataError

URL: Final = (
    "https://archive.ics.uci.edu/static/public/435/"
    "ble+rssi+dataset+for+indoor+localization+and+navigation.zip"
)
LABELED: Final = "iBeacon_RSSI_Labeled.csv"
UNLABELED: Final = "iBeacon_RSSI_Unlabeled.csv"
SHA256: Final[Mapping[str, str]] = {
    LABELED: "2be36c37b2dd34e1eb59420d358a7cc4078718f6b5d49cbf4598753a2b4fecc9",
    UNLABELED: "265439b23f3118c8b68dcf7068404c59e025ee43bb10bd0c7f4248c07f5f1c7c",
}
LARGEST_ARCHIVE: Final = 64 << 20  # bytes; the real one has about 1 MB
LARGEST_FILE: Final = 16 << 20  # bytes, unpacked
SECONDS: Final = 60  # of silence until the server counts as unreachable
_PIECE: Final = 64 << 10
_BY_HAND: Final = "Fetch the archive elsewhere and unpack it; training takes its files as they are."
_UNSOUND: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)

Progress = Callable[[int, int | None], None]
"""Called with the bytes that have arrived, and how many there will be if that is known."""


def download(
    folder: Path, url: str, progress: Progress, expected: Mapping[str, str] = SHA256
) -> bool:
    """Put the data set's files into a folder; both or neither.

    Args:
        folder: Made where it is missing; other files in it stay.
        url: A zip archive with both files in it, at any depth.
        progress: Told of every piece that arrives.
        expected: SHA-256 of each file by its name.

    Returns:
        False if the right files were there already, so that nothing was fetched.

    Raises:
        DataError: The server cannot be reached, or what it gives is not the data set.
        OSError: The folder cannot be written.
    """
    if all(_sha256(folder / name) == digest for name, digest in expected.items()):
        return False
    with tempfile.TemporaryFile() as archive:
        _fetch(url, archive, progress)
        contents = _unpack(url, archive, expected)
    folder.mkdir(parents=True, exist_ok=True)
    partial = {name: folder / f".{name}.partial" for name in contents}
    try:
        for name, content in contents.items():
            partial[name].write_bytes(content)
        for name, path in partial.items():
            path.replace(folder / name)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
    return True


def _sha256(path: Path) -> str | None:
    with contextlib.suppress(FileNotFoundError):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return None


def _fetch(url: str, archive: IO[bytes], progress: Progress) -> None:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise DataError(f"{url!r} is not an address; expected https://… of a zip archive.")
    try:
        # the scheme was checked above, so no local file can be read this way
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310
            length = answer.headers.get("Content-Length", "")
            total = int(length) if length.isdigit() else None
            while piece := answer.read(_PIECE):
                archive.write(piece)
                progress(archive.tell(), total)
                if archive.tell() > LARGEST_ARCHIVE:
                    raise DataError(f"{url} gives more than {LARGEST_ARCHIVE:,} bytes.")
    except urllib.error.HTTPError as error:
        raise DataError(f"{url} answers {error.code} {error.reason}.", hint=_BY_HAND) from None
    except (OSError, http.client.HTTPException) as error:
        cause = getattr(error, "reason", error)
        raise DataError(f"{parts.hostname} cannot be reached: {cause}.", hint=_BY_HAND) from None
    if total is not None and archive.tell() < total:
        raise DataError(f"{url} broke off after {archive.tell():,} of {total:,} bytes.")


def _unpack(url: str, archive: IO[bytes], expected: Mapping[str, str]) -> dict[str, bytes]:
    """Give the contents of the expected files, each with the expected checksum."""
    try:
        with zipfile.ZipFile(archive) as opened:
            found = {name: _find(opened, name) for name in expected}
    except _UNSOUND as error:
        raise DataError(f"{url} does not give a sound zip archive: {error}.") from error
    problems, contents = [], {}
    for name, content in found.items():
        if content is None:
            problems.append(f"{name} is not in it.")
        elif (digest := hashlib.sha256(content).hexdigest()) != expected[name]:
            problems.append(f"{name} has SHA-256 {digest}, expected {expected[name]}.")
        else:
            contents[name] = content
    if problems:
        raise DataError(f"{url} is not the data set: {' '.join(problems)}", problems)
    return contents


def _find(archive: zipfile.ZipFile, name: str, *, nested: bool = True) -> bytes | None:
    """The file of that name in any folder, or in an archive within the archive."""
    members = [each for each in archive.infolist() if each.file_size <= LARGEST_FILE]
    for member in members:
        if PurePosixPath(member.filename).name == name:
            return archive.read(member)
    for member in members:
        if nested and member.filename.lower().endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(archive.read(member))) as inner:
                if (content := _find(inner, name, nested=False)) is not None:
                    return content
    return None
