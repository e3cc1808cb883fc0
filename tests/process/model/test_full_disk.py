"""A disk that is really full: a tiny tmpfs where this process may mount one, else a size limit."""

import contextlib
import random
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model import archive, artifact
from model.artifact import PARAMS, SHAPES, SYMBOL
from tests.support import models

FULL = r"No space left|File too large"
SMALL, LARGE = 10_000, 400_000  # bytes; 64 KiB are there

Disk = Callable[[], contextlib.AbstractContextManager[None]]


@pytest.fixture(params=["tmpfs", "limit"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Disk]]:
    """A folder, and a context in which large files do not fit into it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if request.param == "limit":
        yield disk, _limited
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield disk, contextlib.nullcontext
    subprocess.run(["umount", str(disk)], check=True)


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files(size: int) -> dict[str, bytes]:
    shapes = artifact.shapes_file({"data": (1, 13)})
    return {SYMBOL: b"{}", PARAMS: b"x" * size, SHAPES: shapes}


def test_a_model_that_does_not_fit_leaves_nothing(full: tuple[Path, Disk]) -> None:
    disk, in_it = full
    with in_it(), pytest.raises(OSError, match=FULL):
        artifact.write(disk / "model", files(LARGE), models.signature())
    assert list((disk / "model").iterdir()) == []


def test_a_model_that_does_not_fit_leaves_the_old_one(full: tuple[Path, Disk]) -> None:
    disk, in_it = full
    artifact.write(disk / "model", files(SMALL), models.signature())
    with in_it(), pytest.raises(OSError, match=FULL):
        artifact.write(disk / "model", files(LARGE), models.signature())
    assert artifact.read(disk / "model").params == files(SMALL)[PARAMS]
    assert len(list((disk / "model").iterdir())) == 4


def test_an_archive_that_does_not_fit_leaves_nothing(
    full: tuple[Path, Disk], tmp_path: Path
) -> None:
    disk, in_it = full
    model = tmp_path / "model"
    artifact.write(model, files(LARGE), models.signature())
    archive.pack(model, tmp_path / "model.tar.gz")
    with in_it(), pytest.raises(OSError, match=FULL):
        archive.unpack(tmp_path / "model.tar.gz", disk / "model")
    assert list(disk.iterdir()) == []


def test_a_pack_that_does_not_fit_leaves_the_old_archive(
    full: tuple[Path, Disk], tmp_path: Path
) -> None:
    disk, in_it = full
    model = tmp_path / "model"
    contents = files(LARGE)
    contents[PARAMS] = random.Random(0).randbytes(LARGE)
    artifact.write(model, contents, models.signature())
    (disk / "model.tar.gz").write_bytes(b"old")
    with in_it(), pytest.raises(OSError, match=FULL):
        archive.pack(model, disk / "model.tar.gz")
    assert [path.name for path in disk.iterdir()] == ["model.tar.gz"]
    assert (disk / "model.tar.gz").read_bytes() == b"old"
