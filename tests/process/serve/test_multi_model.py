"""A multi-model endpoint as real processes: consistency, pressure, death, memory."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.models import signed_model
from tests.support.server import Reply, ServerProcess, running

CSV = "text/csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base folder whose one model is loaded under many names, and is read-only."""
    base = tmp_path_factory.mktemp("multi")
    signed_model(base / "models" / "m" / "model")
    return base


@pytest.fixture(scope="module")
def endpoint(folder: Path) -> Iterator[ServerProcess]:
    with running(
        folder, SAGEMAKER_MULTI_MODEL="true", SAGEMAKER_MODEL_SERVER_WORKERS="2"
    ) as process:
        yield process


@pytest.fixture(autouse=True)
def _empty(endpoint: ServerProcess) -> Iterator[None]:
    yield
    while names := listed(endpoint):
        for name in names:
            assert endpoint.request("DELETE", f"/models/{name}").status == 200


def load(endpoint: ServerProcess, name: str) -> Reply:
    url = str(endpoint.base / "models" / "m" / "model")
    body = json.dumps({"model_name": name, "url": url}).encode()
    return endpoint.request("POST", "/models", body)


def invoke(endpoint: ServerProcess, name: str, row: bytes) -> int:
    path = f"/models/{name}/invoke"
    return endpoint.request("POST", path, row, Content_Type=CSV).status


def listed(endpoint: ServerProcess, query: str = "") -> list[str]:
    answer = json.loads(endpoint.request("GET", f"/models{query}").body)
    return [each["modelName"] for each in answer["models"]]


def test_a_load_is_seen_by_every_request_that_follows(endpoint: ServerProcess, row: bytes) -> None:
    assert load(endpoint, "m").status == 200
    assert {invoke(endpoint, "m", row) for _ in range(100)} == {200}
    assert endpoint.request("DELETE", "/models/m").status == 200
    assert {invoke(endpoint, "m", row) for _ in range(100)} == {404}


def test_loads_invokes_and_unloads_of_many_models_overlap(
    endpoint: ServerProcess, row: bytes
) -> None:
    def live(number: int) -> list[int]:
        name = f"m{number}"
        statuses = [load(endpoint, name).status]
        statuses += [invoke(endpoint, name, row) for _ in range(5)]
        return [*statuses, endpoint.request("DELETE", f"/models/{name}").status]

    with ThreadPoolExecutor(8) as pool:
        assert [*pool.map(live, range(40))] == [[200] * 7] * 40
    assert listed(endpoint) == []


def test_two_loads_of_one_name_make_one_model(endpoint: ServerProcess) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = [each.status for each in pool.map(lambda _: load(endpoint, "m"), range(8))]
    assert sorted(statuses) == [200] + [409] * 7


def test_250_models_are_walked_in_pages(endpoint: ServerProcess) -> None:
    names = {f"{number:04x}" for number in range(250)}
    for name in names:
        assert load(endpoint, name).status == 200
    found: list[str] = []
    query = ""
    while True:
        answer = json.loads(endpoint.request("GET", f"/models{query}").body)
        found += [each["modelName"] for each in answer["models"]]
        if "nextPageToken" not in answer:
            break
        query = f"?next_page_token={answer['nextPageToken']}"
    assert len(found) == 250
    assert set(found) == names


def test_models_survive_the_process_that_owns_them(endpoint: ServerProcess, row: bytes) -> None:
    load(endpoint, "m")
    (owner,) = endpoint.workers()
    os.kill(owner, signal.SIGKILL)
    endpoint.wait_for(lambda: endpoint.workers() not in ([owner], []), "another owner")
    assert endpoint.request("GET", "/ping").status == 200
    assert listed(endpoint) == ["m"]
    assert load(endpoint, "m").status == 409
    assert invoke(endpoint, "m", row) == 200


def resident(endpoint: ServerProcess) -> int:
    """Bytes that the owner of the models holds."""
    (owner,) = endpoint.workers()
    return int(Path(f"/proc/{owner}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_unloading_brings_memory_back_to_the_start(folder: Path, row: bytes) -> None:
    names = [f"m{number}" for number in range(200)]
    with running(folder, SAGEMAKER_MULTI_MODEL="true") as endpoint:
        before = resident(endpoint)
        for name in names:
            assert load(endpoint, name).status == 200
            assert invoke(endpoint, name, row) == 200
        most = resident(endpoint)
        for name in names:
            assert endpoint.request("DELETE", f"/models/{name}").status == 200
        after = resident(endpoint)
    assert most > 1.1 * before
    assert after < 1.1 * before


def test_the_rehearsal_is_neither_counted_nor_listed(folder: Path) -> None:
    with running(folder, SAGEMAKER_MULTI_MODEL="true") as endpoint:
        assert listed(endpoint) == []
        assert endpoint.metric("blerssi_invocation_seconds_count") == 0
        assert endpoint.log.count("a small one was served") == 1
        assert "status=" not in endpoint.log


def test_the_model_folder_is_only_read(endpoint: ServerProcess, folder: Path, row: bytes) -> None:
    code = folder / "models" / "m" / "model" / "code"
    code.mkdir()
    (code / "inference.py").write_text("import helper\n")
    (code / "helper.py").write_text("")
    before = sorted(folder.joinpath("models").rglob("*"))
    assert load(endpoint, "m").status == 200
    assert invoke(endpoint, "m", row) == 200
    assert sorted(folder.joinpath("models").rglob("*")) == before
    shutil.rmtree(code)
