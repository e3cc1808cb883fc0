import pytest

from local_test.aws import s3_asks

BUCKET = "arn:aws:s3:::b"
KEY = f"{BUCKET}/a/k"


@pytest.mark.parametrize(
    ("request_line", "action", "resource"),
    [
        ("GET /", "ListAllMyBuckets", "*"),
        ("PUT /b", "CreateBucket", BUCKET),
        ("HEAD /b", "ListBucket", BUCKET),
        ("GET /b", "ListBucket", BUCKET),
        ("GET /b/ prefix=a", "ListBucket", BUCKET),
        ("DELETE /b", "DeleteBucket", BUCKET),
        ("GET /b location", "GetBucketLocation", BUCKET),
        ("GET /b versions", "ListBucketVersions", BUCKET),
        ("GET /b uploads", "ListBucketMultipartUploads", BUCKET),
        ("PUT /b versioning", "PutBucketVersioning", BUCKET),
        ("GET /b encryption", "GetEncryptionConfiguration", BUCKET),
        ("PUT /b publicAccessBlock", "PutBucketPublicAccessBlock", BUCKET),
        ("GET /b/a/k", "GetObject", KEY),
        ("HEAD /b/a/k", "GetObject", KEY),
        ("GET /b/a/k versionId=1", "GetObjectVersion", KEY),
        ("PUT /b/a/k", "PutObject", KEY),
        ("POST /b/a/k uploads", "PutObject", KEY),
        ("PUT /b/a/k uploadId=1", "PutObject", KEY),
        ("GET /b/a/k uploadId=1", "ListMultipartUploadParts", KEY),
        ("DELETE /b/a/k uploadId=1", "AbortMultipartUpload", KEY),
        ("DELETE /b/a/k", "DeleteObject", KEY),
        ("DELETE /b/a/k versionId=1", "DeleteObjectVersion", KEY),
        ("GET /b/a/k tagging", "GetObjectTagging", KEY),
        ("PUT /b/a/k tagging", "PutObjectTagging", KEY),
        ("GET /b/a/k attributes", "GetObjectAttributes", KEY),
    ],
)
def test_action(request_line: str, action: str, resource: str) -> None:
    method, path, *query = request_line.split()
    parameters = {name: value for name, _, value in (each.partition("=") for each in query)}
    (ask,) = s3_asks.needed(method, path, parameters, {}, b"")
    assert (ask.action, ask.resource) == (f"s3:{action}", resource)


def test_conditions() -> None:
    (listing,) = s3_asks.needed("GET", "/b", {"prefix": "a/", "list-type": "2"}, {}, b"")
    assert listing.context == {"s3:prefix": ["a/"]}
    headers = {"x-amz-server-side-encryption": "aws:kms"}
    (put,) = s3_asks.needed("PUT", "/b/k", {}, headers, b"")
    assert put.context == {"s3:x-amz-server-side-encryption": ["aws:kms"]}


def test_copy_reads_its_source() -> None:
    headers = {"x-amz-copy-source": "/other/a%20b?versionId=1"}
    put, get = s3_asks.needed("PUT", "/b/k", {}, headers, b"")
    assert put.action == "s3:PutObject"
    assert (get.action, get.resource) == ("s3:GetObject", "arn:aws:s3:::other/a b")


def test_deletion_of_several_asks_for_each() -> None:
    body = b"<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>c</Key></Object></Delete>"
    found = s3_asks.needed("POST", "/b", {"delete": ""}, {}, body)
    assert [ask.resource for ask in found] == [f"{BUCKET}/a&b", f"{BUCKET}/c"]
    assert {ask.action for ask in found} == {"s3:DeleteObject"}
