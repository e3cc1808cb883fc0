"""S3 as a child process: SeaweedFS, which keeps objects in files and knows S3 well.

The gateway checks who asks and what they may, then hands the request on in the name of the one
identity that SeaweedFS knows. Where SeaweedFS is not installed, moto's S3 takes its place.
"""

import contextlib
import functools
import http.client
import json
import os
import secrets
import shutil
import sysconfig
import time
from pathlib import Path
from typing import Self

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from container.errors import PlatformError
from local_test.aws import keeper, signing
from local_test.process_runner import free_port

_SECONDS = 60.0  # until it answers; about 3 s on two idle cores
_PARTS = ("master", "volume", "filer", "s3")
_PORTS = [f"{part}.port{kind}" for part in _PARTS for kind in ("", ".grpc")]
_SOCKETS = "/tmp/seaweedfs"  # noqa: S108 - SeaweedFS puts them there, whatever TMPDIR is
_CHUNK = 1 << 16
_OURS = {  # headers that are about one connection or the caller's signature
    "authorization",
    "connection",
    "expect",
    "host",
    "transfer-encoding",
    "x-amz-date",
    "x-amz-security-token",
}
_OF_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}


def program() -> Path | None:
    """Find SeaweedFS; None where it is not installed."""
    own = Path(sysconfig.get_path("scripts"), "weed")
    found = str(own) if own.exists() else shutil.which("weed")
    return Path(found) if found else None


class SeaweedFs:
    """An S3 server whose objects are in a folder; it starts at once, and answers after `wait`.

    Args:
        folder: Its objects, its keys and its log.
        weed: The program.
        region: Of its one identity's signatures.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, folder: Path, weed: Path, region: str) -> None:
        self._folder = folder
        self._log = folder / "seaweedfs.log"
        self._ports = {name: free_port() for name in _PORTS}
        self._port = self._ports["s3.port"]
        self._signer = signing.Signer("INTERNAL", secrets.token_hex(16), "s3", region)
        folder.mkdir(parents=True, exist_ok=True)
        self._keeper = self._start(weed)

    def __call__(self, request: Request, body: bytes | None = None) -> Response:
        """Answer a request that is allowed; its body, where it was read already."""
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in _OURS and value
        }
        target = signing.target(request, without=signing.PRESIGNED)
        host = f"127.0.0.1:{self._port}"
        if "X-Amz-Content-SHA256" not in request.headers:
            headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
        signed = self._signer.sign(request.method, f"http://{host}{target}", headers)
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        try:
            has_body = request.content_length or "Transfer-Encoding" in request.headers
            content = body or (request.stream if has_body else None)
            connection.request(request.method, target, content, signed)
            answer = connection.getresponse()
        except OSError as error:
            connection.close()
            raise PlatformError(f"The S3 server does not answer: {error}.") from error
        kept = Headers([(k, v) for k, v in answer.getheaders() if k.lower() not in _OF_CONNECTION])
        chunks = iter(functools.partial(answer.read, _CHUNK), b"")
        response = Response(chunks, answer.status, kept)
        response.call_on_close(connection.close)
        return response

    def close(self) -> None:
        """End it; what was put is in files already."""
        keeper.stop(self._keeper)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, weed: Path) -> keeper.Keeper:
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        config = self._folder / "identities.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(_identities(self._signer)), encoding="utf-8")
        arguments = [str(weed), "-logtostderr", "server", "-s3", "-ip=127.0.0.1"]
        arguments += ["-ip.bind=127.0.0.1", f"-dir={data}", f"-s3.config={config}"]
        arguments += ["-volume.max=100", "-master.volumeSizeLimitMB=64"]
        arguments += ["-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false"]
        arguments += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"]
        arguments += ["-master.telemetry=false"]
        arguments += [f"-{name}={port}" for name, port in self._ports.items()]
        return keeper.start(
            arguments,
            variables={
                "HOME": str(self._folder),
                "PATH": os.defpath,
                "WEED_S3_SSE_KEY": _key(self._folder / "sse.key"),
                # one volume a bucket, not seven: of 100 volumes 14 buckets were all
                "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
            },
            log=self._log,
            lock=self._folder / "lock",
            leavings=[f"{_SOCKETS}-*-{port}.sock" for port in self._ports.values()],
        )

    def wait(self) -> None:
        """Wait until objects can be put.

        Raises:
            PlatformError: It ended, or does not answer; the message has its log.
        """
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline and self._keeper.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self._answers():
                    return
            time.sleep(0.05)
        code = self._keeper.poll()
        silent = f"does not answer after {_SECONDS:.0f} s"
        why = silent if code is None else f"ended with exit code {code}"
        end = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise PlatformError(f"The S3 server {why}. Its log ends:\n{end}")

    def _answers(self) -> bool:
        """Whether content can be put, for which the volumes have to be there, old ones too."""
        bucket, key = "/laptop-probe", "/laptop-probe/object"
        for target, body in ((bucket, None), (key, b"content")):
            if self._ask("PUT", target, body) not in {200, 409}:
                return False
        self._ask("DELETE", key)
        return self._ask("DELETE", bucket) == 204

    def _ask(self, method: str, target: str, body: bytes | None = None) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        with contextlib.closing(connection):
            headers = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
            url = f"http://127.0.0.1:{self._port}{target}"
            connection.request(method, target, body, self._signer.sign(method, url, headers))
            return connection.getresponse().status


def _identities(signer: signing.Signer) -> object:
    return {
        "identities": [
            {
                "name": "gateway",
                "credentials": [{"accessKey": signer.key, "secretKey": signer.secret}],
                "actions": ["Admin", "Read", "Write", "List"],
            }
        ]
    }


def _key(path: Path) -> str:
    """Give the key of server-side encryption, made once: objects are unreadable without it."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii")
