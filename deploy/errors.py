"""What can go wrong on the way to the cloud, and AWS's own errors put into sentences.

ContainerError              explained in one sentence, without a traceback
└── DeployError             a command of `deploy` cannot do what it was asked
    ├── RefusedError        AWS answered no; knows the operation and AWS's code
    │   ├── DeniedError     IAM does not allow it
    │   ├── MissingError    the thing is not there
    │   └── ExistsError     the thing is there already
    ├── CredentialsError    there are none, or AWS does not take them
    ├── UnreachableError    nothing answered
    └── OverdueError        it did not come about in time
"""

from collections.abc import Mapping
from typing import Any, Final

from botocore import exceptions as boto

from container.errors import ContainerError

_CREDENTIALS: Final = {
    "ExpiredToken": "have expired",
    "ExpiredTokenException": "have expired",
    "RequestExpired": "have expired",
    "TokenRefreshRequired": "have expired",
    "InvalidAccessKeyId": "are of a key that AWS does not know",
    "InvalidClientTokenId": "are of a key that AWS does not know",
    "UnrecognizedClientException": "are of a key that AWS does not know",
    "InvalidToken": "hold a session token that AWS does not know",
    "AuthFailure": "were not accepted",
    "IncompleteSignature": "were not accepted",
    "InvalidSignatureException": "do not match: the secret is not this key's",
    "SignatureDoesNotMatch": "do not match: the secret is not this key's",
}
_DENIED: Final = {
    "403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation",
}  # fmt: skip
_MISSING: Final = {
    "404", "NoSuchBucket", "NoSuchEntity", "NoSuchKey", "NotFoundException", "ObjectNotFound",
    "ObjectNotFoundException", "RepositoryNotFoundException", "ResourceNotFound",
    "ResourceNotFoundException", "ImageNotFoundException", "NotFound",
    "LifecyclePolicyNotFoundException",
}  # fmt: skip
_EXISTS: Final = {
    "BucketAlreadyExists", "BucketAlreadyOwnedByYou", "EntityAlreadyExists",
    "ImageAlreadyExistsException", "RepositoryAlreadyExistsException",
    "ResourceAlreadyExistsException",
}  # fmt: skip
_ELSEWHERE: Final = {
    "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
    "PermanentRedirect",
}  # fmt: skip
_NO_CREDENTIALS: Final = (
    boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError,
    boto.TokenRetrievalError, boto.UnauthorizedSSOTokenError, boto.SSOTokenLoadError,
    boto.NoAuthTokenError,
)  # fmt: skip
_NO_ANSWER: Final = (boto.HTTPClientError, boto.ConnectionError, boto.EndpointConnectionError)
_RENEW: Final = (
    "Give the pod or the instance a role, or renew the SDK's profile or variables "
    "(`aws sso login`, for example)."
)


class DeployError(ContainerError):
    """A command cannot do what it was asked."""

    code = "deploy_error"


class RefusedError(DeployError):
    """AWS answered no.

    Attributes:
        operation: As IAM writes it, `sagemaker:CreateModel`.
        aws_code: AWS's own name of the error, `ValidationException`.
        reason: AWS's own words.
    """

    code = "refused_by_aws"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        operation: str = "",
        aws_code: str = "",
        reason: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.operation = operation
        self.aws_code = aws_code
        self.reason = reason


class DeniedError(RefusedError):
    """IAM does not allow it."""

    code = "denied_by_iam"


class MissingError(RefusedError):
    """The thing is not there."""

    code = "not_found"


class ExistsError(RefusedError):
    """The thing is there already."""

    code = "already_exists"


class CredentialsError(DeployError):
    """There are no credentials, or AWS does not take them."""

    code = "credentials"


class UnreachableError(DeployError):
    """Nothing answered."""

    code = "unreachable"


class OverdueError(DeployError):
    """It did not come about in time."""

    code = "overdue"


def explained(
    error: Exception, operation: str = "", parameters: Mapping[str, Any] | None = None
) -> DeployError:
    """Put an error of boto3 into a sentence.

    AWS's own words on credentials are left out, as some stores repeat the key in them.

    Args:
        error: What boto3 raised.
        operation: What was asked, as IAM writes it: `sagemaker:CreateModel`.
        parameters: What it was asked with; the resource's name is found among them.
    """
    what = " ".join(each for each in (operation, resource(parameters or {})) if each)
    if isinstance(error.__context__, boto.ClientError):  # boto3 wraps those of its transfers
        error = error.__context__
    if isinstance(error, boto.ClientError):
        return _refusal(error, operation, what)
    if isinstance(error, _NO_CREDENTIALS):
        return CredentialsError(
            f"There are no usable AWS credentials for {what or 'AWS'} ({type(error).__name__}).",
            hint=_RENEW,
        )
    if isinstance(error, boto.NoRegionError):
        return DeployError("No AWS region is set.", hint="Give --region, or set AWS_REGION.")
    if isinstance(error, boto.ProfileNotFound):
        return CredentialsError(f"{error}.", hint="`aws configure list-profiles` shows them.")
    if isinstance(error, _NO_ANSWER):
        return UnreachableError(
            f"{what or 'AWS'} got no answer: {_sentence(str(error))}",
            hint="Check the network, the region and AWS_ENDPOINT_URL; then run it again, "
            "nothing is done twice.",
        )
    return DeployError(f"{what or 'A call'} failed: {_sentence(str(error))}")


def resource(parameters: Mapping[str, Any]) -> str:
    """Name what a call is about, from its parameters: `s3://bucket/key`, or the first name."""
    if bucket := parameters.get("Bucket"):
        key = parameters.get("Key")
        return f"s3://{bucket}/{key}" if key else f"s3://{bucket}"
    for name, value in parameters.items():
        if isinstance(value, str) and name.lower().endswith(("name", "arn", "id", "group")):
            return value
    return ""


def _refusal(error: boto.ClientError, operation: str, what: str) -> DeployError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    reason = str(error.response.get("Error", {}).get("Message", "")) or str(error)
    what = what or error.operation_name
    about = {"operation": operation, "aws_code": code, "reason": reason}
    if found := _CREDENTIALS.get(code):
        return CredentialsError(f"The AWS credentials {found} ({code} at {what}).", hint=_RENEW)
    if code in _DENIED:
        return DeniedError(
            f"IAM does not allow {what}: {_sentence(reason)}",
            hint="`python -m deploy iam render` prints the policies that do; see who you are "
            "with `aws sts get-caller-identity`.",
            **about,
        )
    if code in _ELSEWHERE:
        return RefusedError(
            f"{what} is in another region: {_sentence(reason)}",
            hint="Give that region with --region; SageMaker, its bucket and its image share one.",
            **about,
        )
    if code in _MISSING or _says(error, "could not find", "not found", "does not exist"):
        # What is to be created is not missing itself: something that it is made of is.
        verb = "is refused" if ":Create" in operation else "is not there"
        return MissingError(f"{what} {verb}: {_sentence(reason)}", **about)
    if code in _EXISTS or _says(error, "already exist"):
        return ExistsError(f"{what} is there already: {_sentence(reason)}", **about)
    return RefusedError(f"AWS refuses {what} ({code}): {_sentence(reason)}", **about)


def _says(error: boto.ClientError, *words: str) -> bool:
    """Tell what SageMaker puts into the words of a ValidationException only."""
    found = error.response.get("Error", {})
    text = str(found.get("Message", "")).lower()
    return found.get("Code") == "ValidationException" and any(word in text for word in words)


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
