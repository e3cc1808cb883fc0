import hashlib
import json
from collections.abc import Mapping

import pytest

from deploy import registry
from deploy.errors import DeployError
from deploy.registry import Login

WHO = Login("AWS", "hunter2")
SCHEMA_2 = "application/vnd.docker.distribution.manifest.v2+json"


def answering(
    monkeypatch: pytest.MonkeyPatch, status: int, body: bytes = b"", media_type: str = ""
) -> list[tuple[str, Mapping[str, str]]]:
    asked: list[tuple[str, Mapping[str, str]]] = []

    def get(url: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        asked.append((url, headers))
        return status, {"Content-Type": media_type}, body

    monkeypatch.setattr(registry, "_get", get)
    return asked


@pytest.mark.parametrize(
    ("repository", "url"),
    [
        ("1.dkr.ecr.eu-west-1.amazonaws.com/a/b", "https://1.dkr.ecr.eu-west-1.amazonaws.com"),
        ("localhost:5000/a/b", "http://localhost:5000"),
        ("127.0.0.1:5000/a/b", "http://127.0.0.1:5000"),
    ],
)
def test_a_registry_is_asked_where_docker_would(
    monkeypatch: pytest.MonkeyPatch, repository: str, url: str
) -> None:
    asked = answering(monkeypatch, 404)
    assert registry.manifest(repository, "1.0", WHO) is None
    assert asked[0][0] == f"{url}/v2/a/b/manifests/1.0"
    assert asked[0][1]["Authorization"] == "Basic QVdTOmh1bnRlcjI="


def test_a_manifest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    document = {
        "config": {"digest": "sha256:c", "size": 10},
        "layers": [{"size": 100}, {"size": 200}],
    }
    body = json.dumps(document).encode()
    answering(monkeypatch, 200, body, SCHEMA_2)
    found = registry.manifest("localhost:1/a", "t", WHO)
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert found == registry.Manifest(digest, SCHEMA_2, "sha256:c", 310)


def test_an_index_has_no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    media_type = "application/vnd.oci.image.index.v1+json"
    body = json.dumps({"mediaType": media_type, "manifests": []}).encode()
    answering(monkeypatch, 200, body)
    found = registry.manifest("localhost:1/a", "t", WHO)
    assert found is not None
    assert (found.media_type, found.config) == (media_type, "")


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(401, b"", "answers 401"), (500, b"", "answers 500"), (200, b"<html>", "is none")],
)
def test_another_answer_is_an_error_without_the_password(
    monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, words: str
) -> None:
    answering(monkeypatch, status, body)
    with pytest.raises(DeployError, match=words) as failed:
        registry.manifest("localhost:1/a", "t", WHO)
    assert "hunter2" not in f"{failed.value}{WHO!r}"
