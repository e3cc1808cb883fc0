"""From an image URI to a place where its programs run.

    with Docker     localhost:PORT/NAME@sha256:...   pulled from the laptop's registry
                    blerssi-sagemaker:latest         an image of this machine
    without Docker  either of them                   our own program, as a process

The platform pulls before it starts anything, so a missing image is found here, in one sentence.
"""

import base64
import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from container.errors import PlatformError, UserError
from local_test.docker_runner import DockerRunner, docker_package
from local_test.process_runner import ProcessRunner, default_python
from local_test.runner import Runner

OURS = "blerssi-sagemaker"  # what `make image` calls it

ClientOf = Callable[[str], Any]


class Images:
    """Finds the runner of an image; as a context manager it takes back what it has pulled.

    Args:
        client: Gives the boto3 client of a service of this laptop, with all rights.
        docker: Whether programs run in Docker.
        variables: The environment of programs that run as processes; containers get none of it,
            and neither gets AWS settings, which are those of the person at the keyboard.
    """

    def __init__(self, client: ClientOf, *, docker: bool, variables: Mapping[str, str]) -> None:
        self._client = client
        self._docker = docker
        self._variables = {
            name: value for name, value in variables.items() if not name.startswith("AWS_")
        }
        self._pulled: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, image: str) -> Runner:
        """Find the runner of an image.

        Raises:
            UserError: There is no such image.
            PlatformError: Docker or the registry does not answer.
        """
        if not self._docker:
            return self._process(image)
        if _registry(image):
            with self._lock:  # one pull at a time: two of the same image would get in their way
                self._pull(image)
        return DockerRunner(image)

    def close(self) -> None:
        """Remove the names under which images were pulled; what else uses them keeps them."""
        if not self._pulled:
            return
        docker = docker_package()
        with contextlib.closing(docker.from_env()) as engine:
            for image in self._pulled:
                with contextlib.suppress(docker.errors.APIError):  # gone, or still in use
                    engine.images.remove(image)
        self._pulled.clear()

    def __enter__(self) -> "Images":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _process(self, image: str) -> Runner:
        name = _name(image)
        if name.rpartition("/")[2] != OURS and not self._has_repository(name):
            raise UserError(
                f"There is no image {image}.",
                hint=f"Without Docker this laptop has our own program only, as {OURS} or as any "
                "repository of its ECR.",
            )
        return ProcessRunner(default_python(), self._variables)

    def _has_repository(self, name: str) -> bool:
        try:
            self._client("ecr").describe_repositories(repositoryNames=[name])
        except (ClientError, BotoCoreError):
            return False
        return True

    def _pull(self, image: str) -> None:
        """Fetch an image from the laptop's registry, as one who may; nothing is logged in.

        Raises:
            UserError: The registry has no such image, or it is not the laptop's.
            PlatformError: Docker or the registry does not answer.
        """
        user, secret = self._login(image)
        docker = docker_package()
        try:
            with contextlib.closing(docker.from_env()) as engine:
                known = bool(engine.images.list(image))
                engine.images.pull(image, auth_config={"username": user, "password": secret})
        except docker.errors.NotFound as error:
            raise UserError(
                f"There is no image {image} in the registry.",
                hint="Push it: python -m deploy push.",
            ) from error
        except docker.errors.DockerException as error:
            raise PlatformError(f"The image {image} cannot be pulled: {error}.") from error
        if not known:
            self._pulled.add(image)

    def _login(self, image: str) -> tuple[str, str]:
        """The registry's user and password.

        Raises:
            UserError: The image belongs to another registry.
        """
        granted = self._client("ecr").get_authorization_token()["authorizationData"][0]
        registry = urlsplit(granted["proxyEndpoint"]).netloc
        if _registry(image) != registry:
            raise UserError(
                f"The image {image} is not of this laptop.",
                hint=f"Its registry is {registry}; push the image there, or name a local one.",
            )
        user, _, secret = base64.b64decode(granted["authorizationToken"]).decode().partition(":")
        return user, secret


def check_rights(client: Any, image: str, role: str) -> None:
    """Look whether a role may pull an image, as the platform does with it.

    Args:
        client: Of ECR, with the role's rights.
        image: An image; one of this machine needs no rights.
        role: Its ARN, for the message.

    Raises:
        UserError: It may not.
    """
    if not _registry(image):
        return
    path, at, digest = image.partition("@")
    tag = path.rpartition("/")[2].partition(":")[2] or "latest"
    wanted = {"imageDigest": digest} if at else {"imageTag": tag}
    try:
        client.get_authorization_token()
        client.batch_get_image(repositoryName=_name(image), imageIds=[wanted])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise UserError(
            f"The role {role} may not pull {image}: {code} for {error.operation_name}.",
            hint="It needs ecr:GetAuthorizationToken, and on the repository ecr:BatchGetImage, "
            "ecr:BatchCheckLayerAvailability and ecr:GetDownloadUrlForLayer.",
        ) from error


def _registry(image: str) -> str:
    """The host of a URI that names one, by Docker's own rule; else empty."""
    host, slash, _ = image.partition("/")
    return host if slash and ("." in host or ":" in host or host == "localhost") else ""


def _name(image: str) -> str:
    """The repository's name, without registry, tag and digest."""
    path = image.removeprefix(f"{_registry(image)}/").partition("@")[0]
    return path.partition(":")[0]
