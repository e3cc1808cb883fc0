from pathlib import Path

import pytest

from container.errors import PlatformError, UserError
from local_test import client
from local_test.process_runner import free_port


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "text/csv"),
        ("a.JSON", "application/json"),
        ("a.jsonl", "application/jsonlines"),
        ("a.npy", "application/x-npy"),
        ("a.npz", "application/x-npz"),
    ],
)
def test_the_suffix_tells_the_media_type(name: str, expected: str) -> None:
    assert client.content_type(Path(name)) == expected


def test_an_unknown_suffix_is_asked_for() -> None:
    with pytest.raises(UserError, match=r"--content-type"):
        client.content_type(Path("payload.bin"))


def test_nobody_at_home_is_a_sentence() -> None:
    url = f"http://127.0.0.1:{free_port()}"

    assert not client.is_healthy(url)
    with pytest.raises(PlatformError, match="No server answers at"):
        client.invoke(url, b"", "text/csv")


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://host", "http://"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="is not a URL such as"):
        client.invoke(url, b"", "text/csv")
