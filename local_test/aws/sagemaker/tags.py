"""AddTags, ListTags, DeleteTags: labels of anything that SageMaker has, by ARN."""

from collections.abc import Iterable, Mapping
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError, validation
from local_test.aws.service import SAGEMAKER
from local_test.aws.store import Table

MOST = 50  # of one resource
_KEPT = "Tags"


def put(cloud: Cloud, arn: str, tags: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Add labels to a resource, over those of the same keys; gives all that it has.

    Raises:
        AwsError: A key comes twice or is AWS's own, or the resource would have too many.
    """
    added = list(tags)
    check(added)
    given = {each["Key"]: each["Value"] for each in added}
    found = {**_labels(cloud, arn), **given}
    if len(found) > MOST:
        raise AwsError(
            "ResourceLimitExceeded",
            f"{arn} would have {len(found)} tags; at most {MOST} are allowed.",
        )
    rows = [{"Key": key, "Value": value} for key, value in found.items()]
    if rows:
        _table(cloud).put(arn, {_KEPT: rows})
    return rows


def check(tags: Iterable[Mapping[str, str]]) -> None:
    """Refuse labels that AWS refuses, before anything is made.

    Raises:
        AwsError: A key comes twice, or is AWS's own.
    """
    keys = [each["Key"] for each in tags]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise validation(f"Duplicate tag keys found: {', '.join(twice)}.")
    if reserved := [key for key in keys if key.lower().startswith("aws:")]:
        raise validation(f"Tag keys may not start with aws: {', '.join(reserved)}.")


def forget(cloud: Cloud, arn: str) -> None:
    """Remove all labels of a resource that is deleted."""
    _table(cloud).delete(arn)


@SAGEMAKER.operation("AddTags")
def add_tags(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Label a resource; gives all labels that it has now."""
    arn = _existing(cloud, given["ResourceArn"])
    return {"Tags": put(cloud, arn, given["Tags"])}


@SAGEMAKER.operation("ListTags")
def list_tags(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a resource's labels: never more than a page."""
    labels = _labels(cloud, _existing(cloud, given["ResourceArn"]))
    return {"Tags": [{"Key": key, "Value": value} for key, value in labels.items()]}


@SAGEMAKER.operation("DeleteTags")
def delete_tags(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Remove labels of a resource; keys that it does not have are no fault."""
    arn = _existing(cloud, given["ResourceArn"])
    kept = {key: value for key, value in _labels(cloud, arn).items() if key not in given["TagKeys"]}
    forget(cloud, arn)
    put(cloud, arn, [{"Key": key, "Value": value} for key, value in kept.items()])
    return {}


def _labels(cloud: Cloud, arn: str) -> dict[str, str]:
    document = _table(cloud).get(arn) or {_KEPT: []}
    return {each["Key"]: each["Value"] for each in document[_KEPT]}


def _table(cloud: Cloud) -> Table:
    return cloud.store.table("tags")


def _existing(cloud: Cloud, arn: str) -> str:
    """Give the ARN back where something has it.

    Raises:
        AwsError: It is of another account or region, or nothing has it.
    """
    prefix = cloud.arn("sagemaker", "")
    kind, _, name = arn.removeprefix(prefix).partition("/")
    if not arn.startswith(prefix) or not name or name not in cloud.store.table(kind):
        raise validation(f'Could not find {kind.replace("-", " ")} "{arn}".')
    return arn
