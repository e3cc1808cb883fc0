"""Makes the roles in IAM, brings them up to date, and removes them."""

import contextlib
import json
from collections.abc import Mapping

from container.errors import UserError
from deploy import naming
from deploy.aws import Aws
from deploy.errors import ExistsError, MissingError
from deploy.iam.roles import Role

POLICY = "rights"  # each role has this inline policy, and no other


def ensure(aws: Aws, role: Role, tags: Mapping[str, str]) -> str:
    """Make a role, or bring it up to date; gives what was done, for people.

    Raises:
        UserError: There is a role of that name that was not made here.
        DeployError: IAM refuses.
    """
    found = _found(aws, role.name)
    trust = json.dumps(role.trust)
    if found is None:
        _create(aws, role, trust, tags)
    else:
        _claim(found, role.name, tags[naming.TAG_PROJECT])
        if found["AssumeRolePolicyDocument"] == role.trust and _policy(aws, role) == role.policy:
            return f"{role.arn} is as it should be."
        aws.write("iam", "UpdateAssumeRolePolicy", RoleName=role.name, PolicyDocument=trust)
    policy = json.dumps(role.policy)
    aws.write("iam", "PutRolePolicy", RoleName=role.name, PolicyName=POLICY, PolicyDocument=policy)
    return f"{role.arn} is {'planned' if aws.plan else 'made' if found is None else 'up to date'}."


def remove(aws: Aws, name: str, project: str) -> bool:
    """Remove a role that was made here; tells whether there was one.

    Raises:
        UserError: It was not made here.
        DeployError: IAM refuses.
    """
    found = _found(aws, name)
    if found is None:
        return False
    _claim(found, name, project)
    with contextlib.suppress(MissingError):  # the making of it may have been interrupted
        aws.write("iam", "DeleteRolePolicy", RoleName=name, PolicyName=POLICY)
    aws.write("iam", "DeleteRole", RoleName=name)
    return True


def _create(aws: Aws, role: Role, trust: str, tags: Mapping[str, str]) -> None:
    try:
        aws.write(
            "iam",
            "CreateRole",
            RoleName=role.name,
            AssumeRolePolicyDocument=trust,
            Tags=naming.as_list(tags),
        )
    except ExistsError as error:
        raise UserError(
            f"The role {role.name} was made by someone else just now.", hint="Run it again."
        ) from error


def _found(aws: Aws, name: str) -> dict[str, object] | None:
    try:
        found: dict[str, object] = aws.read("iam", "GetRole", RoleName=name)["Role"]
    except MissingError:
        return None
    return found


def _claim(found: Mapping[str, object], name: str, project: str) -> None:
    tags = found.get("Tags")
    if not naming.ours(naming.as_mapping(tags if isinstance(tags, list) else []), project):
        raise UserError(
            f"There is a role {name} that was not made here, and it stays as it is.",
            hint="Give another --project, or remove that role.",
        )


def _policy(aws: Aws, role: Role) -> object:
    try:
        answer = aws.read("iam", "GetRolePolicy", RoleName=role.name, PolicyName=POLICY)
    except MissingError:
        return None
    return answer["PolicyDocument"]
