"""The ECR repository: made once, scanned on push, its tags never moved, leftovers expired."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from container.errors import UserError
from deploy import naming
from deploy.aws import Aws
from deploy.errors import DeployError, ExistsError, MissingError
from deploy.registry import Login
from deploy.screen import Screen

NAME: Final = "blerssi-sagemaker"

# Tagged images stay: an endpoint that scales up pulls its image again, however old it is.
LIFECYCLE: Final[dict[str, Any]] = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "Images that have lost or never got a tag",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 14,
            },
            "action": {"type": "expire"},
        }
    ]
}
_PART = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")


def ensure(
    aws: Aws, name: str, tags: Mapping[str, str], kms_key: str | None, screen: Screen
) -> str | None:
    """Make the repository where it is missing, and mend it where it is ours and differs.

    Args:
        aws: Where.
        name: The repository's name.
        tags: Its tags.
        kms_key: Encrypts a new repository; None for AES-256.
        screen: Where a repository that is not ours and differs is reported.

    Returns:
        Its URI, `HOST/NAME`; None with `--plan` where it is missing.

    Raises:
        DeployError: AWS refuses.
    """
    _check(name)
    found = _describe(aws, name)
    if found is None:
        try:
            answer = aws.write("ecr", "CreateRepository", **_wanted(name, tags, kms_key))
        except ExistsError:  # another run was quicker
            found = _describe(aws, name)
        else:
            found = answer.get("repository")
        aws.write(
            "ecr", "PutLifecyclePolicy", repositoryName=name, lifecyclePolicyText=_lifecycle()
        )
        return str(found["repositoryUri"]) if found else None
    _mend(aws, found, tags[naming.TAG_PROJECT], screen)
    return str(found["repositoryUri"])


def login(aws: Aws) -> Login:
    """Get a password for the registry, good for twelve hours; it is never written anywhere.

    Raises:
        DeployError: AWS refuses or answers nonsense.
    """
    answer = aws.read("ecr", "GetAuthorizationToken")
    try:
        token = answer["authorizationData"][0]["authorizationToken"]
        username, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (LookupError, ValueError) as error:
        raise DeployError("ECR's authorization token cannot be read.") from error
    return Login(username, password)


def _wanted(name: str, tags: Mapping[str, str], kms_key: str | None) -> dict[str, Any]:
    encryption = {"encryptionType": "AES256"}
    if kms_key:
        encryption = {"encryptionType": "KMS", "kmsKey": kms_key}
    return {
        "repositoryName": name,
        "tags": naming.as_list(tags),
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfiguration": encryption,
    }


def _describe(aws: Aws, name: str) -> dict[str, Any] | None:
    try:
        answer = aws.read("ecr", "DescribeRepositories", repositoryNames=[name])
    except MissingError:
        return None
    found: dict[str, Any] = answer["repositories"][0]
    return found


def _mend(aws: Aws, found: Mapping[str, Any], project: str, screen: Screen) -> None:
    """Set what differs from what `ensure` makes, in a repository that bears our tags only."""
    name = found["repositoryName"]
    immutable = found.get("imageTagMutability") == "IMMUTABLE"
    scanned = (found.get("imageScanningConfiguration") or {}).get("scanOnPush") is True
    expiring = _expires(aws, name)
    if immutable and scanned and expiring:
        return
    marks = aws.read("ecr", "ListTagsForResource", resourceArn=found["repositoryArn"])["tags"]
    if not naming.ours(naming.as_mapping(marks), project):
        screen.say(
            f"The repository {name} was not made here and stays as it is: "
            f"tags {'im' if immutable else ''}mutable, scan on push {'on' if scanned else 'off'}, "
            f"{'a' if expiring else 'no'} lifecycle policy."
        )
        return
    if not immutable:
        aws.write(
            "ecr", "PutImageTagMutability", repositoryName=name, imageTagMutability="IMMUTABLE"
        )
    if not scanned:
        scanning = {"scanOnPush": True}
        aws.write(
            "ecr",
            "PutImageScanningConfiguration",
            repositoryName=name,
            imageScanningConfiguration=scanning,
        )
    if not expiring:
        aws.write(
            "ecr", "PutLifecyclePolicy", repositoryName=name, lifecyclePolicyText=_lifecycle()
        )


def _expires(aws: Aws, name: str) -> bool:
    """Tell whether there is any lifecycle policy; one that was changed by hand is respected."""
    try:
        aws.read("ecr", "GetLifecyclePolicy", repositoryName=name)
    except MissingError:
        return False
    return True


def _lifecycle() -> str:
    return json.dumps(LIFECYCLE)


def _check(name: str) -> None:
    if not _NAME.fullmatch(name) or not 2 <= len(name) <= 256:
        raise UserError(
            f"The repository's name is {name!r}; ECR allows 2 to 256 small letters and digits, "
            "with single . _ - or / between them."
        )
