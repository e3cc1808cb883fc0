"""Starts and stops the whole of the laptop's AWS.

    with Laptop(Path("build/aws")) as aws:
        aws.client("sagemaker")             boto3, or any program that is run with aws.variables

What was made stays in the folder: a laptop that starts over it again has the same buckets, roles,
models and endpoints, under the same address and the same keys.
"""

import contextlib
import fcntl
import json
import os
import shutil
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from container.errors import PlatformError, UserError
from local_test.aws import owner, s3, sagemaker, web
from local_test.aws.access import Access
from local_test.aws.blobs import Blobs
from local_test.aws.clients import ClientFactory, Credentials
from local_test.aws.cloud import Cloud, Tasks
from local_test.aws.ecr import Ecr
from local_test.aws.gateway import Gateway
from local_test.aws.identities import Identities
from local_test.aws.moto_services import Moto
from local_test.aws.pushed import Pushed
from local_test.aws.registry import Registry
from local_test.aws.sagemaker.images import Images
from local_test.aws.service import SAGEMAKER
from local_test.aws.store import Store
from local_test.aws.tokens import Tokens
from local_test.docker_runner import docker_package
from local_test.process_runner import free_port

REGION = "us-east-1"
ACCOUNT = "123456789012"
LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class _Kept:
    """What stays the same over restarts.

    Attributes:
        region: The region.
        account: The number.
        port: Of the gateway; the URIs of repositories have it.
        key: The owner's access key; empty before the first start.
        secret: Of the key.
    """

    region: str
    account: str
    port: int
    key: str = ""
    secret: str = field(default="", repr=False)


class Laptop:
    """The laptop's AWS; as a context manager it runs inside the block.

    Args:
        folder: Its state; made if it is missing.
        region: The only region there is.
        account: Twelve digits; two laptops of one process need two.
        port: Of the gateway; 0 is the port of last time, or any that is free.
        docker: Whether images run in Docker, which then reaches the gateway from containers too.
        variables: The environment of programs that run without Docker.

    Attributes:
        cloud: What operations are handed.
        url: Of the gateway, from this machine.
        container_url: The same from a container; `url` without Docker.
    """

    cloud: Cloud
    url: str
    container_url: str

    def __init__(  # noqa: PLR0913 - all have defaults, and a caller names those it means
        self,
        folder: Path,
        *,
        region: str = REGION,
        account: str = ACCOUNT,
        port: int = 0,
        docker: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder.absolute()
        self._wanted = _Kept(region, account, port)
        self._docker = docker
        self._programs = dict(variables or {})
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start it.

        Raises:
            UserError: The folder is in use, or of another region or account.
            PlatformError: The port is taken, or S3 or Docker does not answer.
        """
        with self._undo as undo:
            self._start(undo)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    @property
    def credentials(self) -> Credentials:
        """The owner's, who may do everything."""
        return Credentials(self._kept.key, self._kept.secret)

    @property
    def variables(self) -> dict[str, str]:
        """What points any AWS client of this machine here."""
        return self.variables_for(self.url, self.credentials)

    @property
    def container_variables(self) -> dict[str, str]:
        """The same for a client in a container."""
        return self.variables_for(self.container_url, self.credentials)

    @property
    def keeps_objects(self) -> bool:
        """Whether S3 survives a restart, which moto's does not."""
        return s3.program() is not None

    def variables_for(self, url: str, credentials: Credentials) -> dict[str, str]:
        """Give the variables of a client that is not the owner, or not on this machine."""
        token = {"AWS_SESSION_TOKEN": credentials.token} if credentials.token else {}
        return {
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_REGION": self._kept.region,
            "AWS_DEFAULT_REGION": self._kept.region,
            "AWS_ACCESS_KEY_ID": credentials.key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret,
            **token,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """Give the owner's boto3 client of a service."""
        return self.cloud.client(service)

    def _start(self, undo: contextlib.ExitStack) -> None:
        _lock(self._folder, undo)
        kept = _kept(self._folder, self._wanted)
        addresses, host = _addresses(docker=self._docker)
        web.check(addresses, kept.port)
        self.url = f"http://{LOCAL}:{kept.port}"
        self.container_url = f"http://{host}:{kept.port}"
        storage = self._storage(undo, kept.region)  # answers last, so it starts first
        moto = undo.enter_context(Moto(kept.account, self._folder / "moto.jsonl"))
        if not kept.key:
            made = owner.create(moto, kept.region)
            kept = replace(kept, key=made.key, secret=made.secret)
        _keep(self._folder, kept)
        self._kept = kept
        identities = Identities(kept.account)
        self.cloud = self._cloud(undo, identities)
        sagemaker.load()
        application = self._gateway(moto, storage, identities)
        undo.enter_context(web.serving(application, addresses, kept.port))
        if storage is not None:
            storage.wait()
        application.ecr.registry.clear()
        undo.callback(application.ecr.registry.clear)
        undo.enter_context(self.cloud.undo)
        undo.callback(self.cloud.tasks.close)
        SAGEMAKER.start(self.cloud)

    def _gateway(self, moto: Moto, storage: s3.SeaweedFs | None, identities: Identities) -> Gateway:
        kept = self._kept
        access = Access(kept.region, kept.account, identities)
        blobs, tokens = Blobs(self._folder / "registry"), Tokens(kept.secret)
        registry = Registry(access, Pushed(self.cloud.client), blobs, tokens)
        # Docker takes plain HTTP from localhost alone.
        theirs = f"{kept.account}.dkr.ecr.{kept.region}.amazonaws.com"
        ecr = Ecr(registry, f"localhost:{kept.port}", theirs)
        return Gateway(self.cloud, access, moto, storage, ecr)

    def _storage(self, undo: contextlib.ExitStack, region: str) -> s3.SeaweedFs | None:
        weed = s3.program()
        if weed is None:
            return None
        return undo.enter_context(s3.SeaweedFs(self._folder / "s3", weed, region))

    def _cloud(self, undo: contextlib.ExitStack, identities: Identities) -> Cloud:
        kept = self._kept
        scratch = self._folder / "running"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        undo.callback(shutil.rmtree, scratch, ignore_errors=True)
        clients = ClientFactory(self.url, kept.region, self.credentials, identities.act_as)
        undo.callback(clients.close)
        images = Images(clients, docker=self._docker, variables=self._programs)
        return Cloud(
            kept.region,
            kept.account,
            Store(self._folder / "tables"),
            scratch,
            clients,
            undo.enter_context(images),
            Tasks(),
            contextlib.ExitStack(),
        )


def bridge() -> str:
    """The address under which containers of Docker's default network reach this machine.

    Raises:
        PlatformError: Docker's package is missing, or no engine answers.
    """
    docker = docker_package()
    try:
        with contextlib.closing(docker.from_env()) as client:
            address: str = client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
            return address
    except docker.errors.DockerException as error:
        raise PlatformError(
            f"No Docker engine answers: {error}.", hint="Start Docker, or go without it."
        ) from error


def _addresses(*, docker: bool) -> tuple[list[str], str]:
    """Give the addresses to serve on, and the host by which containers reach one of them."""
    if not docker:
        return [LOCAL], LOCAL
    address = bridge()
    try:
        socket.create_server((address, 0)).close()
    except OSError:  # the engine is in a virtual machine, as Docker Desktop's
        return [LOCAL], "host.docker.internal"
    return [LOCAL, address], address


def _lock(folder: Path, undo: contextlib.ExitStack) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = undo.enter_context((folder / "lock").open("w", encoding="ascii"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UserError(
            f"Another laptop's AWS already runs over {folder}.",
            hint="Use that one, stop it, or give another folder.",
        ) from error


def _kept(folder: Path, wanted: _Kept) -> _Kept:
    """Read what an earlier start has kept, and hold it against what is wanted now."""
    path = folder / "laptop.json"
    if not path.exists():
        return replace(wanted, port=wanted.port or free_port())
    found = _Kept(**json.loads(path.read_text(encoding="utf-8")))
    for name in ("region", "account"):
        before, now = getattr(found, name), getattr(wanted, name)
        if before != now:
            raise UserError(
                f"The laptop's AWS in {folder} has the {name} {before}, not {now}.",
                hint="Give another folder.",
            )
    return replace(found, port=wanted.port or found.port)


def _keep(folder: Path, kept: _Kept) -> None:
    path = folder / "laptop.json"
    with open(path, "w", encoding="utf-8", opener=_private) as file:
        json.dump(asdict(kept), file)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
