"""Whether a request is what it says it is, and whether whoever signed it may do what it asks.

    signature ──▶ identify ──▶ Identity ──▶ permit ──▶ nothing, or AwsError

Refusals have the code that the asked service uses: clients decide by it whether to get new
credentials, to wait or to give up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from werkzeug.wrappers import Request

from local_test.aws import policies, signing
from local_test.aws.errors import AwsError
from local_test.aws.identities import Identities, Identity
from local_test.aws.policies import Ask, Verdict
from local_test.aws.replies import QUERY
from local_test.aws.signing import Signature

SKEW = timedelta(minutes=15)  # that a signature may be old
_GLOBAL = {"iam"}  # services that are signed for us-east-1 everywhere
_STAMP = "%Y%m%dT%H%M%S%z"

_UNKNOWN = "The security token included in the request is invalid."
_WRONG = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method."
)
_CODES: Mapping[str, tuple[str, str, str]] = {  # what is wrong: codes of S3, of IAM and STS, others
    "unknown": ("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"),
    "wrong": ("SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException"),
    "old": ("RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignatureException"),
    "expired": ("ExpiredToken", "ExpiredToken", "ExpiredTokenException"),
    "region": (
        "AuthorizationHeaderMalformed",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
    ),
    "denied": ("AccessDenied", "AccessDenied", "AccessDeniedException"),
}


@dataclass(frozen=True)
class Access:
    """The guard of the gateway.

    Attributes:
        region: The only one that signatures may be for.
        account: Whose resources they are.
        identities: Who there is.
        now: The time.
    """

    region: str
    account: str
    identities: Identities
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def identify(self, request: Request, signature: Signature, body: bytes | None) -> Identity:
        """Find who signed a request.

        Args:
            request: As it came.
            signature: What it says of itself.
            body: The whole of it; None where only its hash is signed.

        Raises:
            AwsError: The key is unknown, the signature wrong or old, the session over, or the
                signature is for another region.
        """
        service = signature.service
        identity = self.identities.find(signature.key)
        if identity is None or identity.token != signature.token:
            raise _refused("unknown", service, _UNKNOWN)
        if signature.region != ("us-east-1" if service in _GLOBAL else self.region):
            raise _refused(
                "region",
                service,
                f"Credential should be scoped to a valid region, not '{signature.region}'; "
                f"the region '{signature.region}' is wrong; expecting '{self.region}'",
            )
        if not signing.holds(request, signature, identity.secret, body):
            raise _refused("wrong", service, _WRONG)
        self._check_times(signature, identity)
        return identity

    def permit(self, identity: Identity, asks: Sequence[Ask], service: str) -> None:
        """Refuse what the policies of an identity do not allow.

        Raises:
            AwsError: Access is denied; the message has who, what and why, as AWS's has.
        """
        for ask in asks:
            whole = replace(ask, context={**self._context(identity), **ask.context})
            found = identity.verdict(whole)
            if found is Verdict.ALLOWED and self._is_trusted(identity, whole):
                continue
            reason = (
                "with an explicit deny in an identity-based policy"
                if found is Verdict.DENIED
                else f"because no identity-based policy allows the {ask.action} action"
            )
            message = (
                f"User: {identity.arn} is not authorized to perform: {ask.action} "
                f"on resource: {ask.resource} {reason}"
            )
            raise _refused("denied", service, message)

    def _is_trusted(self, identity: Identity, ask: Ask) -> bool:
        """Whether a role that is to be assumed lets this identity do so; true for other actions."""
        if ask.action != "sts:AssumeRole":
            return True
        root = f"arn:aws:iam::{self.account}:root"
        trust = self.identities.trust_of(ask.resource)
        principals = {"AWS": [identity.arn, root, self.account]}
        return trust is not None and policies.trusts(trust, principals, ask)

    def _check_times(self, signature: Signature, identity: Identity) -> None:
        now = self.now()
        signed = _signed(signature)
        latest = signed + timedelta(seconds=signature.expires) if signature.expires else None
        if latest is not None and now > latest:
            raise AwsError("AccessDenied", "Request has expired", 403)
        if latest is None and abs(now - signed) > SKEW:
            raise _refused(
                "old",
                signature.service,
                f"Signature expired: {signature.stamp} is not within {SKEW} of now.",
            )
        if identity.expires is not None and now >= identity.expires:
            raise _refused(
                "expired",
                signature.service,
                "The security token included in the request is expired",
            )

    def _context(self, identity: Identity) -> Mapping[str, Sequence[str]]:
        """Give the condition keys that every request has; the loopback stands for TLS."""
        name = {} if identity.token else {"aws:username": [identity.name]}
        return {
            **name,
            "aws:currenttime": [self.now().isoformat()],
            "aws:principalaccount": [self.account],
            "aws:principalarn": [identity.arn],
            "aws:requestedregion": [self.region],
            "aws:securetransport": ["true"],
            "aws:sourceip": ["127.0.0.1"],
        }


def _signed(signature: Signature) -> datetime:
    try:
        return datetime.strptime(signature.stamp, _STAMP)
    except ValueError as error:
        raise AwsError(
            "IncompleteSignature", "X-Amz-Date must be like 20261231T235959Z."
        ) from error


def _refused(what: str, service: str, message: str) -> AwsError:
    of_s3, of_query, of_others = _CODES[what]
    if service == "s3":
        return AwsError(of_s3, message, 400 if what in {"expired", "region"} else 403)
    if service in QUERY:
        return AwsError(of_query, message, 403)
    return AwsError(of_others, message, 400)
