"""From a request to the IAM actions it needs, the resources they are about and their conditions.

The mapping is that of AWS's service authorization reference, as far as this project's services go.
Where an action has several resources, all of them have to be allowed.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from local_test.aws.policies import Ask, Context

Parameters = Mapping[str, Any]
Arn = Mapping[str, str]  # what ARNs are made of: region, account

_SAGEMAKER = {  # a noun of an operation's name: the kind in ARNs, and the member with the name
    "EndpointConfig": ("endpoint-config", "EndpointConfigName"),
    "Endpoint": ("endpoint", "EndpointName"),
    "Model": ("model", "ModelName"),
    "HyperParameterTuningJob": ("hyper-parameter-tuning-job", "HyperParameterTuningJobName"),
    "TrainingJob": ("training-job", "TrainingJobName"),
    "TransformJob": ("transform-job", "TransformJobName"),
}
_IAM = {"RoleName": "role", "UserName": "user", "GroupName": "group", "PolicyName": "policy"}
_ROLES = ("ExecutionRoleArn", "RoleArn")
_OPEN = {"sts:GetCallerIdentity", "sts:GetSessionToken"}  # nobody needs a policy for them


def parameters(headers: Mapping[str, str], body: bytes) -> Parameters:
    """Read what a request is about: JSON, or a form whose lists become lists."""
    try:
        if headers.get("Content-Encoding") == "gzip":  # as clients send many metrics
            body = gzip.decompress(body)
    except (OSError, EOFError):
        return {}
    if "json" in headers.get("Content-Type", ""):
        try:
            found = json.loads(body or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def needed(service: str, action: str, given: Parameters, cloud: Arn) -> list[Ask]:
    """Say what a request of a service other than S3 needs.

    Args:
        service: By signing name.
        action: Such as `CreateModel`.
        given: What `parameters` has read.
        cloud: `region` and `account`.
    """
    prefix = _PREFIXES.get(service, service)
    name = f"{prefix}:{action}"
    if name in _OPEN:
        return []
    context = _tags(given)
    find = _FINDERS.get(service)
    resources = list(find(action, given, cloud, context)) if find else []
    asks = [Ask(name, resource, context) for resource in resources or ["*"]]
    if service == "sagemaker":
        asks += _more_of_sagemaker(action, given, resources)
    if service == "ecr" and action == "CreateRepository" and given.get("tags"):
        asks += [Ask("ecr:TagResource", resource, context) for resource in resources]
    return asks


def invocation(operation: str, endpoint: str, cloud: Arn) -> list[Ask]:
    """Say what an invocation of an endpoint needs.

    Args:
        operation: `InvokeEndpoint`, `InvokeEndpointAsync` or `InvokeEndpointWithResponseStream`.
        endpoint: Its name.
        cloud: `region` and `account`.
    """
    return [Ask(f"sagemaker:{operation}", _arn("sagemaker", f"endpoint/{endpoint.lower()}", cloud))]


def _more_of_sagemaker(action: str, given: Parameters, resources: Sequence[str]) -> Iterator[Ask]:
    """Yield what creating needs besides: the right to pass the role on, and to tag."""
    passed: Context = {"iam:passedtoservice": ["sagemaker.amazonaws.com"]}
    if action.startswith("Create"):
        within = given.get("TrainingJobDefinition") or {}  # of a tuning job
        roles = [each[name] for each in (given, within) for name in _ROLES if each.get(name)]
        yield from (Ask("iam:PassRole", role, passed) for role in roles)
        if given.get("Tags"):
            yield from (Ask("sagemaker:AddTags", each, _tags(given)) for each in resources[:1])


def _of_sagemaker(
    action: str, given: Parameters, cloud: Arn, _: dict[str, Sequence[str]]
) -> Iterator[str]:
    if "ResourceArn" in given:
        yield given["ResourceArn"]
        return
    noun = next((noun for noun in _SAGEMAKER if re.match(rf"[A-Z][a-z]+{noun}(?!s$)", action)), "")
    nouns = [noun, "EndpointConfig"] if noun == "Endpoint" else [noun]  # it needs its config too
    for each in filter(None, nouns):
        kind, member = _SAGEMAKER[each]
        if name := given.get(member):
            yield _arn("sagemaker", f"{kind}/{str(name).lower()}", cloud)


def _of_iam(
    action: str, given: Parameters, cloud: Arn, context: dict[str, Sequence[str]]
) -> Iterator[str]:
    if policy := given.get("PolicyArn"):
        context["iam:policyarn"] = [policy]
    for member, kind in _IAM.items():
        if name := given.get(member):
            path = str(given.get("Path", "/")).strip("/")
            yield f"arn:aws:iam::{cloud['account']}:{kind}/{f'{path}/' if path else ''}{name}"
            return
    if policy and "Policy" in action:
        yield policy
    if source := given.get("PolicySourceArn"):
        yield source


def _of_sts(
    _action: str, given: Parameters, _cloud: Arn, context: dict[str, Sequence[str]]
) -> Iterator[str]:
    if "ExternalId" in given:
        context["sts:externalid"] = [given["ExternalId"]]
    if "RoleArn" in given:
        yield given["RoleArn"]


def _of_ecr(
    _action: str, given: Parameters, cloud: Arn, _: dict[str, Sequence[str]]
) -> Iterator[str]:
    if "resourceArn" in given:
        yield given["resourceArn"]
    names = [given["repositoryName"]] if "repositoryName" in given else []
    for name in (*names, *given.get("repositoryNames", ())):
        yield _arn("ecr", f"repository/{name}", cloud)


def _of_cloudwatch(
    action: str, given: Parameters, cloud: Arn, context: dict[str, Sequence[str]]
) -> Iterator[str]:
    if namespace := given.get("Namespace"):
        context["cloudwatch:namespace"] = [namespace]
    if "ResourceARN" in given:
        yield given["ResourceARN"]
    names = [given["AlarmName"]] if "AlarmName" in given else given.get("AlarmNames", [])
    if action == "DescribeAlarms" and not names:
        names = ["*"]
    for name in names:
        yield _arn("cloudwatch", f"alarm:{name}", cloud)
    dashboards = [given["DashboardName"]] if "DashboardName" in given else []
    for name in (*dashboards, *given.get("DashboardNames", ())):
        yield f"arn:aws:cloudwatch::{cloud['account']}:dashboard/{name}"


def _of_logs(
    _action: str, given: Parameters, cloud: Arn, _: dict[str, Sequence[str]]
) -> Iterator[str]:
    if "resourceArn" in given:
        yield given["resourceArn"]
    group = given.get("logGroupName", given.get("logGroupIdentifier", "*"))
    if "logStreamName" in given:
        yield _arn("logs", f"log-group:{group}:log-stream:{given['logStreamName']}", cloud)
    else:
        yield _arn("logs", f"log-group:{group}:*", cloud)


def _of_autoscaling(
    _action: str, given: Parameters, cloud: Arn, context: dict[str, Sequence[str]]
) -> Iterator[str]:
    if namespace := given.get("ServiceNamespace"):
        context["application-autoscaling:service-namespace"] = [namespace]
    yield given.get("ResourceARN") or _arn("application-autoscaling", "scalable-target/*", cloud)


def _tags(given: Parameters) -> dict[str, Sequence[str]]:
    """Give the condition keys of the tags that come with a request, in any service's spelling."""
    tags = given.get("Tags") or given.get("tags") or []
    if isinstance(tags, Mapping):
        tags = [{"Key": key, "Value": value} for key, value in tags.items()]
    pairs = {
        each.get("Key", each.get("key")): each.get("Value", each.get("value")) for each in tags
    }
    context: dict[str, Sequence[str]] = {
        f"aws:requesttag/{key}".lower(): [str(value)] for key, value in pairs.items()
    }
    keys = [*pairs, *given.get("TagKeys", ())]
    return {**context, "aws:tagkeys": keys} if keys else context


def _arn(service: str, resource: str, cloud: Arn) -> str:
    return f"arn:aws:{service}:{cloud['region']}:{cloud['account']}:{resource}"


_PREFIXES = {"monitoring": "cloudwatch"}
_FINDERS = {
    "sagemaker": _of_sagemaker,
    "iam": _of_iam,
    "sts": _of_sts,
    "ecr": _of_ecr,
    "monitoring": _of_cloudwatch,
    "logs": _of_logs,
    "application-autoscaling": _of_autoscaling,
}
