"""A laptop's AWS with an endpoint, offered to a program of another environment.

    python -m tests.support.offering FOLDER [IMAGE]    writes one line of JSON, ends with its input

With an image, that is pushed to the laptop's registry and runs in Docker.

The environments of AWS's SDKs have neither moto nor werkzeug, so the laptop runs apart from them.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CLIENT_PYTHON = PROJECT / ".venv/client/bin/python"
ENDPOINT = "offered"


@dataclass(frozen=True)
class Offer:
    """What a program needs to know.

    Attributes:
        variables: Which point AWS clients at the laptop.
        bucket: Where it may put things.
        role: Of an execution role.
        image: That models are made of.
        archive: S3 URI of a model whose handler obeys.
        endpoint: Name of an endpoint that serves it.
    """

    variables: dict[str, str]
    bucket: str
    role: str
    image: str
    archive: str
    endpoint: str


@contextlib.contextmanager
def offered(folder: Path, image: str | None = None) -> Iterator[Offer]:
    """Run a laptop in the client environment for the length of a block."""
    command = [str(CLIENT_PYTHON), "-m", "tests.support.offering", str(folder)]
    command += [image] if image else []
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    with subprocess.Popen(
        command, cwd=PROJECT, env=clean, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("The laptop has no pipes.")
        try:
            yield Offer(**json.loads(child.stdout.readline()))
        finally:
            child.stdin.close()
            child.wait(60)


def main(folder: Path, image: str | None = None) -> None:
    """Offer a laptop until the input ends."""
    from tests.support.hosting import BUCKET, IMAGE, Hosting
    from tests.support.laptop import laptop, may_pull

    with laptop(folder, docker=image is not None) as aws:
        hosting = Hosting.prepared(aws)
        uri = IMAGE
        if image:
            uri = _pushed(image, aws.variables)
            may_pull(aws, hosting.role)
        hosting.endpoint(ENDPOINT)
        archive = f"s3://{BUCKET}/{ENDPOINT}/model.tar.gz"
        offer = Offer(aws.variables, BUCKET, hosting.role, uri, archive, ENDPOINT)
        print(json.dumps(asdict(offer)), flush=True)
        sys.stdin.read()


def _pushed(image: str, variables: dict[str, str]) -> str:
    """Push an image as its owner does; gives its URI by digest."""
    from tests.support.deploys import deploy

    done = deploy("push", "--image", image, "--json", variables=variables)
    if done.code:
        raise RuntimeError(done.err)
    uri: str = done.document["image"]
    return uri


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
