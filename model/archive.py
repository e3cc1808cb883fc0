"""model.tar.gz: packed the same way twice, unpacked without trusting a single name in it."""

import gzip
import os
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath

from model.errors import ArtifactError

LARGEST_ARCHIVE = 8 << 30  # bytes, unpacked
MOST_MEMBERS = 10_000

_AT_ONCE = 1 << 20  # bytes; headers and names of files are far shorter
_LONGEST_NAME = 255  # bytes of one part of a path

_UNSOUND = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError)


def pack(folder: Path, archive: Path) -> None:
    """Pack a folder's files at the archive's root, as SageMaker does with /opt/ml/model (C5.40).

    Equal folders give equal bytes: names are sorted, times and owners left out.

    Raises:
        ArtifactError: The folder is empty or holds something that is neither file nor folder.
        OSError: The archive cannot be written.
    """
    members = [
        each
        for each in sorted(folder.rglob("*"))
        if not each.name.endswith(".partial") and each != archive
    ]
    if not any(each.is_file() for each in members):
        raise ArtifactError(f"{folder} holds no file to pack.")
    for each in members:
        if each.is_symlink() or not (each.is_file() or each.is_dir()):
            raise ArtifactError(f"{each} is a link or a device; a model holds plain files only.")
    archive.parent.mkdir(parents=True, exist_ok=True)
    partial = archive.with_name(f".{archive.name}.partial")
    try:
        with (
            partial.open("wb") as raw,
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for each in members:
                tar.add(each, str(each.relative_to(folder)), recursive=False, filter=_anonymous)
        partial.replace(archive)
    finally:
        partial.unlink(missing_ok=True)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive into a folder that is new or empty; all of it or nothing.

    Raises:
        ArtifactError: It is no tar.gz, or holds a link, a device, an absolute name, `..`, a name
            twice, too many members or too many bytes.
        OSError: The archive cannot be read or the folder cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ArtifactError(f"{folder} is not empty; a model is unpacked into a new folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        partial.chmod(0o755)
        with _Bounded(archive, "rb") as unzipped:
            with tarfile.open(fileobj=unzipped, mode="r:") as tar:
                _extract(tar, partial)
            while unzipped.read(_AT_ONCE):  # so that the checksum at the end is verified
                pass
        if folder.exists():
            folder.rmdir()
        partial.replace(folder)
    except _UNSOUND as error:
        raise ArtifactError(f"{archive.name} is not a sound tar.gz: {error}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


class _Bounded(gzip.GzipFile):
    """Refuses to unzip much at once or in all, whatever sizes the headers of the tar claim."""

    _left = LARGEST_ARCHIVE + MOST_MEMBERS * 2 * tarfile.BLOCKSIZE + tarfile.RECORDSIZE

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _AT_ONCE:
            raise tarfile.ReadError(f"a header claims a size of {size}")
        data = super().read(size)
        self._left -= len(data)
        if self._left < 0:
            raise tarfile.ReadError(f"it holds more than {LARGEST_ARCHIVE:,} bytes")
        return data


def _extract(tar: tarfile.TarFile, folder: Path) -> None:
    left = LARGEST_ARCHIVE
    for number, member in enumerate(tar):
        target = folder.joinpath(*_safe_parts(member.name))
        if not (member.isreg() or member.isdir()):
            raise ArtifactError(f"The archive holds {member.name!r}, a link or a device.")
        left -= member.size
        if member.size < 0 or left < 0 or number >= MOST_MEMBERS:
            raise ArtifactError(
                f"The archive holds more than {LARGEST_ARCHIVE:,} bytes "
                f"or {MOST_MEMBERS:,} members."
            )
        try:
            _extract_member(tar, member, target)
        except (FileExistsError, NotADirectoryError) as error:
            raise ArtifactError(
                f"The archive holds {member.name!r} twice, or both as a file and as a folder."
            ) from error


def _extract_member(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    if source is None:  # only for members that are no files, which were refused
        raise ArtifactError(f"The archive's {member.name!r} cannot be read.")
    with source, target.open("xb") as to:
        shutil.copyfileobj(source, to)


def _safe_parts(name: str) -> tuple[str, ...]:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise ArtifactError(f"The archive holds the name {name!r:.200}, which leads outside.")
    if any(len(os.fsencode(part)) > _LONGEST_NAME for part in path.parts):
        raise ArtifactError(f"The archive holds a name that is too long, {name!r:.80}.")
    return path.parts


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() else 0o644
    return member
