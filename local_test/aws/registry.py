"""A container registry with ECR's ways, for docker push and docker pull.

    docker ──▶ /v2/NAME/blobs/…        layers, in files
           └─▶ /v2/NAME/manifests/…    images, in ECR itself, where DescribeImages finds them

The protocol is the OCI distribution specification's. As in ECR a repository is made before it is
pushed to, the password is that of GetAuthorizationToken, every step needs a right of IAM, and an
immutable tag stays what it is.
"""

import functools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import FileWrapper

from local_test.aws.access import Access
from local_test.aws.blobs import Blobs
from local_test.aws.errors import AwsError
from local_test.aws.policies import Ask
from local_test.aws.pushed import Pushed, RefusedError, received
from local_test.aws.tokens import USER, Tokens

_NAME = r"(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Registry:
    """The part of the gateway that docker talks to.

    Attributes:
        access: Decides what the holder of a password may do.
        images: Where manifests are.
        blobs: Where layers are.
        tokens: Checks passwords.
    """

    access: Access
    images: Pushed
    blobs: Blobs
    tokens: Tokens

    def __call__(self, request: Request) -> Response:
        """Answer docker, a refusal being an answer too."""
        try:
            return self._route(request)
        except RefusedError as error:
            response = _json({"errors": [{"code": error.code, "message": error.message}]})
            response.status_code = error.status
            if error.status == 401:
                response.headers["WWW-Authenticate"] = 'Basic realm="the laptop\'s AWS"'
            return response

    def clear(self) -> None:
        """Remove the layers of images that ECR has no more."""
        self.blobs.keep_only(self.images.used())

    def size(self, name: str, digest: str) -> int:
        """Give how many bytes the layers and the configuration of an image take."""
        image = self.images.find(name, digest)
        paths = map(self.blobs.find, set(image.parts) if image else ())
        return sum(path.stat().st_size for path in paths if path is not None)

    def _route(self, request: Request) -> Response:
        may = functools.partial(self._permit, self._key(request))
        for method, pattern, action, answer in _ROUTES:
            if method == request.method and (found := re.fullmatch(pattern, request.path)):
                parts = found.groupdict()
                if action:
                    may(action, parts["name"])
                return answer(self, request, **parts)
        raise RefusedError("UNSUPPORTED", f"There is no {request.method} {request.path}.", 404)

    def _key(self, request: Request) -> str:
        given = request.authorization
        key = None
        if given is not None and given.username == USER and given.password:
            key = self.tokens.key(given.password)
        if key is None:
            raise RefusedError(
                "UNAUTHORIZED", "Your authorization token has expired or is wrong.", 401
            )
        return key

    def _permit(self, key: str, action: str, name: str) -> None:
        identity = self.access.identities.find(key)
        if identity is None:
            raise RefusedError("UNAUTHORIZED", "The access key of the token is no more.", 401)
        place = f"{self.access.region}:{self.access.account}"
        resource = f"arn:aws:ecr:{place}:repository/{name}"
        try:
            self.access.permit(identity, [Ask(f"ecr:{action}", resource)], "ecr")
        except AwsError as error:
            raise RefusedError("DENIED", error.message, 403) from error

    def _version(self, _request: Request) -> Response:
        return _json({})

    def _blob(self, _request: Request, name: str, digest: str) -> Response:
        path = self.blobs.find(digest)
        if path is None:
            raise RefusedError("BLOB_UNKNOWN", f"{name} has no blob {digest}.", 404)
        content = FileWrapper(path.open("rb"), _CHUNK)
        response = Response(content, content_type="application/octet-stream")
        response.content_length = path.stat().st_size
        response.headers["Docker-Content-Digest"] = digest
        return response

    def _begin(self, request: Request, name: str) -> Response:
        self.images.check(name)
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
            raise RefusedError("DIGEST_INVALID", f"The blob is not {digest or 'named'}.", 400)
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
            raise RefusedError("BLOB_UPLOAD_UNKNOWN", f"There is no upload {upload}.", 404)
        return size

    def _manifest(self, _request: Request, name: str, reference: str) -> Response:
        image = self.images.find(name, reference)
        if image is None:
            raise RefusedError("MANIFEST_UNKNOWN", f"{name} has no image {reference}.", 404)
        response = Response(image.text, content_type=image.media_type)
        response.headers["Docker-Content-Digest"] = image.digest
        return response

    def _put_manifest(self, request: Request, name: str, reference: str) -> Response:
        image = received(request.get_data(), request.mimetype)
        missing = [
            each
            for each in image.parts
            if not (self.blobs.find(each) or self.images.find(name, each))
        ]
        if missing:
            raise RefusedError("MANIFEST_BLOB_UNKNOWN", f"{name} lacks {', '.join(missing)}.", 400)
        self.images.put(name, reference, image)
        return _created(f"/v2/{name}/manifests/{image.digest}", image.digest)

    def _tags(self, _request: Request, name: str) -> Response:
        return _json({"name": name, "tags": self.images.tags(name)})


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
