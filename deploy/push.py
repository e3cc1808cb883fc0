"""Pushes the image to ECR and gives the digest by which endpoints refer to it.

The image is built or taken from this machine, held against what SageMaker accepts, and pushed into
a repository that is made where it is missing: scanned on push, tags immutable, leftovers expired.
The password for the registry goes to the Docker engine with the one request that pushes; no docker
login is made, so that no configuration file of this machine ever holds it. An image that is there
already is not pushed again.
"""

import argparse
import re
from collections.abc import Mapping
from typing import Any

from container.errors import UserError
from deploy import image, options, registry, repository
from deploy.aws import Aws
from deploy.errors import DeployError, UnreachableError
from deploy.image import LocalImage
from deploy.registry import Login, Manifest
from deploy.screen import Screen
from deploy.transfer import Layers

HELP = "build or take the image, check it, push it to ECR, give its digest"
EXAMPLES = """examples:
  python -m deploy push
  python -m deploy push --image blerssi-sagemaker:latest --repository team/blerssi
  python -m deploy push --build --json image.json
  python -m deploy push --plan
"""
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_NETWORK = ("connection refused", "connection reset", "no such host", "timeout", "timed out", "eof",
            "broken pipe", "503", "502", "500 internal")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    group = parser.add_argument_group("which image")
    group.add_argument("--image", metavar="NAME", help=f"default: {image.NAME}, built if missing")
    group.add_argument("--build", action="store_true", help="build it first, under that name")
    group = parser.add_argument_group("where to")
    group.add_argument(
        "--repository", metavar="NAME", default=repository.NAME, help="default: %(default)s"
    )
    group.add_argument(
        "--image-tag", metavar="TAG", help="default: its version and the first digits of its ID"
    )
    group.add_argument(
        "--repository-kms-key", metavar="ARN", help="encrypts a new repository (default: AES-256)"
    )
    options.add_common(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says."""
    given = options.common(arguments, variables)
    if arguments.image_tag and not _TAG.fullmatch(arguments.image_tag):
        raise UserError(f"--image-tag is {arguments.image_tag!r}, which no tag may be.")
    with image.engine() as client:
        local = _take(client, arguments, given.screen, plan=given.aws.plan)
        tag = arguments.image_tag or (local.tag if local else "TAG")
        for note in image.check(local) if local else ():
            given.screen.say(note)
        uri = repository.ensure(
            given.aws, arguments.repository, given.tags, arguments.repository_kms_key, given.screen
        )
        if given.aws.plan or local is None:
            return _plan(given, arguments.image or image.NAME, uri or arguments.repository, tag)
        if uri is None:
            raise DeployError(f"ECR made {arguments.repository} and gave no URI.")
        pushed = Push(given.aws, client, given.screen, uri, tag).run(local)
    given.screen.say(pushed["image"])
    given.screen.result(pushed)
    return 0


class Push:
    """One image on its way to one tag of a repository.

    Args:
        aws: For the login.
        client: Docker's.
        screen: For progress.
        uri: The repository, `HOST/NAME`.
        tag: The tag.
    """

    def __init__(self, aws: Aws, client: Any, screen: Screen, uri: str, tag: str) -> None:
        self._aws = aws
        self._client = client
        self._screen = screen
        self._uri = uri
        self._tag = tag

    def run(self, local: LocalImage) -> dict[str, Any]:
        """Push what is not there yet; gives the document of `--json`.

        Raises:
            UserError: The tag is another image's.
            UnreachableError: The registry went away; the tag does not exist then.
            DeployError: The registry refuses, or holds something else than was sent.
        """
        login = repository.login(self._aws)
        there = registry.manifest(self._uri, self._tag, login)
        if there is not None and local.identity not in {there.config, there.digest}:
            raise UserError(
                f"{self._uri}:{self._tag} is another image already ({there.digest}).",
                hint="Tags are never moved; give another --image-tag, or none.",
            )
        if there is None:
            self._send(local, login)
            there = self._verified(local, login)
        else:
            self._screen.say(f"{self._uri}:{self._tag} holds {local.name} already.")
        return {
            "image": f"{self._uri}@{there.digest}",
            "repository": self._uri,
            "tag": self._tag,
            "digest": there.digest,
            "compressed_bytes": there.size,
        }

    def _send(self, local: LocalImage, login: Login) -> None:
        """Tag it for the registry, push, and take the tag away again."""
        import docker

        target = f"{self._uri}:{self._tag}"
        here = self._client.images.get(local.identity)
        before = set(here.tags)
        try:
            here.tag(self._uri, self._tag)
            self._stream(login)
        except docker.errors.DockerException as error:
            raise DeployError(f"Docker does not push {target}: {error}.") from error
        finally:
            self._screen.clear()
            if before - {target} and target not in before:  # never the image's last name
                self._client.images.remove(target, noprune=True)

    def _stream(self, login: Login) -> None:
        target = f"{self._uri}:{self._tag}"
        layers = Layers()
        lines = self._client.images.push(
            self._uri,
            self._tag,
            stream=True,
            decode=True,
            auth_config={"username": login.username, "password": login.password},
        )
        reason = None
        for line in lines:  # to the end, even after an error: the SDK leaves a socket open else
            reason = reason or line.get("error")
            layers.take(line)
            self._screen.progress(f"Pushing {target}: {layers}")
        if reason:
            raise _refusal(target, str(reason))

    def _verified(self, local: LocalImage, login: Login) -> Manifest:
        """Ask the registry for what it holds now."""
        found = registry.manifest(self._uri, self._tag, login)
        if found is None:
            raise DeployError(f"{self._uri}:{self._tag} was pushed, but is not there.")
        if local.identity not in {found.config, found.digest}:
            raise DeployError(
                f"{self._uri}:{self._tag} is not what was sent ({found.digest}): someone else "
                "pushed at the same time.",
                hint="Push again with another --image-tag.",
            )
        if found.media_type != image.MANIFEST:
            name = self._uri.partition("/")[2]
            which = [{"imageDigest": found.digest}]
            self._aws.write("ecr", "BatchDeleteImage", repositoryName=name, imageIds=which)
            raise UserError(
                f"{local.name} was pushed as {found.media_type}, which SageMaker refuses (C1.7); "
                "it was removed again.",
                hint="Build with --provenance=false --sbom=false --output type=docker.",
            )
        return found


def _take(
    client: Any, arguments: argparse.Namespace, screen: Screen, *, plan: bool
) -> LocalImage | None:
    """Give the image that is asked for; ours is built where it is missing, but not for a plan."""
    name = arguments.image or image.NAME
    found = image.inspect(client, name)
    if arguments.build or (found is None and arguments.image is None):
        if plan:
            screen.say(f"would build {name}")
            return found
        image.build(name, screen)
        found = image.inspect(client, name)
    if found is None:
        raise UserError(
            f"There is no image {name} on this machine.",
            hint="Pull it, or give --build to build this project's under that name.",
        )
    return found


def _plan(given: options.Common, name: str, uri: str, tag: str) -> int:
    given.screen.say(f"would push {name} to {uri}:{tag}, if it is not there")
    given.screen.result({"plan": given.aws.planned, "push": {"from": name, "to": f"{uri}:{tag}"}})
    return 0


def _refusal(target: str, reason: str) -> DeployError:
    reason = " ".join(reason.split())
    if any(word in reason.lower() for word in _NETWORK):
        return UnreachableError(
            f"The registry went away while {target} was pushed: {reason}.",
            hint="The tag was not made. Push again: layers that arrived are kept.",
        )
    return DeployError(
        f"The registry refuses {target}: {reason}.",
        hint="`python -m deploy iam render pusher` prints the rights that a pusher needs.",
    )
