"""The routes of a multi-model endpoint through Flask's client, over real models."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from container.resources import MIB
from container.settings import Settings
from serve import making, memory, multi_model
from serve.app import ROUTES, Parts, create_app
from serve.core import Answerer
from serve.memory import Budget
from serve.models import Models
from serve.multi_model import NoModel
from serve.table import Table
from tests.support.models import plain_export, signed_model

ROW = b"-70,-80,,,,,,,,,,,-90\n"
SETTINGS = Settings(multi_model=True)


class Endpoint:
    """An application, its models and the memory that it believes to have."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "models"
        self.free = 1024 * MIB
        self.table = Table(folder / "table")
        self.restart()

    def restart(self) -> None:
        """What the successor of a process that died does."""
        budget = Budget(lambda: self.free, 1024 * MIB)
        self.models = Models(self.folder, self.table, self.make, budget)
        parts = Parts(NoModel(), SETTINGS, models=self.models)
        self.client = create_app(parts).test_client()

    def make(self, folder: Path) -> Answerer:
        return making.make(folder, {}, SETTINGS)

    def place(self, name: str, source: Path) -> str:
        target = self.folder / name / "model"
        shutil.copytree(source, target)
        return str(target)

    def load(self, name: str, url: str) -> TestResponse:
        return self.client.post("/models", json={"model_name": name, "url": url})

    def invoke(self, name: str, body: bytes = ROW) -> TestResponse:
        headers = {"Content-Type": "text/csv", "X-Amzn-SageMaker-Target-Model": "a.tar.gz"}
        return self.client.post(f"/models/{quote(name)}/invoke", data=body, headers=headers)

    def names(self, path: str = "/models") -> list[str]:
        return [each["modelName"] for each in self.client.get(path).get_json()["models"]]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return signed_model(tmp_path_factory.mktemp("source") / "model")


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setattr(memory, "give_back", lambda: None)  # slow in the process of all tests
    made = Endpoint(tmp_path)
    yield made
    for name in made.names():
        made.models.unload(name)


def code(answer: TestResponse) -> str:
    found: str = json.loads(answer.data)["error"]["code"]
    return found


def test_without_a_model_it_is_healthy_and_lists_none(endpoint: Endpoint) -> None:
    assert endpoint.client.get("/ping").status_code == 200
    assert endpoint.client.get("/models").get_json() == {"models": []}
    refused = endpoint.client.post("/invocations", data=ROW)
    assert refused.status_code == 404
    assert b"/models/{name}/invoke" in refused.data


def test_the_life_of_a_model(endpoint: Endpoint, source: Path) -> None:
    url = endpoint.place("4f3c", source)
    assert endpoint.invoke("4f3c").status_code == 404
    assert endpoint.load("4f3c", url).status_code == 200
    answer = endpoint.invoke("4f3c")
    assert answer.status_code == 200
    assert answer.get_json()["predictions"][0]["status"] == "ok"
    described = {"modelName": "4f3c", "modelUrl": url}
    assert endpoint.client.get("/models/4f3c").get_json() == described
    assert endpoint.client.get("/models").get_json() == {"models": [described]}
    again = endpoint.load("4f3c", url)
    assert (again.status_code, code(again)) == (409, "already_loaded")
    assert endpoint.client.delete("/models/4f3c").status_code == 200
    for gone in (
        endpoint.client.get("/models/4f3c"),
        endpoint.client.delete("/models/4f3c"),
        endpoint.invoke("4f3c"),
    ):
        assert (gone.status_code, code(gone)) == (404, "unknown_model")
    assert endpoint.load("4f3c", url).status_code == 200


def test_loading_invoking_and_unloading_in_turn(endpoint: Endpoint, source: Path) -> None:
    """ModelCacheSetting Disabled (C3.13)."""
    url = endpoint.place("m", source)
    for _ in range(5):
        assert endpoint.load("m", url).status_code == 200
        assert endpoint.invoke("m").status_code == 200
        assert endpoint.client.delete("/models/m").status_code == 200


@pytest.mark.parametrize(
    ("name", "url", "status"),
    [
        ("a", "{models}/nowhere/model", 404),
        ("a", "/etc", 400),
        ("a", "{models}/../../etc", 400),
        ("a", "{models}/link", 400),
        ("a", "\0", 400),
        ("a", "", 400),
        ("a", 5, 400),
        ("a", None, 400),
        (None, "{models}/good/model", 400),
        ("", "{models}/good/model", 400),
        ("..", "{models}/good/model", 400),
        ("a/b", "{models}/good/model", 400),
        ("a\nb", "{models}/good/model", 400),
        ("a" * 1025, "{models}/good/model", 400),
        ("a", "{models}/empty", 500),
        ("a", "{models}/damaged/model", 500),
    ],
)
def test_what_cannot_be_loaded(
    endpoint: Endpoint, source: Path, name: Any, url: Any, status: int
) -> None:
    endpoint.place("good", source)
    damaged = Path(endpoint.place("damaged", source))
    (damaged / "model-0000.params").write_bytes(b"")
    (endpoint.folder / "empty").mkdir()
    (endpoint.folder / "link").symlink_to("/etc")
    url = url.format(models=endpoint.folder) if isinstance(url, str) else url
    answer = endpoint.load(name, url)
    assert answer.status_code == status, answer.data
    assert answer.content_type == "application/json"
    assert endpoint.names() == []


def test_everything_wrong_with_a_load_is_said_at_once(endpoint: Endpoint) -> None:
    answer = json.loads(endpoint.client.post("/models", data=b"{}").data)
    assert [each["field"] for each in answer["error"]["problems"]] == ["model_name", "url"]


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"[" * 100_000])
def test_a_load_that_is_no_json_object(endpoint: Endpoint, body: bytes) -> None:
    answer = endpoint.client.post("/models", data=body)
    assert answer.status_code in {400, 413}


def test_a_name_may_need_to_be_encoded(endpoint: Endpoint, source: Path) -> None:
    name = "ä b%2F?&#"
    endpoint.load(name, endpoint.place("m", source))
    assert endpoint.invoke(name).status_code == 200
    assert endpoint.client.delete(f"/models/{quote(name)}").status_code == 200


def walk(endpoint: Endpoint, query: str = "") -> list[list[str]]:
    pages, token = [], ""
    while True:
        path = f"/models?{query}" + (f"&next_page_token={token}" if token else "")
        answer = endpoint.client.get(path).get_json()
        pages.append([each["modelName"] for each in answer["models"]])
        if "nextPageToken" not in answer:
            return pages
        token = answer["nextPageToken"]


@pytest.mark.parametrize(
    ("models", "query", "sizes"),
    [
        (0, "", [0]),
        (250, "", [100, 100, 50]),
        (200, "", [100, 100]),
        (100, "", [100]),
        (6, "limit=3", [3, 3]),
        (7, "limit=3", [3, 3, 1]),
        (101, "limit=101", [100, 1]),
        (101, "limit=-1", [100, 1]),
        (101, "limit=0", [100, 1]),
        (101, "limit=many", [100, 1]),
    ],
)
def test_pages(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, models: int, query: str, sizes: list[int]
) -> None:
    class Nothing:
        def close(self) -> None:
            pass

    monkeypatch.setattr(making, "make", lambda *_: Nothing())
    names = {f"model/{number}".replace("/", "+") for number in range(models)}
    (endpoint.folder / "m").mkdir(parents=True)
    for name in names:
        assert endpoint.load(name, str(endpoint.folder / "m")).status_code == 200
    pages = walk(endpoint, query)
    assert [len(page) for page in pages] == sizes
    assert {name for page in pages for name in page} == names


def test_a_token_that_did_not_come_from_here(endpoint: Endpoint) -> None:
    assert endpoint.client.get("/models?next_page_token=%00").status_code == 400


def test_memory_that_does_not_suffice_is_507_until_there_is_more(
    endpoint: Endpoint, source: Path
) -> None:
    url = endpoint.place("m", source)
    endpoint.free = 102 * MIB  # a tenth of all is kept for requests
    answer = endpoint.load("m", url)
    assert (answer.status_code, code(answer)) == (507, "out_of_memory")
    endpoint.free = 104 * MIB
    assert endpoint.load("m", url).status_code == 200


def test_a_model_is_loaded_again_when_its_process_died(endpoint: Endpoint, source: Path) -> None:
    url = endpoint.place("m", source)
    gone = endpoint.place("gone", source)
    endpoint.load("m", url)
    endpoint.load("gone", gone)
    endpoint.restart()
    assert endpoint.names() == ["gone", "m"]
    assert endpoint.invoke("m").status_code == 200
    shutil.rmtree(gone)
    assert endpoint.invoke("gone").status_code == 404
    endpoint.free = 0
    endpoint.restart()
    assert endpoint.invoke("m").status_code == 507
    assert endpoint.load("m", url).status_code == 409


HELPER = "NAME = {name!r}\n"
PROGRAM = """
import helper
def predict_fn(data, model):
    import lazily
    from model import probabilities
    return [helper.NAME, lazily.NAME, probabilities(model, data)]
"""
OURS = "def probabilities(predictor, rows): return len(rows)"


def test_modules_of_two_models_do_not_meet_nor_ours(endpoint: Endpoint, source: Path) -> None:
    for name in ("one", "two"):
        folder = Path(endpoint.place(name, source), "code")
        folder.mkdir()
        (folder / "inference.py").write_text(PROGRAM)
        (folder / "helper.py").write_text(HELPER.format(name=name))
        (folder / "lazily.py").write_text(HELPER.format(name=f"lazily {name}"))
        (folder / "model.py").write_text(OURS)
        assert endpoint.load(name, str(folder.parent)).status_code == 200
    for name in ("one", "two", "one"):
        assert endpoint.invoke(name).get_json() == [name, f"lazily {name}", 1]
    assert not list(endpoint.folder.rglob("__pycache__"))


def test_a_handler_that_fails_to_import_fails_its_own_load_only(
    endpoint: Endpoint, source: Path
) -> None:
    good, bad = endpoint.place("good", source), endpoint.place("bad", source)
    Path(bad, "inference.py").write_text("import nothing_of_that_name")
    endpoint.load("good", good)
    answer = endpoint.load("bad", bad)
    assert answer.status_code == 500
    assert b"No module named 'nothing_of_that_name'" in answer.data
    assert endpoint.names() == ["good"]
    assert endpoint.invoke("good").status_code == 200
    Path(bad, "inference.py").unlink()
    assert endpoint.load("bad", bad).status_code == 200


def test_unloading_waits_for_the_requests_that_use_the_model(
    endpoint: Endpoint, source: Path
) -> None:
    endpoint.load("m", endpoint.place("m", source))
    with endpoint.models.use("m"):
        unloading = threading.Thread(target=endpoint.models.unload, args=("m",))
        unloading.start()
        while endpoint.names():  # it is gone for whoever asks now ...
            pass
        assert unloading.is_alive()  # ... but not out of memory
    unloading.join(60)
    assert not unloading.is_alive()


def test_unloading_gives_up_on_a_request_that_does_not_end(
    endpoint: Endpoint, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serve.models.DRAIN_SECONDS", 0.0)
    endpoint.load("m", endpoint.place("m", source))
    with endpoint.models.use("m"):
        answer = endpoint.client.delete("/models/m")
        assert (answer.status_code, code(answer)) == (503, "in_use")
    assert endpoint.client.delete("/models/m").status_code == 404


def test_different_models_are_loaded_at_the_same_time(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2, timeout=60)

    class Nothing:
        def close(self) -> None:
            pass

    def make(*_arguments: object) -> Nothing:
        both.wait()
        return Nothing()

    monkeypatch.setattr(making, "make", make)
    endpoint.folder.mkdir()
    for name in ("one", "two"):
        (endpoint.folder / name).mkdir()
    threads = [
        threading.Thread(target=endpoint.models.load, args=(name, str(endpoint.folder / name)))
        for name in ("one", "two")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert endpoint.names() == ["one", "two"]


def test_a_plain_export_is_served_too(endpoint: Endpoint, tmp_path: Path) -> None:
    url = endpoint.place("p", plain_export(tmp_path / "plain"))
    assert endpoint.load("p", url).status_code == 200
    assert endpoint.invoke("p", b"1,2\n").status_code == 200


def test_every_route_is_documented(endpoint: Endpoint) -> None:
    rules = {
        (rule.rule, method)
        for rule in endpoint.client.application.url_map.iter_rules()
        for method in rule.methods or ()
    }
    routes = {
        (route.path.replace("{", "<").replace("}", ">"), method)
        for route in (*ROUTES, *multi_model.ROUTES)
        for method in route.methods
    }
    assert rules == routes


def test_without_the_setting_there_are_no_such_routes() -> None:
    client = create_app(Parts(NoModel(), Settings())).test_client()
    for path in ("/models", "/models/m", "/models/m/invoke"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "SAGEMAKER_MULTI_MODEL" in json.loads(answer.data)["error"]["hint"]
