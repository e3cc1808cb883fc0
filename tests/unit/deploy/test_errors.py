import pytest
from boto3.exceptions import S3UploadFailedError
from botocore import exceptions as boto

from deploy.errors import (
    CredentialsError,
    DeniedError,
    DeployError,
    ExistsError,
    MissingError,
    RefusedError,
    UnreachableError,
    explained,
    resource,
)

KEY_ID = "AKIAIOSFODNN7EXAMPLE"


def refusal(code: str, message: str = "Some words", operation: str = "CreateModel") -> Exception:
    error: Exception = boto.ClientError({"Error": {"Code": code, "Message": message}}, operation)
    return error


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("AccessDenied", "", DeniedError),
        ("AccessDeniedException", "User: arn is not authorized", DeniedError),
        ("403", "Forbidden", DeniedError),
        ("NoSuchBucket", "The specified bucket does not exist", MissingError),
        ("404", "Not Found", MissingError),
        ("RepositoryNotFoundException", "No repository", MissingError),
        ("ValidationException", 'Could not find endpoint "arn"', MissingError),
        ("ValidationException", "Cannot create already existing endpoint x", ExistsError),
        ("RepositoryAlreadyExistsException", "", ExistsError),
        ("ValidationException", "1 validation error detected", RefusedError),
        ("ResourceInUse", "The endpoint is being updated", RefusedError),
        ("PermanentRedirect", "Must be addressed using another endpoint", RefusedError),
        ("ExpiredToken", "", CredentialsError),
        ("ExpiredTokenException", "", CredentialsError),
        ("InvalidAccessKeyId", f"{KEY_ID} does not exist", CredentialsError),
        ("UnrecognizedClientException", "The security token is invalid", CredentialsError),
        ("SignatureDoesNotMatch", f"{KEY_ID}: check the key", CredentialsError),
    ],
)
def test_a_refusal_is_of_its_kind_and_names_operation_and_resource(
    code: str, message: str, kind: type[DeployError]
) -> None:
    found = explained(refusal(code, message), "sagemaker:CreateModel", {"ModelName": "blerssi-1"})
    assert type(found) is kind
    assert "sagemaker:CreateModel blerssi-1" in str(found)
    assert KEY_ID not in str(found)


def test_a_refusal_keeps_what_programs_ask_for() -> None:
    found = explained(refusal("ResourceInUse", "It is busy"), "sagemaker:UpdateEndpoint")
    assert isinstance(found, RefusedError)
    assert (found.operation, found.aws_code, found.reason) == (
        "sagemaker:UpdateEndpoint",
        "ResourceInUse",
        "It is busy",
    )


def test_a_transfer_that_fails_gives_the_reason_that_boto3_wraps() -> None:
    try:
        try:
            raise refusal("AccessDenied", "No.", "PutObject")
        except boto.ClientError:
            raise S3UploadFailedError("Failed to upload")  # noqa: B904 - as boto3 does it
    except S3UploadFailedError as error:
        found = explained(error, "s3:PutObject", {"Bucket": "b", "Key": "k"})
    assert isinstance(found, DeniedError)
    assert "s3:PutObject s3://b/k" in str(found)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (boto.NoCredentialsError(), CredentialsError, "no usable AWS credentials"),
        (
            boto.PartialCredentialsError(provider="env", cred_var="X"),
            CredentialsError,
            "no usable AWS credentials",
        ),
        (boto.ProfileNotFound(profile="gone"), CredentialsError, "gone"),
        (boto.NoRegionError(), DeployError, "--region"),
        (
            boto.EndpointConnectionError(endpoint_url="http://nowhere"),
            UnreachableError,
            "http://nowhere",
        ),
        (boto.ReadTimeoutError(endpoint_url="http://slow"), UnreachableError, "http://slow"),
        (boto.ParamValidationError(report="bad"), DeployError, "bad"),
    ],
)
def test_what_has_no_answer_is_explained_too(
    error: Exception, kind: type[DeployError], words: str
) -> None:
    found = explained(error, "s3:PutObject")
    assert type(found) is kind
    assert words in str(found)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"Bucket": "b"}, "s3://b"),
        ({"Bucket": "b", "Key": "k/x"}, "s3://b/k/x"),
        ({"Tags": [], "EndpointName": "e"}, "e"),
        ({"logGroupName": "/aws/x"}, "/aws/x"),
        ({"MaxResults": 3}, ""),
    ],
)
def test_the_resource_is_found_among_the_parameters(
    parameters: dict[str, object], expected: str
) -> None:
    assert resource(parameters) == expected
