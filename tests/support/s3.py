"""A real S3-compatible server for tests: SeaweedFS with signatures and per-bucket rights."""

import contextlib
import json
import os
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUCKET = "models"
DEADLINE = 60  # seconds until the server answers

_RIGHTS = {
    "identities": [
        {
            "name": "trainer",
            "credentials": [{"accessKey": "trainer-key", "secretKey": "trainer-secret"}],
            "actions": [f"Read:{BUCKET}", f"Write:{BUCKET}", f"List:{BUCKET}"],
        },
        {
            "name": "owner",
            "credentials": [{"accessKey": "owner-key", "secretKey": "owner-secret"}],
            "actions": ["Admin", "Read", "Write", "List"],
        },
    ]
}


@dataclass(frozen=True)
class S3Server:
    """A running server, with the bucket `models` that `trainer` may use."""

    endpoint: str

    def variables(self, who: str = "trainer") -> dict[str, str]:
        """What the AWS SDK reads, and nothing of the machine's own."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": f"{who}-key",
            "AWS_SECRET_ACCESS_KEY": f"{who}-secret",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, who: str = "owner") -> Any:
        import boto3

        variables = self.variables(who)
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_DEFAULT_REGION"],
        )


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Run a server that keeps its data in a folder, with the bucket made."""
    ports = {name: _free_port() for name in ("master", "volume", "filer", "s3")}
    grpc = {f"{name}.port.grpc": _free_port() for name in ports}
    config = folder / "s3.json"
    config.write_text(json.dumps(_RIGHTS), encoding="utf-8")
    command = [str(Path(sysconfig.get_path("scripts"), "weed")), "-logtostderr", "server", "-s3"]
    command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", f"-s3.config={config}"]
    command += ["-volume.max=20", "-master.volumeSizeLimitMB=64"]
    command += [f"-{name}.port={port}" for name, port in ports.items()]
    command += [f"-{name}={port}" for name, port in grpc.items()]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "WEED_S3_SSE_KEY": "0" * 64, "HOME": str(folder)},
        )
    found = S3Server(f"http://127.0.0.1:{ports['s3']}")
    try:
        _wait(found, server, log)
        yield found
    finally:
        server.kill()
        server.wait()


def _wait(found: S3Server, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the bucket is made and an object can be put into it."""
    from botocore.exceptions import BotoCoreError, ClientError

    client = found.client()
    exists = (client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou)
    deadline = time.monotonic() + DEADLINE
    reason: object = None
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with contextlib.suppress(*exists):
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
        except (BotoCoreError, ClientError) as error:
            reason = error
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"The S3 server does not answer ({reason}):\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
