"""model.tar.gz: the same bytes twice, and nothing trusted in one that somebody else made."""

import gzip
import io
import os
import random
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from model import archive
from model.errors import ArtifactError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "code").mkdir(parents=True)
    (folder / "model-symbol.json").write_text("{}")
    (folder / "model-0000.params").write_bytes(bytes(range(256)) * 300)
    (folder / "code" / "inference.py").write_text("")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def tar(path: Path, *members: tarfile.TarInfo, data: bytes = b"data") -> Path:
    with tarfile.open(path, "w:gz") as file:
        for member in members:
            member.size = member.size or (len(data) if member.isreg() else 0)
            file.addfile(member, io.BytesIO(data) if member.isreg() else None)
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_what_was_packed_is_unpacked(folder: Path, tmp_path: Path) -> None:
    archive.pack(folder, tmp_path / "out" / "model.tar.gz")
    archive.unpack(tmp_path / "out" / "model.tar.gz", tmp_path / "there" / "again")
    assert contents(tmp_path / "there" / "again") == contents(folder)
    assert leftovers(tmp_path / "there") == leftovers(tmp_path / "out") == []


def test_equal_folders_give_equal_bytes(folder: Path, tmp_path: Path) -> None:
    archive.pack(folder, tmp_path / "a.tar.gz")
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)
    (folder / ".model-symbol.json.partial").write_text("left by a run that was killed")
    archive.pack(folder, tmp_path / "b.tar.gz")
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()


def test_an_archive_inside_the_folder_does_not_pack_itself(folder: Path) -> None:
    archive.pack(folder, folder / "model.tar.gz")
    first = (folder / "model.tar.gz").read_bytes()
    archive.pack(folder, folder / "model.tar.gz")
    assert (folder / "model.tar.gz").read_bytes() == first


def test_the_files_lie_at_the_root_and_belong_to_nobody(folder: Path, tmp_path: Path) -> None:
    archive.pack(folder, tmp_path / "model.tar.gz")
    with tarfile.open(tmp_path / "model.tar.gz") as packed:
        members = packed.getmembers()
    assert [each.name for each in members] == [
        *("code", "code/inference.py", "model-0000.params", "model-symbol.json"),
    ]
    assert {(each.uid, each.gid, each.uname, each.mtime) for each in members} == {(0, 0, "", 0)}
    assert {each.mode for each in members} == {0o755, 0o644}


def test_an_empty_folder_is_not_packed(tmp_path: Path) -> None:
    (tmp_path / "model" / "empty").mkdir(parents=True)
    with pytest.raises(ArtifactError, match="holds no file to pack"):
        archive.pack(tmp_path / "model", tmp_path / "model.tar.gz")


@pytest.mark.parametrize(
    "make", [lambda path: path.symlink_to("model-symbol.json"), os.mkfifo], ids=["link", "fifo"]
)
def test_only_plain_files_are_packed(
    folder: Path, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(folder / "strange")
    with pytest.raises(ArtifactError, match="strange is a link or a device"):
        archive.pack(folder, tmp_path / "model.tar.gz")
    assert not (tmp_path / "model.tar.gz").exists()


def test_a_pack_that_fails_leaves_the_old_archive(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "model.tar.gz"
    target.write_bytes(b"old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "add", full)
    with pytest.raises(OSError, match="No space"):
        archive.pack(folder, target)
    assert target.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (member("/etc/passwd"), "which leads outside"),
        (member("../evil"), "which leads outside"),
        (member("a/../../evil"), "which leads outside"),
        (member("link", tarfile.SYMTYPE, "/etc/passwd"), "'link', a link or a device"),
        (member("hard", tarfile.LNKTYPE, "good"), "'hard', a link or a device"),
        (member("pipe", tarfile.FIFOTYPE), "'pipe', a link or a device"),
        (member("disk", tarfile.BLKTYPE), "'disk', a link or a device"),
        (member("tty", tarfile.CHRTYPE), "'tty', a link or a device"),
        (member("good"), "twice"),
        (member("good/below"), "good/below"),
        (member("x" * 256), "too long"),
        (member("."), "twice"),
    ],
    ids=lambda value: value.name[:20] if isinstance(value, tarfile.TarInfo) else None,
)
def test_what_does_not_belong_into_an_archive_is_named(
    tmp_path: Path, bad: tarfile.TarInfo, message: str
) -> None:
    path = tar(tmp_path / "model.tar.gz", member("good"), bad)
    with pytest.raises(ArtifactError) as caught:
        archive.unpack(path, tmp_path / "model")
    assert message in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.tar.gz"]


def test_a_folder_that_comes_twice_is_fine(tmp_path: Path) -> None:
    folder = member("code", tarfile.DIRTYPE)
    path = tar(tmp_path / "a", member(".", tarfile.DIRTYPE), folder, member("./code/x"), folder)
    archive.unpack(path, tmp_path / "model")
    assert contents(tmp_path / "model") == {"code/x": b"data"}


@pytest.mark.parametrize("limit", ["members", "bytes"])
def test_sizes_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    if limit == "members":
        monkeypatch.setattr(archive, "MOST_MEMBERS", 2)
    else:
        monkeypatch.setattr(archive, "LARGEST_ARCHIVE", 11)
    path = tar(tmp_path / "model.tar.gz", *(member(name) for name in "abc"))
    with pytest.raises(ArtifactError, match=r"more than .* bytes or .* members"):
        archive.unpack(path, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def raw(path: Path, *blocks: bytes) -> Path:
    path.write_bytes(gzip.compress(b"".join(blocks)))
    return path


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header with a size that the file behind it need not have."""
    info = member(name, kind)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
@pytest.mark.parametrize("size", [1 << 40, -1, -512, -(1 << 40)])
def test_a_header_may_claim_any_size(tmp_path: Path, kind: bytes, size: int) -> None:
    path = raw(tmp_path / "model.tar.gz", header("a", size, kind), b"x" * 512, bytes(1024))
    with pytest.raises(ArtifactError):
        archive.unpack(path, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_sparse_file_counts_as_large_as_it_claims(tmp_path: Path) -> None:
    block = bytearray(header("hole", 512, tarfile.GNUTYPE_SPARSE))
    block[386:398], block[398:410] = b"00000000000\0", b"00000001000\0"  # its only piece
    block[483:495] = b"\x80\0\0\0\0\0\x01\0\0\0\0\0"  # 1 TiB
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    path = raw(tmp_path / "model.tar.gz", bytes(block), b"x" * 512, bytes(1024))
    with pytest.raises(ArtifactError, match="more than"):
        archive.unpack(path, tmp_path / "model")


def test_what_follows_the_end_is_bounded_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive._Bounded, "_left", 4096)
    path = raw(tmp_path / "a", header("a", 0), bytes(1 << 20))
    with pytest.raises(ArtifactError, match="more than"):
        archive.unpack(path, tmp_path / "model")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:0],
        lambda data: b"no" + data,
        gzip.decompress,
        lambda data: gzip.compress(data + bytes(1024)),
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:-8] + b"\0\0\0\0" + data[-4:],
        lambda data: data + b"more",
    ],
    ids=["empty", "text", "tar", "no-tar", "half", "cut", "checksum", "more"],
)
def test_a_damaged_archive_is_named(
    folder: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "model.tar.gz"
    archive.pack(folder, path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ArtifactError, match=r"model\.tar\.gz is not a sound tar\.gz"):
        archive.unpack(path, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_no_flipped_bit_goes_unnoticed(folder: Path, tmp_path: Path) -> None:
    """The gzip header's time and system are the only bytes that mean nothing."""
    path = tmp_path / "model.tar.gz"
    archive.pack(folder, path)
    sound = path.read_bytes()
    rng = random.Random(0)
    for number in range(100):
        data = bytearray(sound)
        data[rng.randrange(10, len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        with pytest.raises(ArtifactError):
            archive.unpack(path, tmp_path / f"there{number}")


def test_every_damaged_tar_under_a_sound_gzip_is_refused_or_unpacked(
    folder: Path, tmp_path: Path
) -> None:
    archive.pack(folder, tmp_path / "model.tar.gz")
    sound = zlib.decompress((tmp_path / "model.tar.gz").read_bytes(), 31)
    rng = random.Random(1)
    outcomes = set()
    for number in range(200):
        data = bytearray(sound)
        for _ in range(rng.choice((1, 3))):
            data[512 * rng.choice((0, 1, 2)) + rng.randrange(512)] ^= 1 << rng.randrange(8)
        try:
            archive.unpack(raw(tmp_path / "bad.tar.gz", bytes(data)), tmp_path / f"there{number}")
            outcomes.add("unpacked")
        except ArtifactError:
            outcomes.add("refused")
    assert outcomes == {"unpacked", "refused"}
    assert leftovers(tmp_path) == []


def test_a_folder_in_use_is_not_touched(folder: Path, tmp_path: Path) -> None:
    archive.pack(folder, tmp_path / "model.tar.gz")
    with pytest.raises(ArtifactError, match="is not empty"):
        archive.unpack(tmp_path / "model.tar.gz", folder)


def test_an_empty_folder_is_filled(folder: Path, tmp_path: Path) -> None:
    archive.pack(folder, tmp_path / "model.tar.gz")
    (tmp_path / "there").mkdir()
    archive.unpack(tmp_path / "model.tar.gz", tmp_path / "there")
    assert contents(tmp_path / "there") == contents(folder)


def test_a_missing_archive_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        archive.unpack(tmp_path / "model.tar.gz", tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
