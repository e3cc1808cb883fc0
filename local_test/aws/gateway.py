"""One door for all of the laptop's AWS: finds out what a request wants, and who answers it.

/v2/…                              registry
signed for `sagemaker`             ours: JSON operations, and invocations of endpoints
signed for `s3`                    the S3 server
signed for IAM, STS, ECR, …        moto
/health                            200 as soon as requests are answered
"""

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from container.errors import ContainerError, UserError
from local_test.aws import asks, moto_services, replies, s3_asks, signing, simulation
from local_test.aws.access import Access
from local_test.aws.cloud import Cloud
from local_test.aws.ecr import Ecr
from local_test.aws.errors import AwsError, validation
from local_test.aws.identities import Identity
from local_test.aws.moto_services import Call, Moto
from local_test.aws.policies import Ask, Verdict
from local_test.aws.query_definitions import LOGS
from local_test.aws.sagemaker import runtime
from local_test.aws.service import SAGEMAKER
from local_test.aws.signing import Signature

HEALTH = "/health"
REGISTRY = "/v2/"
MOTO = ("iam", "sts", "ecr", "monitoring", "logs", "application-autoscaling")  # signing names
_INVOCATIONS = {  # the end of a path: the operation
    "invocations": "InvokeEndpoint",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
    "async-invocations": "InvokeEndpointAsync",
}
_INVOCATION = re.compile(rf"/endpoints/([^/]+)/({'|'.join(_INVOCATIONS)})")
_KEPT_HEADERS = ("Content-Type", "X-Amz-Target", "Smithy-Protocol", "Accept", "Content-Encoding")
_LOG = logging.getLogger(__name__)


class Storage(Protocol):
    """An S3 server behind the gateway."""

    def __call__(self, request: Request, body: bytes | None, /) -> Response:
        """Answer a request that is allowed; its body, where it was read already."""


@dataclass(frozen=True)
class Gateway:
    """A WSGI application.

    Attributes:
        cloud: What operations are handed.
        access: Guards it.
        moto: Answers what is not ours.
        storage: Answers requests of S3; None leaves them to moto.
        ecr: Completes moto's ECR, and has the registry that answers docker.
    """

    cloud: Cloud
    access: Access
    moto: Moto
    storage: Storage | None
    ecr: Ecr

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer as WSGI wants it."""
        return self.answer(Request(environ))(environ, start_response)

    def answer(self, request: Request) -> Response:
        """Answer a request, a refusal being an answer too."""
        service = ""
        try:
            if request.path == HEALTH:
                return Response("ok\n")
            if request.path.startswith(REGISTRY):
                return self.ecr.registry(request)
            signature = _signature(request)
            service = signature.service
            return self._handler(service)(request, signature)
        except AwsError as error:
            refused = error
        except UserError as error:
            refused = validation(str(error))
        except ContainerError as error:
            refused = AwsError("InternalFailure", str(error), 500)
        except Exception:
            _LOG.exception("%s %s failed.", request.method, request.path)
            refused = AwsError("InternalFailure", "The laptop's AWS failed; see its log.", 500)
        return replies.refusal(refused, service, request)

    def _handler(self, service: str) -> Callable[[Request, Signature], Response]:
        if service in MOTO:
            return self._to_moto
        if service == "s3":
            return self._to_s3
        if service == "sagemaker":
            return self._to_sagemaker
        raise AwsError(
            "UnknownOperationException", f"The laptop's AWS has no service {service or 'named'}."
        )

    def _to_sagemaker(self, request: Request, signature: Signature) -> Response:
        body = request.get_data()
        identity = self.access.identify(request, signature, body)
        if found := _INVOCATION.fullmatch(request.path):
            name = unquote(found[1])
            wanted = asks.invocation(_INVOCATIONS[found[2]], name, self._names)
            self._permit(identity, wanted, "sagemaker")
            return runtime.invoke(self.cloud, name, request)
        action = _action(request)
        given = asks.parameters(_of_interest(request), body)
        self._permit(identity, asks.needed("sagemaker", action, given, self._names), "sagemaker")
        return replies.json_reply(SAGEMAKER.call(self.cloud, action, body))

    def _to_moto(self, request: Request, signature: Signature) -> Response:
        body, headers = request.get_data(), _of_interest(request)
        identity = self.access.identify(request, signature, body)
        action, given = _action(request), asks.parameters(headers, body)
        wanted = asks.needed(signature.service, action, given, self._names)
        self._permit(identity, wanted, signature.service)
        if signature.service == LOGS.name and action in LOGS.operations:
            return replies.json_reply(LOGS.call(self.cloud, action, body))
        if signature.service == "iam" and action == simulation.ACTION:
            return simulation.answer(self.access.identities, given)
        response = self.moto(_call(request, signature, action))
        if signature.service == "ecr":
            self.ecr.adapt(action, response, signature.key)
        return response

    def _to_s3(self, request: Request, signature: Signature) -> Response:
        many = "delete" in request.args and request.method == "POST"
        body = request.get_data() if many or self.storage is None else None
        identity = self.access.identify(request, signature, body)
        headers = {name.lower(): value for name, value in request.headers.items()}
        wanted = s3_asks.needed(request.method, request.path, request.args, headers, body or b"")
        self.access.permit(identity, wanted, "s3")
        if self.storage is None:
            return self.moto(_call(request, signature, "GetObject"))  # not for the journal
        response = self.storage(request, body)
        if response.status_code == 404 and not self._may_list(identity, request):
            response.close()
            raise AwsError("AccessDenied", "Access Denied", 403)  # it must not learn what is there
        return response

    def _may_list(self, identity: Identity, request: Request) -> bool:
        bucket = request.path.split("/")[1]
        ask = Ask("s3:ListBucket", f"arn:aws:s3:::{bucket}")
        return identity.verdict(ask) is Verdict.ALLOWED

    def _permit(self, identity: Identity, wanted: Sequence[Ask], service: str) -> None:
        """Refuse what is not allowed; conditions may be about the tags of what it is about."""
        labelled = [
            replace(ask, context={**self._labels(ask.resource), **ask.context}) for ask in wanted
        ]
        self.access.permit(identity, labelled, service)

    def _labels(self, arn: str) -> Mapping[str, Sequence[str]]:
        document = self.cloud.store.table("tags").get(arn) or {"Tags": []}
        return {
            f"{prefix}:resourcetag/{each['Key']}".lower(): [each["Value"]]
            for each in document["Tags"]
            for prefix in ("aws", "sagemaker")
        }

    @property
    def _names(self) -> Mapping[str, str]:
        return {"region": self.cloud.region, "account": self.cloud.account}


def _call(request: Request, signature: Signature, action: str) -> Call:
    return Call(
        signature.service,
        action,
        signature.region,
        signature.key,
        request.method,
        signing.target(request),
        dict(request.headers) if signature.service == "s3" else _of_interest(request),
        request.get_data(),
    )


def _signature(request: Request) -> Signature:
    try:
        signature = signing.read(request)
    except ValueError as error:
        raise AwsError("IncompleteSignature", str(error)) from error
    if signature is None:
        raise AwsError("MissingAuthenticationToken", "Missing Authentication Token", 403)
    return signature


def _of_interest(request: Request) -> dict[str, str]:
    return {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers}


def _action(request: Request) -> str:
    return moto_services.action(signing.target(request), request.headers, request.get_data())
