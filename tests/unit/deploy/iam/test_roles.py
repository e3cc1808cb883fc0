"""The policies: sound as JSON, of actions that exist, wide enough for `deploy` and no wider."""

import ast
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

import deploy
from container.errors import UserError
from deploy.aws import iam_name
from deploy.iam import roles
from deploy.iam.roles import CLEANER, EXECUTION, NAMES, PIPELINE, PUSHER, Values, role
from local_test.aws.policies import Ask, Verdict, verdict

VALUES = Values("123456789012", "eu-west-1", "models", "blerssi-sagemaker", prefix="blerssi")
EVERYWHERE = {"sts:GetCallerIdentity"}  # needs no right
OF_IAM_APPLY = "iam"  # whoever makes roles has rights that no role of ours has
NO_OPERATION = {  # rights that are no operation's name
    "iam:PassRole",
    "s3:DeleteObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
}
OF_ROLE = {  # whose work a module is, where it is not the pipeline's
    PUSHER: {"push", "repository"},
    CLEANER: {"belongings", "bucket", "destroy", "inventory"},
}
OPERATION = re.compile(r"[A-Z][A-Za-z0-9]+")
SERVICES = {"sagemaker": ("sagemaker", "sagemaker-runtime"), "tag": ("resourcegroupstaggingapi",)}

SAGEMAKER = "arn:aws:sagemaker:eu-west-1:123456789012"
OBJECT = "arn:aws:s3:::models/blerssi/x/model.tar.gz"
REPOSITORY = "arn:aws:ecr:eu-west-1:123456789012:repository/blerssi-sagemaker"
ROLE = "arn:aws:iam::123456789012:role/blerssi-execution"
TO_SAGEMAKER = {"iam:PassedToService": "sagemaker.amazonaws.com"}


def policy(name: str) -> Any:
    return role(name, VALUES).policy


def actions(name: str) -> set[str]:
    return {action for each in policy(name)["Statement"] for action in as_list(each["Action"])}


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_is_sound(name: str) -> None:
    document = policy(name)
    assert document["Version"] == "2012-10-17"
    statements = document["Statement"]
    assert len({each["Sid"] for each in statements}) == len(statements)
    for each in statements:
        assert each["Sid"].isalnum()
        assert each["Effect"] == "Allow"
        assert set(each) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        assert not any("*" in action for action in as_list(each["Action"]))
    assert "$" not in json.dumps(document)
    assert len(json.dumps(document).replace(" ", "")) <= 10_240  # IAM's limit of a role's policies


@pytest.mark.parametrize("name", NAMES)
def test_every_action_exists(name: str) -> None:
    session = boto3.Session(region_name="eu-west-1")
    known = set(NO_OPERATION)
    for service in {action.partition(":")[0] for action in actions(name)}:
        for each in SERVICES.get(service, (service,)):
            model = session.client(each).meta.service_model
            known |= {f"{service}:{operation}" for operation in model.operation_names}
    assert actions(name) - known == set()


def test_only_what_has_no_resource_is_allowed_on_all() -> None:
    wide = {
        action
        for name in NAMES
        for each in policy(name)["Statement"]
        if each["Resource"] == "*" and "Condition" not in each
        for action in as_list(each["Action"])
    }
    readers = ("Describe", "List", "Get")
    assert all(action.partition(":")[2].startswith(readers) for action in wide)


def calls() -> Iterator[tuple[str, Path]]:
    """Every AWS operation that the code of `deploy` names, with its file."""
    package = Path(deploy.__file__).parent
    services = set(boto3.Session().get_available_services())
    for path in sorted(package.rglob("*.py")):
        if path.is_relative_to(package / OF_IAM_APPLY):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for service, operation in itertools.pairwise(_words(node)):
                if service in services and OPERATION.fullmatch(operation):
                    yield iam_name(service, operation), path


def _words(node: ast.AST) -> list[str]:
    """The words of a call's arguments or of a tuple, in order."""
    given: list[ast.expr] = []
    if isinstance(node, ast.Call):
        given = node.args
    elif isinstance(node, ast.Tuple):
        given = node.elts
    constants = [each.value if isinstance(each, ast.Constant) else None for each in given]
    return [each if isinstance(each, str) else "" for each in constants]


def test_the_roles_may_do_all_that_deploy_does() -> None:
    found = list(calls())
    assert len(found) > 30
    owners = {module: name for name, modules in OF_ROLE.items() for module in modules}
    refused = {
        f"{action} in {path.name}"
        for action, path in found
        if action not in actions(owners.get(path.stem, PIPELINE)) | EVERYWHERE
    }
    assert refused == set()


def allows(
    document: Any, action: str, resource: str = "*", context: dict[str, str] | None = None
) -> bool:
    pairs = {key.lower(): [value] for key, value in (context or {}).items()}
    return verdict([document], Ask(action, resource, pairs)) is Verdict.ALLOWED


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("name", "action", "resource", "context", "expected"),
    [
        (PIPELINE, "s3:PutObject", OBJECT, {}, True),
        (PIPELINE, "s3:PutObject", "arn:aws:s3:::models/other/x", {}, False),
        (PIPELINE, "s3:PutObject", "arn:aws:s3:::elsewhere/blerssi/x", {}, False),
        (PIPELINE, "s3:ListBucket", "arn:aws:s3:::models", {"s3:prefix": "blerssi/x"}, True),
        (PIPELINE, "s3:ListBucket", "arn:aws:s3:::models", {"s3:prefix": "other"}, False),
        (PIPELINE, "s3:ListBucket", "arn:aws:s3:::models", {}, False),
        (PIPELINE, "s3:DeleteBucket", "arn:aws:s3:::models", {}, False),
        (PIPELINE, "sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/blerssi-1", {}, True),
        (PIPELINE, "sagemaker:DeleteEndpoint", f"{SAGEMAKER}:endpoint/theirs", {}, False),
        (PIPELINE, "sagemaker:CreateNotebookInstance", "*", {}, False),
        (PIPELINE, "iam:PassRole", ROLE, TO_SAGEMAKER, True),
        (PIPELINE, "iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}, False),
        (PIPELINE, "iam:PassRole", ROLE.replace("blerssi", "admin"), TO_SAGEMAKER, False),
        (PIPELINE, "ecr:PutImage", REPOSITORY, {}, False),
        (PIPELINE, "s3:DeleteObject", OBJECT, {}, False),
        (CLEANER, "s3:DeleteObject", OBJECT, {}, True),
        (CLEANER, "s3:GetObject", OBJECT, {}, False),
        (CLEANER, "sagemaker:DeleteModel", f"{SAGEMAKER}:model/blerssi-1", {}, True),
        (CLEANER, "sagemaker:DeleteModel", f"{SAGEMAKER}:model/theirs", {}, False),
        (CLEANER, "ecr:DeleteRepository", f"{REPOSITORY}-2", {}, False),
        (PUSHER, "ecr:GetAuthorizationToken", "*", {}, True),
        (PUSHER, "ecr:PutImage", REPOSITORY, {}, True),
        (PUSHER, "ecr:PutImage", f"{REPOSITORY}-2", {}, False),
        (PUSHER, "ecr:DeleteRepository", REPOSITORY, {}, False),
        (PUSHER, "s3:GetObject", OBJECT, {}, False),
        (PUSHER, "sagemaker:CreateModel", f"{SAGEMAKER}:model/blerssi-1", {}, False),
        (EXECUTION, "s3:GetObject", OBJECT, {}, True),
        (EXECUTION, "ecr:BatchGetImage", REPOSITORY, {}, True),
        (EXECUTION, "ecr:PutImage", REPOSITORY, {}, False),
        (EXECUTION, "sagemaker:CreateModel", f"{SAGEMAKER}:model/blerssi-1", {}, False),
        (
            EXECUTION,
            "logs:PutLogEvents",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/x",
            {},
            True,
        ),
        (
            EXECUTION,
            "logs:PutLogEvents",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/x",
            {},
            False,
        ),
    ],
)
def test_a_role_may_do_its_work_and_nothing_else(
    name: str, action: str, resource: str, context: dict[str, str], expected: bool
) -> None:
    assert allows(policy(name), action, resource, context) is expected


def test_a_whole_bucket_may_be_listed_when_no_prefix_is_given() -> None:
    whole = role(PIPELINE, Values("123456789012", "eu-west-1", "models", "r1")).policy
    assert allows(whole, "s3:ListBucket", "arn:aws:s3:::models", {"s3:prefix": ""})
    assert allows(whole, "s3:GetObject", "arn:aws:s3:::models/any")


def test_a_key_is_used_through_s3_only() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1-2"
    with_key = Values("123456789012", "eu-west-1", "models", "r1", kms_key_arn=key)
    for name in (PIPELINE, EXECUTION):
        found = role(name, with_key).policy
        via = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
        assert allows(found, "kms:Decrypt", key, via)
        assert not allows(found, "kms:Decrypt", key, {})
    assert "kms" not in json.dumps(role(PUSHER, with_key).policy)


def test_trust_is_given_to_who_needs_it() -> None:
    execution = role(EXECUTION, VALUES).trust["Statement"][0]
    assert execution["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert execution["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    people = role(PIPELINE, VALUES).trust["Statement"][0]
    assert people["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}


def test_a_pods_service_account_is_the_only_one_who_is_trusted() -> None:
    cluster = Values(
        "123456789012",
        "eu-west-1",
        "models",
        "r1",
        oidc_provider="oidc.eks.eu-west-1.amazonaws.com/id/AB12",
        service_account="kubeflow:runner",
    )
    statement = role(PIPELINE, cluster).trust["Statement"][0]
    provider = "oidc.eks.eu-west-1.amazonaws.com/id/AB12"
    assert statement["Principal"]["Federated"].endswith(f":oidc-provider/{provider}")
    assert statement["Condition"]["StringEquals"] == {
        f"{provider}:aud": "sts.amazonaws.com",
        f"{provider}:sub": "system:serviceaccount:kubeflow:runner",
    }
    assert role(PUSHER, cluster).trust["Statement"][0]["Principal"].keys() == {"AWS"}


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_a_region_knows_its_partition(region: str, partition: str) -> None:
    found = role(PIPELINE, Values("123456789012", region, "models", "r1"))
    assert found.arn == f"arn:{partition}:iam::123456789012:role/blerssi-pipeline"


@pytest.mark.parametrize(
    "changes",
    [
        {"account": "12345678901"},
        {"account": "*"},
        {"region": "*"},
        {"bucket": "*"},
        {"bucket": "models/*"},
        {"prefix": "*"},
        {"prefix": "a/"},
        {"repository": "*"},
        {"project": ""},
        {"project": "*"},
        {"kms_key_arn": "*"},
        {"service_account": "kubeflow:*", "oidc_provider": "x.com"},
        {"oidc_provider": "x.com"},
        {"service_account": "a:b"},
    ],
)
def test_nothing_can_widen_a_policy(changes: dict[str, str]) -> None:
    good = {
        "account": "123456789012",
        "region": "eu-west-1",
        "bucket": "models",
        "repository": "r1",
    }
    Values(**good)
    with pytest.raises(UserError, match="cannot be filled in"):
        Values(**{**good, **changes})


def test_every_template_is_used() -> None:
    folder = Path(roles.__file__).parent / "templates"
    trusts = {"trust_sagemaker", "trust_account", "trust_service_account"}
    assert {each.stem for each in folder.iterdir()} == {*NAMES, *trusts, "kms"}
