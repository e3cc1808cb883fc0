"""The templates, filled in with an account, a region, a bucket and names."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from string import Template
from typing import Any, Final

from container.errors import UserError
from deploy import naming

EXECUTION: Final = "execution"
PIPELINE: Final = "pipeline"
PUSHER: Final = "pusher"
CLEANER: Final = "cleaner"
NAMES: Final = (EXECUTION, PIPELINE, PUSHER, CLEANER)

_SOUND: Final = {  # so that no value widens a policy
    "account": re.compile(r"[0-9]{12}"),
    "region": re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]"),
    "bucket": re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "prefix": re.compile(r"([A-Za-z0-9!_.'()-]+(/[A-Za-z0-9!_.'()-]+)*)?"),
    "repository": re.compile(r"[a-z0-9]+([._/-][a-z0-9]+)*"),
    "project": re.compile(r"[a-z0-9](-*[a-z0-9]){0,30}"),  # SageMaker's ARNs are in small letters
    "kms_key_arn": re.compile(r"(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?"),
    "oidc_provider": re.compile(r"([A-Za-z0-9.-]+(/[A-Za-z0-9._-]+)*)?"),
    "service_account": re.compile(r"([a-z0-9-]+:[a-z0-9.-]+)?"),
}


@dataclass(frozen=True)
class Values:
    """What the templates are filled in with.

    Attributes:
        account: Twelve digits.
        region: `us-east-1`.
        bucket: Where models, data and results are.
        prefix: What their keys begin with; empty for the whole bucket.
        repository: In ECR.
        project: What names of everything in SageMaker and CloudWatch begin with.
        kms_key_arn: The key of the bucket; empty for none.
        oidc_provider: Of the cluster, without `https://`; empty where people assume the role.
        service_account: `NAMESPACE:NAME`, with a provider.
    """

    account: str
    region: str
    bucket: str
    repository: str
    prefix: str = ""
    project: str = naming.PROJECT
    kms_key_arn: str = ""
    oidc_provider: str = ""
    service_account: str = ""

    def __post_init__(self) -> None:
        """Refuse what could widen a policy, all at once."""
        wrong = [
            f"{name} is {getattr(self, name)!r}"
            for name, pattern in _SOUND.items()
            if not pattern.fullmatch(getattr(self, name))
        ]
        if bool(self.oidc_provider) != bool(self.service_account):
            wrong.append("a cluster's provider and a service account go together")
        if wrong:
            raise UserError(
                f"The policies cannot be filled in: {'; '.join(wrong)}.",
                hint="Expected are plain names and ARNs without wildcards.",
            )

    @property
    def partition(self) -> str:
        """The part of AWS that a region belongs to."""
        special = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
        starts = (name for start, name in special.items() if self.region.startswith(f"{start}-"))
        return next(starts, "aws")

    def role_name(self, name: str) -> str:
        """Name one of the roles: `blerssi-pipeline`."""
        return f"{self.project}-{name}"

    def role_arn(self, name: str) -> str:
        """Give the ARN of one of the roles."""
        return f"arn:{self.partition}:iam::{self.account}:role/{self.role_name(name)}"

    def placeholders(self) -> dict[str, Any]:
        """What stands for each `${name}` of a template; a list where it stands alone."""
        bucket = f"arn:{self.partition}:s3:::{self.bucket}"
        place = f"{self.region}:{self.account}"
        return {
            **vars(self),
            "partition": self.partition,
            "made_by": naming.MADE_BY,
            "bucket_arn": bucket,
            "objects": f"{bucket}/{self.prefix}/*" if self.prefix else f"{bucket}/*",
            "listing": [self.prefix, f"{self.prefix}/*"] if self.prefix else ["", "*"],
            "repository_arn": f"arn:{self.partition}:ecr:{place}:repository/{self.repository}",
            "execution_role_arn": self.role_arn(EXECUTION),
        }


@dataclass(frozen=True)
class Role:
    """A role in full.

    Attributes:
        name: `blerssi-pipeline`.
        arn: Of the role.
        trust: Who may assume it.
        policy: What it may do.
    """

    name: str
    arn: str
    trust: Mapping[str, Any]
    policy: Mapping[str, Any]


def role(name: str, values: Values) -> Role:
    """Fill in one of the roles.

    Args:
        name: One of NAMES.
        values: What to fill in.
    """
    found = _filled(name, values)
    if values.kms_key_arn and name in {EXECUTION, PIPELINE}:
        found["Statement"] += _filled("kms", values)["Statement"]
    trust = "account"
    if name == EXECUTION:
        trust = "sagemaker"
    elif name == PIPELINE and values.oidc_provider:
        trust = "service_account"
    return Role(
        values.role_name(name), values.role_arn(name), _filled(f"trust_{trust}", values), found
    )


def _filled(name: str, values: Values) -> dict[str, Any]:
    """Read a template and fill in its strings; JSON is parsed before, so that none can break it."""
    text = resources.files(__package__).joinpath("templates", f"{name}.json").read_text("utf-8")
    document: dict[str, Any] = _fill(json.loads(text), values.placeholders())
    return document


def _fill(value: Any, placeholders: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {_fill(key, placeholders): _fill(each, placeholders) for key, each in value.items()}
    if isinstance(value, list):
        return [_fill(each, placeholders) for each in value]
    alone = value[2:-1] if value.startswith("${") else ""
    if alone in placeholders:
        return placeholders[alone]
    return Template(value).substitute(placeholders)
