import base64
import hashlib
from pathlib import Path

import pytest

from container import checksums


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", base64.b64encode(sha(b"")).decode()),
        (b"abcdefg", base64.b64encode(sha(b"abcdefg")).decode()),
        (b"abcdefgh", f"{base64.b64encode(sha(sha(b'abcdefgh'))).decode()}-1"),
        (b"abcdefghi", f"{base64.b64encode(sha(sha(b'abcdefgh') + sha(b'i'))).decode()}-2"),
    ],
    ids=["empty", "one request", "one part", "two parts"],
)
def test_the_checksum_is_that_of_the_object(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes, expected: str
) -> None:
    monkeypatch.setattr(checksums, "PART", 8)
    path = tmp_path / "file"
    path.write_bytes(data)
    assert checksums.of_object(path) == expected
    assert checksums.of_file(path) == hashlib.sha256(data).hexdigest()
