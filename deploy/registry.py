"""What a registry holds, asked over its own API (v2), which ECR and any other speak alike."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from deploy.errors import DeployError, UnreachableError

MANIFESTS: Final = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)
_LOOPBACK = ("localhost", "127.")
_SECONDS = 30


@dataclass(frozen=True)
class Login:
    """A user of a registry; the password is kept out of every text."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Manifest:
    """An image as a registry has it.

    Attributes:
        digest: Of the manifest: what an endpoint refers to.
        media_type: Of the manifest.
        config: The digest of its configuration, which classic engines call the image's ID; empty
            for an index.
        size: Bytes of configuration and layers, compressed.
    """

    digest: str
    media_type: str
    config: str
    size: int


def manifest(repository: str, reference: str, login: Login) -> Manifest | None:
    """Ask for an image; None where the repository has none of that tag or digest.

    Args:
        repository: `HOST[:PORT]/NAME`. Loopback is asked over HTTP, as Docker itself does.
        reference: A tag or a digest.
        login: Who asks.

    Raises:
        UnreachableError: The registry does not answer.
        DeployError: It refuses, or answers something else.
    """
    host, _, name = repository.partition("/")
    scheme = "http" if host.startswith(_LOOPBACK) else "https"
    url = f"{scheme}://{host}/v2/{name}/manifests/{reference}"
    word = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    headers = {"Accept": ", ".join(MANIFESTS), "Authorization": f"Basic {word}"}
    status, found, body = _get(url, headers)
    if status == 404:
        return None
    if status != 200:
        raise DeployError(
            f"The registry {host} answers {status} to the question for {name}:{reference}.",
            hint="Check the pusher's rights: `python -m deploy iam render pusher`.",
        )
    return _parse(body, found, f"{name}:{reference}")


def _get(url: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    session = URLLib3Session(proxies=get_environ_proxies(url), timeout=_SECONDS)
    try:
        answer = session.send(AWSRequest("GET", url, headers=dict(headers)).prepare())
    except BotoCoreError as error:
        raise UnreachableError(
            f"The registry does not answer at {url}: {error}.",
            hint="Check that it runs and that the network reaches it, then push again.",
        ) from error
    finally:
        session.close()
    return answer.status_code, answer.headers, answer.content


def _parse(body: bytes, headers: Mapping[str, str], name: str) -> Manifest:
    try:
        document: dict[str, Any] = json.loads(body)
        media_type = document.get("mediaType") or headers.get("Content-Type") or ""
        config = document.get("config") or {}
        parts = [config, *document.get("layers", ())]
        size = sum(part.get("size", 0) for part in parts)
    except (ValueError, AttributeError) as error:
        raise DeployError(f"The registry's manifest of {name} is none: {error}.") from error
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    return Manifest(digest, media_type, config.get("digest", ""), size)
