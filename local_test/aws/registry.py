"""A container registry with ECR's ways, for docker push and docker pull.

    docker ──▶ /v2/NAME/blobs/…        layers, in files
           └─▶ /v2/NAME/manifests/…    images, in ECR itself, where DescribeImages finds them

The protocol is the OCI distribution specification's. As in ECR a repository is made before it is
pushed to, the password is that of GetAuthorizationToken, every step needs a right of IAM, and an
immutable tag stays what it is.
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import ClientError
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import FileWrapper

from local_test.aws.access import Access
from local_test.aws.blobs import Blobs
from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.policies import Ask
from local_test.aws.tokens import USER, Tokens

_NAME = r"(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
_CHUNK = 1 << 16
_LARGEST_MANIFEST = 4 << 20  # bytes, as the specification says
_CODES = {  # of ECR: what docker is told, with the status
    "RepositoryNotFoundException": ("NAME_UNKNOWN", 404),
    "ImageTagAlreadyExistsException": ("TAG_INVALID", 400),
    "AccessDeniedException": ("DENIED", 403),
}


class _RefusedError(Exception):
    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(code, message, status)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Registry:
    """The part of the gateway that docker talks to.

    Attributes:
        cloud: Where; images are kept by its ECR.
        access: Decides what the holder of a password may do.
        blobs: Where layers are.
        tokens: Checks passwords.
    """

    cloud: Cloud
    access: Access
    blobs: Blobs
    tokens: Tokens

    def __call__(self, request: Request) -> Response:
        """Answer docker, a refusal being an answer too."""
        try:
            return self._route(request)
        except _RefusedError as error:
            response = _json({"errors": [{"code": error.code, "message": error.message}]})
            response.status_code = error.status
            if error.status == 401:
                response.headers["WWW-Authenticate"] = 'Basic realm="the laptop\'s AWS"'
            return response

    def clear(self) -> None:
        """Remove the layers of images that ECR has no more."""
        ecr = self.cloud.client("ecr")
        used: set[str] = set()
        for repository in _all(ecr, "describe_repositories", "repositories"):
            name = repository["repositoryName"]
            for image in _all(ecr, "describe_images", "imageDetails", repositoryName=name):
                found = self._image(name, image["imageDigest"])
                used |= set(_parts(json.loads(found["imageManifest"]))) if found else set()
        self.blobs.keep_only(used)

    def size(self, name: str, digest: str) -> int:
        """Give how many bytes an image takes: its layers, and no image of an index twice."""
        found = self._image(name, digest)
        parts = set(_parts(json.loads(found["imageManifest"]))) if found else set()
        paths = map(self.blobs.find, parts)
        return sum(path.stat().st_size for path in paths if path is not None)

    def _route(self, request: Request) -> Response:
        may = functools.partial(self._permit, self._key(request))
        for method, pattern, action, answer in _ROUTES:
            if method == request.method and (found := re.fullmatch(pattern, request.path)):
                parts = found.groupdict()
                if action:
                    may(action, parts["name"])
                return answer(self, request, **parts)
        raise _RefusedError("UNSUPPORTED", f"There is no {request.method} {request.path}.", 404)

    def _key(self, request: Request) -> str:
        given = request.authorization
        key = None
        if given is not None and given.username == USER and given.password:
            key = self.tokens.key(given.password)
        if key is None:
            raise _RefusedError(
                "UNAUTHORIZED", "Your authorization token has expired or is wrong.", 401
            )
        return key

    def _permit(self, key: str, action: str, name: str) -> None:
        identity = self.access.identities.find(key)
        if identity is None:
            raise _RefusedError("UNAUTHORIZED", "The access key of the token is no more.", 401)
        resource = self.cloud.arn("ecr", f"repository/{name}")
        try:
            self.access.permit(identity, [Ask(f"ecr:{action}", resource)], "ecr")
        except AwsError as error:
            raise _RefusedError("DENIED", error.message, 403) from error

    def _version(self, _request: Request) -> Response:
        return _json({})

    def _blob(self, _request: Request, name: str, digest: str) -> Response:
        path = self.blobs.find(digest)
        if path is None:
            raise _RefusedError("BLOB_UNKNOWN", f"{name} has no blob {digest}.", 404)
        content = FileWrapper(path.open("rb"), _CHUNK)
        response = Response(content, content_type="application/octet-stream")
        response.content_length = path.stat().st_size
        response.headers["Docker-Content-Digest"] = digest
        return response

    def _begin(self, request: Request, name: str) -> Response:
        self._existing(name)
        mounted = request.args.get("mount", "")
        if self.blobs.find(mounted):
            return _created(f"/v2/{name}/blobs/{mounted}", mounted)
        upload = self.blobs.begin()
        return _accepted(name, upload, 0)

    def _append(self, request: Request, name: str, upload: str) -> Response:
        self._size(upload)
        return _accepted(name, upload, self.blobs.append(upload, cast("Any", request.stream)))

    def _finish(self, request: Request, name: str, upload: str) -> Response:
        self._size(upload)
        self.blobs.append(upload, cast("Any", request.stream))
        digest = request.args.get("digest", "")
        if not self.blobs.finish(upload, digest):
            raise _RefusedError("DIGEST_INVALID", f"The blob is not {digest or 'named'}.", 400)
        return _created(f"/v2/{name}/blobs/{digest}", digest)

    def _progress(self, _request: Request, name: str, upload: str) -> Response:
        response = _accepted(name, upload, self._size(upload))
        response.status_code = 204
        return response

    def _cancel(self, _request: Request, upload: str, **_: str) -> Response:
        self._size(upload)
        self.blobs.cancel(upload)
        return Response(status=204)

    def _size(self, upload: str) -> int:
        size = self.blobs.size(upload)
        if size is None:
            raise _RefusedError("BLOB_UPLOAD_UNKNOWN", f"There is no upload {upload}.", 404)
        return size

    def _manifest(self, _request: Request, name: str, reference: str) -> Response:
        found = self._image(name, reference)
        if found is None:
            raise _RefusedError("MANIFEST_UNKNOWN", f"{name} has no image {reference}.", 404)
        text: str = found["imageManifest"]
        response = Response(text, content_type=found["imageManifestMediaType"])
        response.headers["Docker-Content-Digest"] = found["imageId"]["imageDigest"]
        return response

    def _put_manifest(self, request: Request, name: str, reference: str) -> Response:
        data = request.get_data()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self._check_manifest(name, data)
        tag = {} if reference.startswith("sha256:") else {"imageTag": reference}
        if not tag and reference != digest:
            raise _RefusedError("DIGEST_INVALID", f"The manifest is not {reference}.", 400)
        there = self._image(name, reference)
        if there is None or there["imageId"]["imageDigest"] != digest:
            self._ecr(
                "put_image",
                repositoryName=name,
                imageManifest=data.decode(),
                imageManifestMediaType=request.mimetype,
                imageDigest=digest,
                **tag,
            )
        return _created(f"/v2/{name}/manifests/{digest}", digest)

    def _check_manifest(self, name: str, data: bytes) -> None:
        """Refuse a manifest of which something is missing."""
        try:
            parts = list(_parts(json.loads(data)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _RefusedError("MANIFEST_INVALID", "The manifest is not one.", 400) from error
        if len(data) > _LARGEST_MANIFEST:
            raise _RefusedError("SIZE_INVALID", "The manifest is too large.", 413)
        missing = [each for each in parts if not (self.blobs.find(each) or self._image(name, each))]
        if missing:
            raise _RefusedError("MANIFEST_BLOB_UNKNOWN", f"{name} lacks {', '.join(missing)}.", 400)

    def _tags(self, _request: Request, name: str) -> Response:
        self._existing(name)
        ecr = self.cloud.client("ecr")
        images = _all(ecr, "list_images", "imageIds", repositoryName=name)
        return _json(
            {"name": name, "tags": sorted({i["imageTag"] for i in images if "imageTag" in i})}
        )

    def _existing(self, name: str) -> None:
        self._ecr("describe_repositories", repositoryNames=[name])

    def _image(self, name: str, reference: str) -> Mapping[str, Any] | None:
        member = "imageDigest" if reference.startswith("sha256:") else "imageTag"
        found = self._ecr("batch_get_image", repositoryName=name, imageIds=[{member: reference}])
        return next(iter(found["images"]), None)

    def _ecr(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = getattr(self.cloud.client("ecr"), operation)(**parameters)
        except ClientError as error:
            details = error.response["Error"]
            code, status = _CODES.get(details["Code"], ("UNKNOWN", 400))
            raise _RefusedError(code, details["Message"], status) from error
        return found


def _parts(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield the digests of what an image or an index of images consists of."""
    for each in (*manifest.get("layers", ()), *manifest.get("manifests", ())):
        yield each["digest"]
    if "config" in manifest:
        yield manifest["config"]["digest"]


def _all(client: Any, operation: str, member: str, **parameters: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**parameters):
        yield from page[member]


def _json(content: object) -> Response:
    response = Response(json.dumps(content), content_type="application/json")
    response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"
    return response


def _created(location: str, digest: str) -> Response:
    headers = {"Location": location, "Docker-Content-Digest": digest}
    return Response(status=201, headers=headers)


def _accepted(name: str, upload: str, size: int) -> Response:
    location = f"/v2/{name}/blobs/uploads/{upload}"
    headers = {"Location": location, "Range": f"0-{max(size - 1, 0)}", "Docker-Upload-UUID": upload}
    return Response(status=202, headers=headers)


_Answer = Callable[..., Response]
_BLOB = rf"/v2/{_NAME}/blobs/(?P<digest>sha256:[0-9a-f]{{64}})"
_UPLOADS = rf"/v2/{_NAME}/blobs/uploads/"
_UPLOAD = rf"{_UPLOADS}(?P<upload>[0-9a-f]+)"
_MANIFEST = rf"/v2/{_NAME}/manifests/(?P<reference>[^/]+)"
_ROUTES: tuple[tuple[str, str, str, _Answer], ...] = (  # the third is the right that it needs
    ("GET", "/v2/", "", Registry._version),
    ("HEAD", _BLOB, "BatchCheckLayerAvailability", Registry._blob),
    ("GET", _BLOB, "GetDownloadUrlForLayer", Registry._blob),
    ("POST", _UPLOADS, "InitiateLayerUpload", Registry._begin),
    ("PATCH", _UPLOAD, "UploadLayerPart", Registry._append),
    ("PUT", _UPLOAD, "CompleteLayerUpload", Registry._finish),
    ("GET", _UPLOAD, "UploadLayerPart", Registry._progress),
    ("DELETE", _UPLOAD, "UploadLayerPart", Registry._cancel),
    ("HEAD", _MANIFEST, "BatchGetImage", Registry._manifest),
    ("GET", _MANIFEST, "BatchGetImage", Registry._manifest),
    ("PUT", _MANIFEST, "PutImage", Registry._put_manifest),
    ("GET", rf"/v2/{_NAME}/tags/list", "ListImages", Registry._tags),
)
