import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.blerssi import download as module
from model.blerssi.data import DataError
from model.blerssi.download import download
from tests.support.site import Site, serving

FILES = {"one.csv": b"location\nK04\n", "two.csv": b"location\n?\n" * 9000}
REAL = Path(__file__).parents[5] / "shared" / "data" / "ble-rssi"
EXPECTED = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(zipped(FILES)) as server:
        yield server


def get(folder: Path, site: Site) -> bool:
    return download(folder, site.url, lambda *_: None, EXPECTED)


def content(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()} if folder.exists() else {}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(FILES, id="at the root"),
        pytest.param({f"a/b/{n}": c for n, c in FILES.items()} | {"map.png": b""}, id="in folders"),
        pytest.param({"x.zip": zipped({"map.png": b""}), "y.zip": zipped(FILES)}, id="zip in zip"),
    ],
)
def test_both_files_are_found_wherever_they_lie(
    tmp_path: Path, site: Site, files: dict[str, bytes]
) -> None:
    site.offer(zipped(files))
    assert get(tmp_path / "new" / "data", site)
    assert content(tmp_path / "new" / "data") == FILES


def test_what_is_there_and_right_is_not_fetched_again(tmp_path: Path, site: Site) -> None:
    assert get(tmp_path, site)
    assert not get(tmp_path, site)
    assert site.visitors == 1


def test_what_is_there_and_wrong_is_replaced(tmp_path: Path, site: Site) -> None:
    (tmp_path / "one.csv").write_bytes(b"damaged")
    (tmp_path / "mine.txt").write_bytes(b"stays")
    assert get(tmp_path, site)
    assert content(tmp_path) == FILES | {"mine.txt": b"stays"}


def test_progress_is_told_with_the_size_where_it_is_known(tmp_path: Path, site: Site) -> None:
    told: list[tuple[int, int | None]] = []
    download(tmp_path, site.url, lambda *pair: told.append(pair), EXPECTED)
    site.headers = {}
    (tmp_path / "one.csv").unlink()
    download(tmp_path, site.url, lambda *pair: told.append(pair), EXPECTED)
    size = len(site.body)
    assert [arrived for arrived, _ in told] == [size, size]
    assert [total for _, total in told] == [size, None]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            zipped(FILES | {"one.csv": b"changed"}),
            r"not the data set: one\.csv has SHA-256",
            id="another file",
        ),
        pytest.param(
            zipped({"one.csv": FILES["one.csv"]}), r"two\.csv is not in it", id="one missing"
        ),
        pytest.param(zipped({}), r"one\.csv is not in it\. two\.csv is not in it", id="empty"),
        pytest.param(b"<html>moved</html>", "sound zip archive: File is not a zip", id="no zip"),
        pytest.param(zipped({"x.zip": b"no zip"}), "sound zip archive", id="no zip in it"),
        pytest.param(
            zipped(FILES)[:60] + b"\xff" * 20 + zipped(FILES)[80:],
            "sound zip archive",
            id="damaged",
        ),
    ],
)
def test_what_is_not_the_data_set_leaves_nothing(
    tmp_path: Path, site: Site, body: bytes, message: str
) -> None:
    site.offer(body)
    with pytest.raises(DataError, match=message):
        get(tmp_path / "data", site)
    assert content(tmp_path) == {}


def test_an_answer_that_breaks_off_is_refused(tmp_path: Path, site: Site) -> None:
    site.headers = {"Content-Length": str(len(site.body) + 7)}
    with pytest.raises(DataError, match=r"broke off after .* bytes"):
        get(tmp_path, site)


def test_an_endless_answer_is_refused(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_ARCHIVE", 100)
    with pytest.raises(DataError, match="gives more than 100 bytes"):
        get(tmp_path, site)


def test_a_file_too_large_to_be_ours_is_not_unpacked(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_FILE", 1000)
    with pytest.raises(DataError, match=r"two\.csv is not in it"):
        get(tmp_path, site)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:1/data.zip", r"127\.0\.0\.1 cannot be reached: .*refused.*elsewhere"),
        ("http://nowhere.invalid/data.zip", r"nowhere\.invalid cannot be reached"),
        ("file:///etc/passwd", "is not an address; expected https"),
        ("data.zip", "is not an address"),
        ("https://", "is not an address"),
    ],
)
def test_an_address_that_leads_nowhere_is_named(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        download(tmp_path, url, lambda *_: None, EXPECTED)


def test_an_error_of_the_server_is_quoted(tmp_path: Path, site: Site) -> None:
    with pytest.raises(DataError, match=r"/other answers 404 Not Found\."):
        download(tmp_path, site.url.replace("data.zip", "other"), lambda *_: None, EXPECTED)


@pytest.mark.skipif(not REAL.exists(), reason="the real files are not beside the project")
def test_the_real_file_has_the_published_checksum() -> None:
    digest = hashlib.sha256((REAL / "unlabeled.csv").read_bytes()).hexdigest()
    assert digest == module.SHA256[module.UNLABELED]
