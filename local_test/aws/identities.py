"""Who may sign requests: users and sessions of roles as moto's IAM and STS know them."""

import contextlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from local_test.aws import policies
from local_test.aws.clients import Credentials
from local_test.aws.errors import AwsError, validation
from local_test.aws.moto_services import LOCK
from local_test.aws.policies import Ask, Document

SERVICE = "sagemaker.amazonaws.com"


@dataclass(frozen=True)
class Identity:
    """Somebody who asks.

    Attributes:
        arn: Of the user, or of the session.
        name: The user's or the role's.
        secret: What requests are signed with.
        token: Of a session; None for a user.
        expires: When a session ends.
        documents: The policies that allow or deny.
        limits: Groups of policies all of which have to allow as well: a session's own, boundaries.
    """

    arn: str
    name: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires: datetime | None = None
    documents: tuple[Document, ...] = ()
    limits: tuple[tuple[Document, ...], ...] = ()

    def verdict(self, ask: Ask) -> policies.Verdict:
        """Say whether it may do something."""
        found = policies.verdict(self.documents, ask)
        for limit in self.limits:
            narrowed = policies.verdict(limit, ask)
            if policies.Verdict.DENIED in {found, narrowed}:
                return policies.Verdict.DENIED
            if narrowed is policies.Verdict.SILENT:
                found = narrowed
        return found


class Identities:
    """Finds who is behind an access key.

    Args:
        account: Whose.
    """

    def __init__(self, account: str) -> None:
        self._account = account
        self._acting: dict[str, tuple[Credentials, str]] = {}  # by the key, with the role's ARN

    def find(self, key: str) -> Identity | None:
        """Give who an access key belongs to, with the policies of this moment; None for nobody."""
        with LOCK:
            if key in self._acting:
                credentials, role = self._acting[key]
                return self._session(self._role(role), "SageMaker", credentials)
            for user in self._iam.users.values():
                for access_key in user.access_keys:
                    if access_key.access_key_id == key and access_key.status == "Active":
                        return self._user(user, access_key.secret_access_key)
            for assumed in self._sts.assumed_roles:
                if assumed.access_key_id == key:
                    return self._assumed(assumed)
        return None

    def named(self, arn: str) -> Identity | None:
        """Give a user or a role by ARN, with the policies of this moment; None for nobody."""
        with LOCK:
            for user in self._iam.users.values():
                if user.arn == arn:
                    return self._user(user, "")
            for role in self._iam.roles.values():
                if role.arn == arn:
                    return replace(self._session(role, role.name, Credentials("", "")), arn=arn)
        return None

    def act_as(self, role: str) -> Credentials:
        """Begin a session of a role for SageMaker itself, as the platform does for jobs.

        Raises:
            AwsError: There is no such role, or it does not trust SageMaker.
        """
        with LOCK:
            found = self._role(role)
            trust = policies.parse(found.assume_role_policy_document)
        ask = Ask("sts:AssumeRole", role, {"aws:sourceaccount": [self._account]})
        if not policies.trusts(trust, {"Service": [SERVICE]}, ask):
            raise _cannot_assume(role)
        for credentials, acting in self._acting.values():
            if acting == role:
                return credentials
        made = Credentials(
            f"ASIA{secrets.token_hex(8).upper()}", secrets.token_hex(20), secrets.token_hex(20)
        )
        self._acting[made.key] = (made, role)
        return made

    def trust_of(self, role: str) -> Document | None:
        """Give a role's trust policy; None where there is no such role."""
        with LOCK, contextlib.suppress(AwsError):
            return policies.parse(self._role(role).assume_role_policy_document)
        return None

    @property
    def _iam(self) -> Any:
        from moto.iam.models import iam_backends

        return iam_backends[self._account]["aws"]

    @property
    def _sts(self) -> Any:
        from moto.sts.models import sts_backends

        return sts_backends[self._account]["aws"]

    def _role(self, arn: str) -> Any:
        for role in self._iam.roles.values():
            if role.arn == arn:
                return role
        raise _cannot_assume(arn)

    def _user(self, user: Any, secret: str) -> Identity:
        groups = self._iam.get_groups_for_user(user.name)
        owners = [user, *groups]
        return Identity(user.arn, user.name, secret, documents=tuple(_documents(owners)))

    def _assumed(self, assumed: Any) -> Identity | None:
        credentials = Credentials(
            assumed.access_key_id, assumed.secret_access_key, assumed.session_token
        )
        try:
            role = self._role(assumed.role_arn)
        except AwsError:  # deleted since
            return None
        found = self._session(role, assumed.session_name, credentials)
        limits = found.limits
        if assumed.policy:
            limits = (*limits, (policies.parse(assumed.policy),))
        ends = assumed.expiration.replace(tzinfo=UTC)  # moto gives UTC without saying so
        return replace(found, expires=ends, limits=limits)

    def _session(self, role: Any, name: str, credentials: Credentials) -> Identity:
        arn = f"arn:aws:sts::{self._account}:assumed-role/{role.name}/{name}"
        boundary = role.permissions_boundary_arn
        limits = ((_managed(self._iam.managed_policies[boundary]),),) if boundary else ()
        return Identity(
            arn,
            role.name,
            credentials.secret,
            credentials.token,
            documents=tuple(_documents([role])),
            limits=limits,
        )


def _documents(owners: Iterable[Any]) -> Iterable[Document]:
    """Give the inline and the attached policies of users, groups and roles."""
    for owner in owners:
        yield from (policies.parse(text) for text in owner.policies.values())
        yield from (_managed(each) for each in owner.managed_policies.values())


def _managed(policy: Any) -> Document:
    version = next(each for each in policy.versions if each.is_default)
    return policies.parse(version.document)


def _cannot_assume(role: str) -> AwsError:
    return validation(
        f"Could not assume role {role}. Please ensure that the role exists and allows principal "
        f"'{SERVICE}' to assume the role."
    )
