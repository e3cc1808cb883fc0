import base64
import io
import json
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from container.errors import UserError
from deploy import naming, repository
from deploy.aws import Aws
from deploy.errors import DeployError
from deploy.screen import Screen

NAME = "blerssi-sagemaker"
URI = f"1.dkr.ecr.eu-west-1.amazonaws.com/{NAME}"
ARN = f"arn:aws:ecr:eu-west-1:123456789012:repository/{NAME}"
TAGS = naming.tags()


class Ecr:
    """A repository at the other end of a stub."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.screen = Screen(self.out)
        self.aws = Aws(self.screen, region="eu-west-1")
        self.stub = Stubber(self.aws.client("ecr"))
        self.stub.activate()

    def missing(self) -> None:
        self.stub.add_client_error("describe_repositories", "RepositoryNotFoundException")

    def there(self, *, immutable: bool = True, scanned: bool = True) -> None:
        found = {
            "repositoryName": NAME,
            "repositoryArn": ARN,
            "repositoryUri": URI,
            "imageTagMutability": "IMMUTABLE" if immutable else "MUTABLE",
            "imageScanningConfiguration": {"scanOnPush": scanned},
        }
        self.stub.add_response("describe_repositories", {"repositories": [found]})

    def policy(self, *, there: bool = True) -> None:
        if there:
            self.stub.add_response("get_lifecycle_policy", {"repositoryName": NAME})
        else:
            self.stub.add_client_error("get_lifecycle_policy", "LifecyclePolicyNotFoundException")

    def tags(self, tags: dict[str, str]) -> None:
        self.stub.add_response("list_tags_for_resource", {"tags": naming.as_list(tags)})

    def ensure(self, kms_key: str | None = None) -> str | None:
        found = repository.ensure(self.aws, NAME, TAGS, kms_key, self.screen)
        self.stub.assert_no_pending_responses()
        return found


@pytest.fixture
def ecr() -> Ecr:
    return Ecr()


@pytest.mark.parametrize(
    ("key", "encryption"),
    [
        (None, {"encryptionType": "AES256"}),
        ("arn:k", {"encryptionType": "KMS", "kmsKey": "arn:k"}),
    ],
)
def test_a_missing_repository_is_made_as_it_should_be(
    ecr: Ecr, key: str | None, encryption: dict[str, str]
) -> None:
    ecr.missing()
    expected = {
        "repositoryName": NAME,
        "tags": naming.as_list(TAGS),
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfiguration": encryption,
    }
    made: dict[str, Any] = {"repository": {"repositoryUri": URI}}
    ecr.stub.add_response("create_repository", made, expected)
    policy = {"repositoryName": NAME, "lifecyclePolicyText": json.dumps(repository.LIFECYCLE)}
    ecr.stub.add_response("put_lifecycle_policy", {}, policy)
    assert ecr.ensure(key) == URI


def test_another_run_may_be_quicker(ecr: Ecr) -> None:
    ecr.missing()
    ecr.stub.add_client_error("create_repository", "RepositoryAlreadyExistsException")
    ecr.there()
    ecr.stub.add_response("put_lifecycle_policy", {})
    assert ecr.ensure() == URI


def test_a_repository_that_is_as_it_should_be_is_left_alone(ecr: Ecr) -> None:
    ecr.there()
    ecr.policy()
    assert ecr.ensure() == URI
    assert ecr.out.getvalue() == ""


def test_ours_is_mended(ecr: Ecr) -> None:
    ecr.there(immutable=False, scanned=False)
    ecr.policy(there=False)
    ecr.tags(TAGS)
    mutability = {"repositoryName": NAME, "imageTagMutability": "IMMUTABLE"}
    ecr.stub.add_response("put_image_tag_mutability", {}, mutability)
    ecr.stub.add_response("put_image_scanning_configuration", {})
    ecr.stub.add_response("put_lifecycle_policy", {}, {**dict.fromkeys(POLICY, ANY)})
    assert ecr.ensure() == URI


def test_anothers_is_reported_and_left_alone(ecr: Ecr) -> None:
    ecr.there(immutable=False)
    ecr.policy()
    ecr.tags({"made-by": "someone"})
    assert ecr.ensure() == URI
    assert "was not made here and stays as it is: tags mutable" in ecr.out.getvalue()


POLICY = ("repositoryName", "lifecyclePolicyText")


def test_only_images_without_a_tag_expire() -> None:
    """An endpoint that scales up pulls its image again, which must not be gone by then."""
    assert [each["selection"]["tagStatus"] for each in repository.LIFECYCLE["rules"]] == [
        "untagged"
    ]


@pytest.mark.parametrize("name", ["", "a", "Aa", "a--", "a//b", "-ab", "a" * 257])
def test_a_name_that_ecr_refuses_is_refused_before(ecr: Ecr, name: str) -> None:
    with pytest.raises(UserError, match="repository's name"):
        repository.ensure(ecr.aws, name, TAGS, None, ecr.screen)


def test_a_login_is_read_and_not_shown(ecr: Ecr) -> None:
    token = base64.b64encode(b"AWS:hunter2").decode()
    ecr.stub.add_response(
        "get_authorization_token", {"authorizationData": [{"authorizationToken": token}]}
    )
    found = repository.login(ecr.aws)
    assert (found.username, found.password) == ("AWS", "hunter2")
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("data", [[], [{}], [{"authorizationToken": "!"}]])
def test_a_token_that_is_none_is_an_error(ecr: Ecr, data: list[dict[str, str]]) -> None:
    ecr.stub.add_response("get_authorization_token", {"authorizationData": data})
    with pytest.raises(DeployError, match="cannot be read"):
        repository.login(ecr.aws)
