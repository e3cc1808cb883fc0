import base64
from typing import Any

import pytest
from botocore.exceptions import ClientError

from container.errors import UserError
from local_test.aws.sagemaker.images import Images
from local_test.process_runner import ProcessRunner

REGISTRY = "localhost:5123"


class Ecr:
    """An ECR with one repository."""

    def __call__(self, service: str) -> "Ecr":
        assert service == "ecr"
        return self

    def describe_repositories(self, repositoryNames: list[str]) -> dict[str, Any]:  # noqa: N803
        if repositoryNames != ["team/mine"]:
            raise ClientError({"Error": {"Code": "RepositoryNotFoundException"}}, "Describe")
        return {}

    def get_authorization_token(self) -> dict[str, Any]:
        token = base64.b64encode(b"AWS:secret").decode()
        found = {"authorizationToken": token, "proxyEndpoint": f"http://{REGISTRY}"}
        return {"authorizationData": [found]}


@pytest.mark.parametrize(
    "image",
    [
        "blerssi-sagemaker",
        "blerssi-sagemaker:latest",
        f"{REGISTRY}/blerssi-sagemaker@sha256:{'0' * 64}",
        f"{REGISTRY}/team/mine:1",
        "team/mine",
    ],
)
def test_without_docker_our_own_images_are_processes(image: str) -> None:
    assert isinstance(Images(Ecr(), docker=False, variables={})(image), ProcessRunner)


@pytest.mark.parametrize("image", ["xgboost:1", f"{REGISTRY}/mine", "blerssi-sagemaker/other"])
def test_without_docker_other_images_do_not_exist(image: str) -> None:
    with pytest.raises(UserError, match=f"There is no image {image}"):
        Images(Ecr(), docker=False, variables={})(image)


@pytest.mark.parametrize(
    "image",
    ["123456789012.dkr.ecr.us-east-1.amazonaws.com/blerssi-sagemaker:1", "localhost/x", "a:1/x"],
)
def test_with_docker_an_image_of_another_registry_is_not_pulled(image: str) -> None:
    with pytest.raises(UserError, match=r"not of this laptop\. Its registry is localhost:5123"):
        Images(Ecr(), docker=True, variables={})(image)
