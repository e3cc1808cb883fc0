from typing import Any

import pytest

from deploy.endpoint import model
from deploy.endpoint.model import Model
from deploy.errors import DeniedError, DeployError, MissingError
from tests.support.fake_aws import ROLE, FakeAws, common

DIGEST = f"sha256:{'0' * 64}"
REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
ARTIFACT = "s3://bucket/models/model.tar.gz"


@pytest.fixture
def aws() -> FakeAws:
    fake = FakeAws()
    fake.operations["DescribeImages"] = lambda **_: {"imageDetails": [{"imageDigest": DIGEST}]}
    return fake


def find(aws: FakeAws, **changes: Any) -> model.Found:
    given = {"image": f"{REGISTRY}/blerssi:1", "artifact": ARTIFACT, "role": ROLE, **changes}
    return model.find(common(aws).aws, Model(**given))


def test_a_tag_becomes_a_digest(aws: FakeAws) -> None:
    found = find(aws)
    assert found.image == f"{REGISTRY}/blerssi@{DIGEST}"
    assert found.digest == DIGEST
    assert found.content["PrimaryContainer"] == {"Image": found.image, "ModelDataUrl": ARTIFACT}


def test_without_a_tag_the_latest_is_meant(aws: FakeAws) -> None:
    asked: dict[str, Any] = {}

    def describe(**given: Any) -> Any:
        asked.update(given)
        return {"imageDetails": [{"imageDigest": DIGEST}]}

    aws.operations["DescribeImages"] = describe
    find(aws, image=f"{REGISTRY}/team/blerssi")
    assert asked == {
        "registryId": "123456789012",
        "repositoryName": "team/blerssi",
        "imageIds": [{"imageTag": "latest"}],
    }


@pytest.mark.parametrize("image", [f"localhost:5000/blerssi@{DIGEST}", f"{REGISTRY}/x:1@{DIGEST}"])
def test_a_digest_is_looked_for_too(aws: FakeAws, image: str) -> None:
    assert find(aws, image=image).image.endswith(f"@{DIGEST}")

    def missing(**_: Any) -> Any:
        raise MissingError("ImageNotFound")

    aws.operations["DescribeImages"] = missing
    with pytest.raises(MissingError, match=r"There is no image .*") as caught:
        find(aws, image=image)
    assert "deploy push" in caught.value.hint


def test_the_name_of_an_image_without_a_registry_stays(aws: FakeAws) -> None:
    found = find(aws, image="blerssi-sagemaker:latest")
    assert (found.image, found.digest) == ("blerssi-sagemaker:latest", None)


def test_an_image_of_another_region_is_refused(aws: FakeAws) -> None:
    with pytest.raises(DeployError, match="own region only"):
        find(aws, image=f"{REGISTRY.replace('us-east-1', 'eu-west-1')}/blerssi:1")


def test_an_oci_manifest_is_refused(aws: FakeAws) -> None:
    kind = "application/vnd.oci.image.index.v1+json"
    details = {"imageDigest": DIGEST, "imageManifestMediaType": kind}
    aws.operations["DescribeImages"] = lambda **_: {"imageDetails": [details]}
    with pytest.raises(DeployError, match="OCI manifest"):
        find(aws)


def test_the_name_follows_from_all_that_runs(aws: FakeAws) -> None:
    names = {
        find(aws).name("blerssi"),
        find(aws, variables={"A": "1"}).name("blerssi"),
        find(aws, isolated=False).name("blerssi"),
        find(aws, artifact="s3://bucket/other.tar.gz").name("blerssi"),
        find(aws, image="blerssi").name("blerssi"),
        find(aws, role=f"{ROLE}-2").name("blerssi"),
    }
    assert len(names) == 6
    assert find(aws).name("blerssi") in names


def test_an_empty_artefact_is_none(aws: FakeAws) -> None:
    aws.operations["HeadObject"] = lambda **_: {"ContentLength": 0, "ETag": "x"}
    with pytest.raises(DeployError, match="is empty"):
        find(aws)


@pytest.mark.parametrize(
    ("role", "arn"),
    [("sagemaker", ROLE), (ROLE, ROLE), (f"{ROLE[:-9]}path/x", f"{ROLE[:-9]}path/x")],
)
def test_a_role_by_name_or_arn(aws: FakeAws, role: str, arn: str) -> None:
    assert find(aws, role=role).content["ExecutionRoleArn"] == arn


def test_an_arn_is_believed_where_iam_may_not_be_read(aws: FakeAws) -> None:
    def denied(**_: Any) -> Any:
        raise DeniedError("Not for you.")

    aws.operations["GetRole"] = denied
    assert find(aws).content["ExecutionRoleArn"] == ROLE


def test_a_role_that_is_not_there(aws: FakeAws) -> None:
    def missing(**_: Any) -> Any:
        raise MissingError("NoSuchEntity")

    aws.operations["GetRole"] = missing
    with pytest.raises(MissingError, match="There is no role"):
        find(aws)


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        (f"{REGISTRY}/team/blerssi@{DIGEST}", "team/blerssi"),
        ("localhost:5000/blerssi:1", "blerssi"),
        ("blerssi-sagemaker:latest", None),
        ("", None),
    ],
)
def test_the_repository_of_an_image(image: str, repository: str | None) -> None:
    assert model.repository(image) == repository


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": "an image"}, "--image"),
        ({"artifact": "model.tar.gz"}, "--artifact"),
        ({"artifact": "s3://bucket/model.zip"}, "--artifact"),
        ({"role": "a role"}, "--role"),
    ],
)
def test_what_cannot_be_one_is_said(changes: dict[str, str], words: str) -> None:
    given = {"image": "image", "artifact": ARTIFACT, "role": ROLE, **changes}
    assert any(words in each for each in Model(**given).problems())  # type: ignore[arg-type]
