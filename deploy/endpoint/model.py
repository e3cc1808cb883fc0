"""What runs: an image by its digest, an artefact by its content, and a role.

What is not there is found before anything is made. A tag of an image can be moved and a key in S3
can be written again: the model's name follows from the digest and from S3's checksum.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from container.errors import UserError
from deploy import naming
from deploy.aws import Aws
from deploy.endpoint import s3
from deploy.errors import DeniedError, DeployError, ExistsError, MissingError

_ECR: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
)
_IMAGE: Final = re.compile(
    r"(?:(?P<host>[^\s/]+(?:\.[^\s/]+|:\d+))/)?(?P<repository>[^\s:@]+)"
    r"(?::(?P<tag>[\w][\w.\-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_ROLE_ARN: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_ROLE_NAME: Final = re.compile(r"[\w+=,.@-]{1,64}")
_OCI: Final = "application/vnd.oci."
_UPLOAD: Final = "Put one there: python -m deploy upload."


@dataclass(frozen=True)
class Model:
    """A model as it is wanted.

    Attributes:
        image: An image's URI in ECR, by digest or by tag.
        artifact: s3://bucket/key of a model.tar.gz.
        role: The execution role's ARN, or its name in this account.
        variables: The container's environment, C1.4.
        isolated: Whether the container gets no network, C1.61.
    """

    image: str
    artifact: str
    role: str
    variables: Mapping[str, str] = field(default_factory=dict)
    isolated: bool = True

    def problems(self) -> list[str]:
        """What is wrong with it, in words; empty where nothing is."""
        found = []
        if not _IMAGE.fullmatch(self.image):
            found.append(f"--image {self.image!r} is not the URI of an image")
        if not self.artifact.startswith("s3://") or not self.artifact.endswith(".tar.gz"):
            found.append(f"--artifact {self.artifact!r} is not of the form s3://bucket/….tar.gz")
        if not (_ROLE_ARN.fullmatch(self.role) or _ROLE_NAME.fullmatch(self.role)):
            found.append(f"--role {self.role!r} is neither a role's ARN nor its name")
        return found


@dataclass(frozen=True)
class Found:
    """A model whose parts are there.

    Attributes:
        image: By its digest, where a registry of AWS holds it.
        digest: `sha256:…`, or None.
        content: The CreateModel without name and tags.
        checksum: What S3 says of the artefact's content.
    """

    image: str
    digest: str | None
    content: Mapping[str, Any]
    checksum: str

    def name(self, stem: str) -> str:
        """The model's name, which follows from its content."""
        return naming.named(stem, [self.content, self.checksum])


def find(aws: Aws, model: Model) -> Found:
    """Look for image, artefact and role.

    Raises:
        DeployError: One of them is not there, or not where SageMaker could use it.
    """
    checksum = _checksum(aws, model.artifact)
    role = role_arn(aws, model.role)
    image, digest = by_digest(aws, model.image)
    container: dict[str, Any] = {"Image": image, "ModelDataUrl": model.artifact}
    if model.variables:
        container["Environment"] = dict(model.variables)
    content = {
        "PrimaryContainer": container,
        "ExecutionRoleArn": role,
        "EnableNetworkIsolation": model.isolated,
    }
    return Found(image, digest, content, checksum)


def ensure(aws: Aws, name: str, content: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """Make a model unless it is there; tells whether it was made.

    Raises:
        DeployError: AWS does not let it be made.
    """
    try:
        aws.read("sagemaker", "DescribeModel", ModelName=name)
    except MissingError:
        return _create(aws, name, content, tags)
    return False


def remove(aws: Aws, name: str) -> None:
    """Delete a model; one that is gone is no fault.

    Raises:
        DeployError: AWS does not let it be deleted.
    """
    try:
        aws.write("sagemaker", "DeleteModel", ModelName=name)
    except MissingError:
        return


def repository(image: str) -> str | None:
    """Name the repository of an image in ECR, None for one that is elsewhere."""
    found = _IMAGE.fullmatch(image)
    return found["repository"] if found and found["host"] else None


def _create(aws: Aws, name: str, content: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    try:
        aws.write(
            *("sagemaker", "CreateModel"), ModelName=name, **content, Tags=naming.as_list(tags)
        )
    except ExistsError:  # another run was faster, and its content is the same, as the name is
        return False
    return True


def _checksum(aws: Aws, artifact: str) -> str:
    bucket, key = s3.split(artifact)
    try:
        found = aws.read("s3", "HeadObject", Bucket=bucket, Key=key)
    except MissingError as error:
        raise MissingError(f"There is no artefact at {artifact}.", hint=_UPLOAD) from error
    if not found.get("ContentLength"):
        raise DeployError(f"The artefact at {artifact} is empty.", hint=_UPLOAD)
    return str(found["ETag"])


def role_arn(aws: Aws, role: str) -> str:
    """Give a role's ARN; that it can be assumed is for SageMaker to find out.

    Raises:
        DeployError: There is no such role.
    """
    given = _ROLE_ARN.fullmatch(role)
    try:
        found = aws.read("iam", "GetRole", RoleName=role.rsplit("/", 1)[-1])["Role"]["Arn"]
    except MissingError as error:
        raise MissingError(
            f"There is no role {role}.",
            hint="`python -m deploy iam render` prints what the execution role needs.",
        ) from error
    except DeniedError:  # a deployer need not read IAM: SageMaker checks the role itself
        if given:
            return role
        partition = aws.session.get_partition_for_region(aws.region)
        found = f"arn:{partition}:iam::{aws.account}:role/{role}"
    return role if given else str(found)


def by_digest(aws: Aws, image: str) -> tuple[str, str | None]:
    """Give an image's URI by its digest, and the digest.

    Raises:
        UserError: It is no URI.
        DeployError: It is not there, or not where SageMaker could use it.
    """
    found = _IMAGE.fullmatch(image)
    if not found:
        raise UserError(f"{image!r} is not the URI of an image.")
    if not found["host"]:  # no registry: a laptop's SageMaker takes such a name, AWS says no
        return image, found["digest"]
    registry = _ECR.fullmatch(found["host"])
    if registry and registry["region"] != aws.region:
        raise DeployError(
            f"The image {image} is in {registry['region']} and the endpoint in {aws.region}; "
            "SageMaker pulls from its own region only.",
            hint="Push it there: python -m deploy push --region.",
        )
    account = {"registryId": registry["account"]} if registry else {}
    wanted = (
        {"imageDigest": found["digest"]}
        if found["digest"]
        else {"imageTag": found["tag"] or "latest"}
    )
    details = _details(aws, image, repositoryName=found["repository"], imageIds=[wanted], **account)
    if str(details.get("imageManifestMediaType", "")).startswith(_OCI):
        raise DeployError(
            f"The image {image} has an OCI manifest, which SageMaker refuses (C1.7).",
            hint="Push it anew: python -m deploy push.",
        )
    digest = str(details["imageDigest"])
    return f"{found['host']}/{found['repository']}@{digest}", digest


def _details(aws: Aws, image: str, **parameters: Any) -> Mapping[str, Any]:
    try:
        found = aws.read("ecr", "DescribeImages", **parameters)["imageDetails"]
    except MissingError as error:
        raise MissingError(
            f"There is no image {image}.", hint="Put it there: python -m deploy push."
        ) from error
    details: Mapping[str, Any] = found[0]
    return details
