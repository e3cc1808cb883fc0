"""Images as the laptop's ECR keeps them: what docker pushes is what DescribeImages finds."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local_test.aws.cloud import Clients

_LARGEST = 4 << 20  # bytes of a manifest, as the distribution specification says
_CODES = {  # of ECR: what docker is told, with the status
    "RepositoryNotFoundException": ("NAME_UNKNOWN", 404),
    "ImageAlreadyExistsException": ("TAG_INVALID", 400),
}


class RefusedError(Exception):
    """What docker is told.

    Attributes:
        code: Of the distribution specification.
        message: A sentence.
        status: Of HTTP.
    """

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(code, message, status)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Image:
    """A manifest.

    Attributes:
        text: Byte for byte what was pushed.
        media_type: Of the text.
        digest: Its SHA-256.
    """

    text: str
    media_type: str
    digest: str

    @property
    def parts(self) -> list[str]:
        """Digests of the layers and the configuration, or of the images of an index.

        Raises:
            ValueError: The text is no manifest.
        """
        try:
            manifest = json.loads(self.text)
            parts = [*manifest.get("layers", ()), *manifest.get("manifests", ())]
            if "config" in manifest:
                parts.append(manifest["config"])
            return [str(each["digest"]) for each in parts]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("The manifest is not one.") from error


def received(data: bytes, media_type: str) -> Image:
    """Give the image of a manifest that docker sends.

    Raises:
        RefusedError: It is none.
    """
    if len(data) > _LARGEST:
        raise RefusedError("SIZE_INVALID", f"A manifest has at most {_LARGEST} bytes.", 413)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    try:
        image = Image(data.decode(), media_type, digest)
        image.parts  # noqa: B018 - refuses
    except ValueError as error:
        raise RefusedError("MANIFEST_INVALID", "The manifest is not one.", 400) from error
    return image


@dataclass(frozen=True)
class Pushed:
    """The images of all repositories.

    Attributes:
        client: Gives ECR's client.
    """

    client: Clients

    def check(self, name: str) -> None:
        """Refuse a repository that is not there.

        Raises:
            RefusedError: NAME_UNKNOWN.
        """
        self._ask("describe_repositories", repositoryNames=[name])

    def find(self, name: str, reference: str) -> Image | None:
        """Give an image by its tag or digest; None where there is none.

        Raises:
            RefusedError: There is no such repository.
        """
        member = "imageDigest" if reference.startswith("sha256:") else "imageTag"
        found = self._ask("batch_get_image", repositoryName=name, imageIds=[{member: reference}])
        for each in found["images"]:
            digest = each["imageId"]["imageDigest"]
            return Image(each["imageManifest"], each["imageManifestMediaType"], digest)
        return None

    def put(self, name: str, reference: str, image: Image) -> None:
        """Keep an image; what is there already stays as it is.

        Raises:
            RefusedError: The reference is the digest of another one, or an immutable tag of one.
        """
        by_digest = reference.startswith("sha256:")
        if by_digest and reference != image.digest:
            raise RefusedError("DIGEST_INVALID", f"The manifest is not {reference}.", 400)
        if self.find(name, reference) == image:
            return
        self._ask(
            "put_image",
            repositoryName=name,
            imageManifest=image.text,
            imageManifestMediaType=image.media_type,
            imageDigest=image.digest,
            **({} if by_digest else {"imageTag": reference}),
        )

    def tags(self, name: str) -> list[str]:
        """Give the tags of a repository.

        Raises:
            RefusedError: There is no such repository.
        """
        self.check(name)
        images = self._all("list_images", "imageIds", repositoryName=name)
        return sorted({each["imageTag"] for each in images if "imageTag" in each})

    def used(self) -> set[str]:
        """Give the digests of all that the images of all repositories consist of."""
        digests: set[str] = set()
        for repository in self._all("describe_repositories", "repositories"):
            name = repository["repositoryName"]
            for details in self._all("list_images", "imageIds", repositoryName=name):
                image = self.find(name, details["imageDigest"])
                digests |= set(image.parts) if image else set()
        return digests

    def _all(self, operation: str, member: str, **parameters: Any) -> Iterator[Any]:
        for page in self.client("ecr").get_paginator(operation).paginate(**parameters):
            yield from page[member]

    def _ask(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = getattr(self.client("ecr"), operation)(**parameters)
        except ClientError as error:
            details = error.response["Error"]
            code, status = _CODES.get(details["Code"], ("UNKNOWN", 400))
            message = details["Message"]
            if code == "TAG_INVALID":  # in ECR's words instead of moto's
                message = (
                    f"The image tag '{parameters['imageTag']}' already exists in the "
                    f"'{parameters['repositoryName']}' repository and cannot be overwritten "
                    "because the repository is immutable."
                )
            raise RefusedError(code, message, status) from error
        return found
