import hashlib
from io import BytesIO
from pathlib import Path

import pytest

from local_test.aws.blobs import Blobs

CONTENT = b"a layer"
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def test_upload_in_parts(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    name = blobs.begin()
    assert blobs.size(name) == 0
    assert blobs.append(name, BytesIO(CONTENT[:3])) == 3
    assert blobs.append(name, BytesIO(CONTENT[3:])) == len(CONTENT)
    assert blobs.find(DIGEST) is None
    assert blobs.finish(name, DIGEST)
    path = Blobs(tmp_path).find(DIGEST)
    assert path is not None
    assert path.read_bytes() == CONTENT
    assert blobs.size(name) is None


def test_digest_that_is_not_so(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    name = blobs.begin()
    blobs.append(name, BytesIO(b"another"))
    assert not blobs.finish(name, DIGEST)
    assert blobs.find(DIGEST) is None
    assert blobs.size(name) is None


def test_uploads_end_with_the_laptop(tmp_path: Path) -> None:
    name = Blobs(tmp_path).begin()
    assert Blobs(tmp_path).size(name) is None


def test_cancel(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    name = blobs.begin()
    blobs.cancel(name)
    assert blobs.size(name) is None


@pytest.mark.parametrize("name", ["../sha256/x", "", "no-such"])
def test_upload_that_is_none(tmp_path: Path, name: str) -> None:
    assert Blobs(tmp_path).size(name) is None


@pytest.mark.parametrize("digest", ["", "sha256:../uploads", "md5:00", "sha256:" + "0" * 64])
def test_blob_that_is_none(tmp_path: Path, digest: str) -> None:
    assert Blobs(tmp_path).find(digest) is None


def test_only_what_is_used_is_kept(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    for content in (CONTENT, b"unused"):
        name = blobs.begin()
        blobs.append(name, BytesIO(content))
        assert blobs.finish(name, f"sha256:{hashlib.sha256(content).hexdigest()}")
    blobs.keep_only({DIGEST})
    assert blobs.find(DIGEST) is not None
    assert len(list((tmp_path / "sha256").iterdir())) == 1
