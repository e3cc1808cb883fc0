import io
import json
from typing import Any

import pytest
from botocore.stub import Stubber

from container.errors import UserError
from deploy import naming
from deploy.aws import Aws
from deploy.iam import apply
from deploy.iam.roles import PUSHER, Values, role
from deploy.screen import Screen

ROLE = role(PUSHER, Values("123456789012", "eu-west-1", "models", "blerssi-sagemaker"))
TAGS = naming.tags()


class Iam:
    """IAM at the other end of a stub."""

    def __init__(self, *, plan: bool = False) -> None:
        self.aws = Aws(Screen(io.StringIO()), region="eu-west-1", plan=plan)
        self.stub = Stubber(self.aws.client("iam"))
        self.stub.activate()

    def missing(self) -> None:
        self.stub.add_client_error("get_role", "NoSuchEntity")

    def there(self, tags: dict[str, str], trust: Any = ROLE.trust) -> None:
        found = {
            "Path": "/",
            "RoleName": ROLE.name,
            "RoleId": "AROA" + "X" * 16,
            "Arn": ROLE.arn,
            "CreateDate": 0,
            "Tags": naming.as_list(tags),
            "AssumeRolePolicyDocument": json.dumps(trust),
        }
        self.stub.add_response("get_role", {"Role": found})

    def policy(self, document: Any) -> None:
        text = json.dumps(document)
        found = {"RoleName": ROLE.name, "PolicyName": apply.POLICY, "PolicyDocument": text}
        self.stub.add_response("get_role_policy", found)

    def put(self) -> None:
        expected = {
            "RoleName": ROLE.name,
            "PolicyName": apply.POLICY,
            "PolicyDocument": json.dumps(ROLE.policy),
        }
        self.stub.add_response("put_role_policy", {}, expected)

    def ensure(self) -> str:
        said = apply.ensure(self.aws, ROLE, TAGS)
        self.stub.assert_no_pending_responses()
        return said


@pytest.fixture
def iam() -> Iam:
    return Iam()


def test_a_missing_role_is_made(iam: Iam) -> None:
    iam.missing()
    made = {
        "Path": "/",
        "RoleName": ROLE.name,
        "RoleId": "AROA" + "X" * 16,
        "Arn": ROLE.arn,
        "CreateDate": 0,
    }
    expected = {
        "RoleName": ROLE.name,
        "AssumeRolePolicyDocument": json.dumps(ROLE.trust),
        "Tags": naming.as_list(TAGS),
    }
    iam.stub.add_response("create_role", {"Role": made}, expected)
    iam.put()
    assert iam.ensure().endswith("is made.")


def test_a_role_that_is_as_it_should_be_is_left_alone(iam: Iam) -> None:
    iam.there(TAGS)
    iam.policy(ROLE.policy)
    assert iam.ensure().endswith("is as it should be.")


def test_a_role_that_differs_is_brought_up_to_date(iam: Iam) -> None:
    iam.there(TAGS)
    iam.policy({"Version": "2012-10-17", "Statement": []})
    iam.stub.add_response("update_assume_role_policy", {})
    iam.put()
    assert iam.ensure().endswith("is up to date.")


def test_a_role_whose_making_was_interrupted_is_finished(iam: Iam) -> None:
    iam.there(TAGS)
    iam.stub.add_client_error("get_role_policy", "NoSuchEntity")
    iam.stub.add_response("update_assume_role_policy", {})
    iam.put()
    assert iam.ensure().endswith("is up to date.")


@pytest.mark.parametrize("tags", [{}, {"made-by": "blerssi-deploy", "project": "other"}])
def test_anothers_role_is_neither_changed_nor_removed(iam: Iam, tags: dict[str, str]) -> None:
    iam.there(tags)
    with pytest.raises(UserError, match="was not made here"):
        apply.ensure(iam.aws, ROLE, TAGS)
    iam.there(tags)
    with pytest.raises(UserError, match="was not made here"):
        apply.remove(iam.aws, ROLE.name, "blerssi")


def test_a_plan_makes_nothing() -> None:
    iam = Iam(plan=True)
    iam.missing()
    assert iam.ensure().endswith("is planned.")
    assert [each["operation"] for each in iam.aws.planned] == [
        "iam:CreateRole",
        "iam:PutRolePolicy",
    ]


def test_ours_is_removed_with_its_rights(iam: Iam) -> None:
    iam.there(TAGS)
    iam.stub.add_client_error("delete_role_policy", "NoSuchEntity")  # already gone
    iam.stub.add_response("delete_role", {}, {"RoleName": ROLE.name})
    assert apply.remove(iam.aws, ROLE.name, "blerssi")
    iam.missing()
    assert not apply.remove(iam.aws, ROLE.name, "blerssi")
