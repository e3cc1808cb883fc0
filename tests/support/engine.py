"""Containers for tests: started with a label, and only those are removed."""

import base64
import json
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from container import contract
from local_test.docker_runner import HARDENED
from tests.support.waiting import until

LABEL = "blerssi.test"
ISOLATED: Mapping[str, Any] = {**HARDENED, "network_mode": "none"}

# Asks from inside the container, as there is no other way in without a network (C1.61).
_ASK = """
import base64, http.client, json, sys
method, path, port, headers, body = json.loads(sys.argv[1])
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
connection.request(method, path, base64.b64decode(body), headers)
answer = connection.getresponse()
body = base64.b64encode(answer.read()).decode()
print(json.dumps([answer.status, answer.headers.get("Content-Type", ""), body]))
"""


class Ended(NamedTuple):
    """What a container left: its exit code and its log."""

    code: int
    log: str


class Reply(NamedTuple):
    """What a server answered."""

    status: int
    media_type: str
    body: bytes


@dataclass
class Box:
    """A container that was started."""

    container: Any

    @property
    def log(self) -> str:
        text: str = self.container.logs().decode("utf-8", "replace")
        return text

    @property
    def is_running(self) -> bool:
        self.container.reload()
        return bool(self.container.attrs["State"]["Running"])

    def wait(self, seconds: int = 300) -> Ended:
        code = self.container.wait(timeout=seconds)["StatusCode"]
        return Ended(code, self.log)

    def stop(self, seconds: int) -> Ended:
        """`docker stop`: 137 is the exit code of one that needed longer."""
        self.container.stop(timeout=seconds)
        return self.wait()

    def exec(self, *command: str) -> Ended:
        # The SDK's exec_run leaves a socket open every time; the client does not.
        done = subprocess.run(
            ["docker", "exec", self.container.id, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout)

    def ask(
        self,
        path: str,
        body: bytes = b"",
        media_type: str = "application/json",
        accept: str = "application/json",
        *,
        method: str = "POST",
        port: int = contract.PORT,
    ) -> Reply:
        """Send a request from inside."""
        headers = {"Content-Type": media_type, "Accept": accept}
        request = [method, path, port, headers, base64.b64encode(body).decode()]
        done = self.exec("python", "-c", _ASK, json.dumps(request))
        if done.code:
            raise ConnectionError(done.log)
        status, answered, encoded = json.loads(done.log)
        return Reply(status, answered, base64.b64decode(encoded))

    def until_ready(self, *, port: int = contract.PORT) -> "Box":
        """Wait for /ping to answer 200; the log is shown where it does not."""

        def ready() -> bool:
            if not self.is_running:
                pytest.fail(f"The server ended:\n{self.log}")
            try:
                return self.ask(contract.PING, method="GET", port=port).status == 200
            except ConnectionError:
                return False

        try:
            until(ready, "/ping answers 200")
        except pytest.fail.Exception:
            pytest.fail(f"The server did not become ready:\n{self.log}")
        return self


class Engine:
    """Starts containers of one image; `remove` takes away what it started and nothing else."""

    def __init__(self, client: Any, image: str) -> None:
        self.client = client
        self.image = image
        self._mark = uuid.uuid4().hex

    def start(self, *arguments: str, **options: Any) -> Box:
        """`docker run --detach IMAGE ARGUMENT ...`, with options of the Docker SDK."""
        container = self.client.containers.run(
            self.image, list(arguments), detach=True, labels={LABEL: self._mark}, **options
        )
        return Box(container)

    def run(self, *arguments: str, **options: Any) -> Ended:
        """`docker run IMAGE ARGUMENT ...` to its end."""
        return self.start(*arguments, **options).wait()

    def remove(self) -> None:
        """Remove every container of this engine."""
        mine = {"label": f"{LABEL}={self._mark}"}
        for container in self.client.containers.list(all=True, filters=mine):
            container.remove(force=True, v=True)


def mount(source: Path, target: str = contract.BASE_DIR, mode: str = "rw") -> dict[str, Any]:
    """The `volumes` option for one bind mount."""
    return {str(source): {"bind": target, "mode": mode}}
