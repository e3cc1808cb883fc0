"""The registry as docker speaks to it, without docker."""

import hashlib
import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from local_test.aws.blobs import Blobs
from local_test.aws.clients import Credentials
from local_test.aws.laptop import Laptop
from local_test.aws.pushed import Pushed
from tests.support.laptop import allow, client, user

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
LAYER = b"a layer of no image"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Docker:
    """As much of a docker client as there is protocol."""

    def __init__(self, aws: Laptop, credentials: Credentials | None = None) -> None:
        self._host = urlsplit(aws.url).netloc
        ecr = client(aws, "ecr", credentials or aws.credentials)
        self.token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        connection = http.client.HTTPConnection(self._host)
        try:
            found = {"Authorization": f"Basic {self.token}", **headers}
            named = {name.replace("_", "-"): value for name, value in found.items() if value}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, answer.headers, content
        finally:
            connection.close()

    def error(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        status, _, content = self.ask(method, path, body, **headers)
        return status, json.loads(content)["errors"][0]["code"]

    def put_blob(self, name: str, data: bytes) -> str:
        status, headers, _ = self.ask("POST", f"/v2/{name}/blobs/uploads/")
        assert status == 202
        status, headers, _ = self.ask("PATCH", headers["Location"], iter([data[:5], data[5:]]))
        assert status == 202
        assert headers["Range"] == f"0-{len(data) - 1}"
        location = f"{headers['Location']}?digest={digest(data)}"
        status, headers, _ = self.ask("PUT", location)
        assert status == 201
        return str(headers["Docker-Content-Digest"])

    def put_manifest(self, name: str, reference: str, data: bytes) -> tuple[int, Any, bytes]:
        path = f"/v2/{name}/manifests/{reference}"
        found: tuple[int, Any, bytes] = self.ask("PUT", path, data, Content_Type=MANIFEST_TYPE)
        return found

    def push(self, name: str, tag: str, layer: bytes = LAYER) -> bytes:
        data = manifest(self.put_blob(name, b"{}"), self.put_blob(name, layer))
        status, headers, _ = self.put_manifest(name, tag, data)
        assert status == 201
        assert headers["Docker-Content-Digest"] == digest(data)
        return data


def manifest(config: str, layer: str) -> bytes:
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": {"digest": config, "size": 2},
            "layers": [{"digest": layer, "size": len(LAYER)}],
        }
    ).encode()


@pytest.fixture(scope="module")
def docker(aws: Laptop) -> Docker:
    return Docker(aws)


@pytest.fixture
def name(aws: Laptop, request: pytest.FixtureRequest) -> Iterator[str]:
    """An immutable repository."""
    made = f"team/{request.node.originalname.replace('_', '-')}"
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName=made, imageTagMutability="IMMUTABLE")
    yield made
    ecr.delete_repository(repositoryName=made, force=True)


def test_what_is_pushed_is_pulled(aws: Laptop, docker: Docker, name: str) -> None:
    data = docker.push(name, "v1")
    for reference in ("v1", digest(data)):
        status, headers, content = docker.ask("GET", f"/v2/{name}/manifests/{reference}")
        assert (status, content) == (200, data)
        assert headers["Docker-Content-Digest"] == digest(data)
        assert headers["Content-Type"] == MANIFEST_TYPE
    path = f"/v2/{name}/blobs/{digest(LAYER)}"
    assert docker.ask("GET", path)[2] == LAYER
    status, headers, content = docker.ask("HEAD", path)
    assert (status, headers["Content-Length"], content) == (200, str(len(LAYER)), b"")
    assert json.loads(docker.ask("GET", f"/v2/{name}/tags/list")[2])["tags"] == ["v1"]


def test_image_is_in_ecr(aws: Laptop, docker: Docker, name: str) -> None:
    data = docker.push(name, "v1")
    (image,) = aws.client("ecr").describe_images(repositoryName=name)["imageDetails"]
    assert image["imageDigest"] == digest(data)
    assert image["imageTags"] == ["v1"]
    assert image["imageSizeInBytes"] == len(LAYER) + len(b"{}")
    identifier = [{"imageDigest": digest(data)}]
    aws.client("ecr").batch_delete_image(repositoryName=name, imageIds=identifier)
    path = f"/v2/{name}/manifests/v1"
    assert docker.error("GET", path) == (404, "MANIFEST_UNKNOWN")


def test_address_of_a_repository(aws: Laptop, name: str) -> None:
    (found,) = aws.client("ecr").describe_repositories(repositoryNames=[name])["repositories"]
    port = urlsplit(aws.url).port
    assert found["repositoryUri"] == f"localhost:{port}/{name}"
    data = aws.client("ecr").get_authorization_token()["authorizationData"][0]
    assert data["proxyEndpoint"] == f"http://localhost:{port}"


def test_immutable_tag(docker: Docker, name: str) -> None:
    data = docker.push(name, "v1")
    assert docker.put_manifest(name, "v1", data)[0] == 201  # the same again changes nothing
    other = manifest(digest(b"{}"), docker.put_blob(name, b"another layer"))
    status, _, content = docker.put_manifest(name, "v1", other)
    assert status == 400
    assert b"TAG_INVALID" in content
    assert b"cannot be overwritten because the repository is immutable" in content
    assert docker.put_manifest(name, "v2", other)[0] == 201
    assert docker.put_manifest(name, digest(other), other)[0] == 201


def test_layers_are_mounted(docker: Docker, name: str) -> None:
    layer = docker.put_blob(name, LAYER)
    status, headers, _ = docker.ask("POST", f"/v2/{name}/blobs/uploads/?mount={layer}&from=other")
    assert status == 201
    assert headers["Location"] == f"/v2/{name}/blobs/{layer}"


def test_upload_that_is_looked_at_and_given_up(docker: Docker, name: str) -> None:
    _, headers, _ = docker.ask("POST", f"/v2/{name}/blobs/uploads/")
    path = headers["Location"]
    docker.ask("PATCH", path, b"12345")
    status, headers, _ = docker.ask("GET", path)
    assert (status, headers["Range"]) == (204, "0-4")
    assert docker.ask("DELETE", path)[0] == 204
    assert docker.error("PATCH", path, b"1") == (404, "BLOB_UPLOAD_UNKNOWN")


def test_blob_that_was_damaged_on_its_way(docker: Docker, name: str) -> None:
    _, headers, _ = docker.ask("POST", f"/v2/{name}/blobs/uploads/")
    path = f"{headers['Location']}?digest={digest(LAYER)}"
    assert docker.error("PUT", path, b"damaged") == (400, "DIGEST_INVALID")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "MANIFEST_INVALID"),
        (b"[]", "MANIFEST_INVALID"),
        (b'{"layers": [{}]}', "MANIFEST_INVALID"),
        (manifest(digest(b"none"), digest(b"none")), "MANIFEST_BLOB_UNKNOWN"),
    ],
)
def test_manifest_that_is_none(docker: Docker, name: str, data: bytes, code: str) -> None:
    path = f"/v2/{name}/manifests/v1"
    assert docker.error("PUT", path, data, Content_Type=MANIFEST_TYPE) == (400, code)


def test_repository_that_is_not_there(docker: Docker) -> None:
    assert docker.error("POST", "/v2/none/blobs/uploads/") == (404, "NAME_UNKNOWN")
    assert docker.error("GET", "/v2/none/manifests/v1") == (404, "NAME_UNKNOWN")


@pytest.mark.parametrize(
    "authorization", ["", "Basic QVdTOm5vbmU=", "Basic nonsense", "Bearer x", "Basic cm9vdDp4"]
)
def test_stranger(docker: Docker, authorization: str) -> None:
    status, headers, content = docker.ask("GET", "/v2/", Authorization=authorization)
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Basic ")
    assert json.loads(content)["errors"][0]["code"] == "UNAUTHORIZED"


def test_right_to_pull_is_not_one_to_push(aws: Laptop, docker: Docker, name: str) -> None:
    docker.push(name, "v1")
    repository = f"arn:aws:ecr:us-east-1:{aws.cloud.account}:repository/{name}"
    pulls = allow("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", resource=repository)
    puller = Docker(aws, user(aws, "puller", pulls, allow("ecr:GetAuthorizationToken")))
    assert puller.ask("GET", "/v2/")[0] == 200
    assert puller.ask("GET", f"/v2/{name}/manifests/v1")[0] == 200
    assert puller.error("POST", f"/v2/{name}/blobs/uploads/") == (403, "DENIED")
    assert puller.error("GET", "/v2/other/manifests/v1") == (403, "DENIED")
    with pytest.raises(ClientError, match="GetAuthorizationToken"):
        Docker(aws, user(aws, "no-puller"))


def test_layers_of_deleted_images_are_removed(aws: Laptop, docker: Docker, name: str) -> None:
    docker.push(name, "v1", b"kept layer")
    unused = docker.put_blob(name, b"layer without image")
    blobs = Blobs(aws.cloud.folder.parent / "registry")
    blobs.keep_only(Pushed(aws.cloud.client).used())  # as at every start and end
    assert docker.ask("HEAD", f"/v2/{name}/blobs/{digest(b'kept layer')}")[0] == 200
    assert docker.ask("HEAD", f"/v2/{name}/blobs/{unused}")[0] == 404
