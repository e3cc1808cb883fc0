"""Starts and stops the whole of the laptop's AWS.

    with Laptop(Path("build/aws")) as aws:
        aws.client("sagemaker")             boto3, or any program that is run with aws.variables

What was made stays in the folder: a laptop that starts over it again has the same buckets, roles,
models and endpoints, under the same address and the same keys.
"""

import contextlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from local_test.aws import addresses, owner, s3, sagemaker, web
from local_test.aws.access import Access
from local_test.aws.blobs import Blobs
from local_test.aws.clients import ClientFactory, Credentials
from local_test.aws.cloud import Cloud, Tasks
from local_test.aws.ecr import Ecr
from local_test.aws.gateway import Gateway
from local_test.aws.identities import Identities
from local_test.aws.kept import Kept, load, locked, save
from local_test.aws.moto_services import Moto
from local_test.aws.pushed import Pushed
from local_test.aws.registry import Registry
from local_test.aws.sagemaker.images import Images
from local_test.aws.service import SAGEMAKER
from local_test.aws.store import Store
from local_test.aws.tokens import Tokens

REGION = "us-east-1"
ACCOUNT = "123456789012"


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
        self._wanted = Kept(region, account, port)
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
        undo.enter_context(locked(self._folder))
        kept = load(self._folder, self._wanted)
        served, host = addresses.find(docker=self._docker)
        web.check(served, kept.port)
        self.url = f"http://{addresses.LOCAL}:{kept.port}"
        self.container_url = f"http://{host}:{kept.port}"
        storage = self._storage(undo, kept.region)  # answers last, so it starts first
        moto = undo.enter_context(Moto(kept.account, self._folder / "moto.jsonl"))
        if not kept.key:
            made = owner.create(moto, kept.region)
            kept = replace(kept, key=made.key, secret=made.secret)
        save(self._folder, kept)
        self._kept = kept
        identities = Identities(kept.account)
        self.cloud = self._cloud(undo, identities)
        sagemaker.load()
        application = self._gateway(moto, storage, identities)
        undo.enter_context(web.serving(application, served, kept.port))
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
