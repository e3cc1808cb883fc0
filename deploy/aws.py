"""Every call to AWS of this package passes here: explained when it fails, shown when only planned.

Credentials, region and endpoints come from the SDK's standard places; AWS_ENDPOINT_URL points all
of it at another AWS, such as the laptop's.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import boto3
import botocore.session
from boto3.exceptions import Boto3Error
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deploy import naming
from deploy.errors import DeployError, explained
from deploy.screen import Screen

BOTO_ERRORS: Final = (BotoCoreError, ClientError, Boto3Error)

_CONNECT_SECONDS: Final = 10
_READ_SECONDS: Final = 70  # an answer of an endpoint may take 60 s (C1.31)
_ATTEMPTS: Final = 6  # of a request that may be repeated, unless AWS_MAX_ATTEMPTS says otherwise
_SECRETIVE: Final = ("Environment", "environment", "Body")  # may hold what nobody should read
_PREFIXES: Final = {"sagemaker-runtime": "sagemaker", "resourcegroupstaggingapi": "tag"}
_RENAMED: Final = {  # where IAM's name is not the operation's
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
}
_TEXT: Final = 120


class Aws:
    """AWS as one account and region see it.

    Args:
        screen: Where planned calls are shown.
        region: None for what the SDK finds.
        profile: None for what the SDK finds.
        plan: Show what would be written, and write nothing.

    Raises:
        DeployError: There is no such profile, or no region.
    """

    def __init__(
        self,
        screen: Screen,
        *,
        region: str | None = None,
        profile: str | None = None,
        plan: bool = False,
    ) -> None:
        self.plan = plan
        self.planned: list[dict[str, Any]] = []
        self._screen = screen
        self._clients: dict[str, Any] = {}
        self._account: str | None = None
        core = botocore.session.get_session()
        try:
            self.session = boto3.Session(
                region_name=region, profile_name=profile, botocore_session=core
            )
            attempts = core.get_config_variable("max_attempts") or _ATTEMPTS
        except BOTO_ERRORS as error:
            raise explained(error) from error
        if not self.session.region_name:
            raise DeployError("No AWS region is set.", hint="Give --region, or set AWS_REGION.")
        self._config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            user_agent_extra=naming.MADE_BY,
        )

    @property
    def region(self) -> str:
        """The region of all calls."""
        return str(self.session.region_name)

    @property
    def account(self) -> str:
        """The account's twelve digits, asked once."""
        if self._account is None:
            self._account = str(self.read("sts", "GetCallerIdentity")["Account"])
        return self._account

    def client(self, service: str) -> Any:
        """Give boto3's client of a service, made once; it retries what may be retried."""
        if service not in self._clients:
            try:
                self._clients[service] = self.session.client(service, config=self._config)
            except (*BOTO_ERRORS, ValueError) as error:  # ValueError: an endpoint that is no URL
                raise explained(error, service) from error
        return self._clients[service]

    def read(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Call an operation that changes nothing; made with `--plan` too.

        Args:
            service: As boto3 calls it: `sagemaker`.
            operation: As AWS calls it: `DescribeEndpoint`.
            **parameters: What boto3 takes.

        Raises:
            DeployError: AWS refused (see `deploy.errors`), or did not answer.
        """
        return self._call(service, operation, parameters)

    def write(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Call an operation that changes something; with `--plan` show it, and give {}.

        Names are to come from the caller and not from the answer, which a plan does not have.

        Raises:
            DeployError: AWS refused, or did not answer.
        """
        if self.plan:
            self.note(service, operation, **parameters)
            return {}
        return self._call(service, operation, parameters)

    def pages(
        self, service: str, operation: str, key: str, /, **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """Give the items of a listing, page by page.

        Args:
            service: As boto3 calls it.
            operation: As AWS calls it: `ListTags`.
            key: Where the items are in an answer: `Tags`.
            **parameters: What boto3 takes.
        """
        try:
            paginator = self.client(service).get_paginator(xform_name(operation))
            for page in paginator.paginate(**parameters):
                yield from page.get(key, ())
        except BOTO_ERRORS as error:
            raise explained(error, iam_name(service, operation), parameters) from error

    def note(self, service: str, operation: str, /, **parameters: Any) -> None:
        """Show a call that a plan leaves out; environments and bodies are not printed."""
        shown = _shown(parameters)
        self.planned.append({"operation": iam_name(service, operation), "parameters": shown})
        lines = [f"  {key} = {_line(value)}" for key, value in shown.items()]
        self._screen.say("\n".join((f"would call {iam_name(service, operation)}", *lines)))

    def _call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self.client(service), xform_name(operation))(
                **parameters
            )
        except BOTO_ERRORS as error:
            raise explained(error, iam_name(service, operation), parameters) from error
        return answer


def iam_name(service: str, operation: str) -> str:
    """Name the right to an operation as IAM does: `sagemaker:CreateModel`, `s3:ListBucket`."""
    name = f"{_PREFIXES.get(service, service)}:{operation}"
    return _RENAMED.get(name, name)


def _shown(value: Any) -> Any:
    """Copy parameters without what may be secret."""
    if isinstance(value, Mapping):
        return {
            key: _hidden(each) if key in _SECRETIVE else _shown(each) for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_shown(each) for each in value]
    return f"{len(value):,} bytes" if isinstance(value, bytes) else value


def _hidden(value: Any) -> Any:
    return dict.fromkeys(value, "(not shown)") if isinstance(value, Mapping) else "(not shown)"


def _line(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"
