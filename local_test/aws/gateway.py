"""One port for all of the laptop's AWS: finds out what a request wants, and who answers it.

/v2/…                              registry
signed for `sagemaker`             ours: JSON operations, and invocations of endpoints
signed for `s3`                    the S3 server
signed for IAM, STS, ECR, …        moto
/health                            200 as soon as requests are answered
"""

import contextlib
import importlib
import importlib.util
import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from container.errors import ContainerError, PlatformError
from local_test.aws import moto_services, replies, signing
from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.moto_services import Call, Moto
from local_test.aws.service import SAGEMAKER
from local_test.aws.signing import Signature

Handler = Callable[[Request], Response]

HEALTH = "/health"
REGISTRY = "/v2/"
MOTO = ("iam", "sts", "ecr", "monitoring", "logs", "application-autoscaling")  # signing names
_INVOCATION = re.compile(
    r"/endpoints/([^/]+)/(invocations|invocations-response-stream|async-invocations)"
)
_RUNTIME = "local_test.aws.sagemaker.runtime"
_KEPT_HEADERS = ("Content-Type", "X-Amz-Target", "Smithy-Protocol", "Accept", "Content-Encoding")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gateway:
    """A WSGI application.

    Attributes:
        cloud: What operations are handed.
        moto: Answers what is not ours.
        s3: Answers requests of S3; None leaves them to moto.
        registry: Answers docker.
        registry_name: Host and port under which docker reaches the registry.
    """

    cloud: Cloud
    moto: Moto
    s3: Handler | None
    registry: Handler | None
    registry_name: str

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer as WSGI wants it."""
        request = Request(environ)
        return self.answer(request)(environ, start_response)

    def answer(self, request: Request) -> Response:
        """Answer a request, a refusal being an answer too."""
        service = ""
        try:
            if request.path == HEALTH:
                return Response("ok\n")
            if self.registry is not None and request.path.startswith(REGISTRY):
                return self.registry(request)
            signature = _signature(request)
            service = signature.service
            return self._route(request, signature)
        except AwsError as error:
            return replies.refusal(error, service, request)
        except ContainerError as error:
            return replies.refusal(AwsError("InternalFailure", str(error), 500), service, request)
        except Exception:
            _LOG.exception("%s %s failed.", request.method, request.path)
            refused = AwsError("InternalFailure", "The laptop's AWS failed; see its log.", 500)
            return replies.refusal(refused, service, request)

    def _route(self, request: Request, signature: Signature) -> Response:
        if signature.service == "s3":
            return self.s3(request) if self.s3 else self._moto(request, signature, "")
        if signature.service == "sagemaker":
            return self._sagemaker(request)
        if signature.service in MOTO:
            return self._moto(request, signature, _action(request))
        raise AwsError(
            "UnknownOperationException", f"The laptop's AWS has no service {signature.service}."
        )

    def _sagemaker(self, request: Request) -> Response:
        if found := _INVOCATION.fullmatch(request.path):
            response: Response = _runtime()(self.cloud, unquote(found[1]), request)
            return response
        name = _action(request)
        return replies.json_reply(SAGEMAKER.call(self.cloud, name, request.get_data()))

    def _moto(self, request: Request, signature: Signature, action: str) -> Response:
        call = Call(
            signature.service,
            action,
            signature.region,
            signature.key,
            request.method,
            signing.target(request),
            {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers},
            request.get_data(),
        )
        response = self.moto(call)
        if signature.service == "ecr":
            theirs = f"{self.cloud.account}.dkr.ecr.{self.cloud.region}.amazonaws.com"
            text = response.get_data(as_text=True)
            response.set_data(
                text.replace(f"https://{theirs}", f"http://{self.registry_name}").replace(
                    theirs, self.registry_name
                )
            )
        return response


@contextlib.contextmanager
def serving(application: Any, addresses: Sequence[str], port: int) -> Iterator[None]:
    """Serve an application on a port of several addresses inside the block.

    Raises:
        PlatformError: The port is taken.
    """
    with contextlib.ExitStack() as undo:
        for address in addresses:
            server = _bound(address, port, application)
            undo.callback(server.server_close)
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            undo.callback(thread.join)
            undo.callback(server.shutdown)
        yield


def _bound(address: str, port: int, application: Any) -> BaseWSGIServer:
    try:
        server = make_server(
            address, port, application, threaded=True, request_handler=_QuietHandler
        )
    except SystemExit as error:  # werkzeug's answer to a port that is taken
        raise PlatformError(
            f"The port {port} of {address} is taken.", hint="Give another one with --port."
        ) from error
    server.daemon_threads = True  # type: ignore[attr-defined] # a hanging client must not hold us
    return server


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no line a request: the answers of importance are in the client's hands."""


def _signature(request: Request) -> Signature:
    try:
        signature = signing.read(request)
    except ValueError as error:
        raise AwsError("IncompleteSignature", str(error)) from error
    if signature is None:
        raise AwsError("MissingAuthenticationToken", "Missing Authentication Token", 403)
    return signature


def _action(request: Request) -> str:
    body = request.get_data()
    return moto_services.action(signing.target(request), request.headers, body)


def _runtime() -> Any:
    """Find what answers invocations, which is a module of its own."""
    if importlib.util.find_spec(_RUNTIME) is None:
        raise AwsError("UnknownOperationException", "The laptop's AWS has no endpoints.")
    return importlib.import_module(_RUNTIME).invoke
