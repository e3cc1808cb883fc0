"""Refusals are read by botocore's own parsers."""

from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from local_test.aws import replies
from local_test.aws.errors import AwsError

ERROR = AwsError("SomeException", "A <b> & 'c' — ü", 400)


def request(**more: Any) -> Request:
    return Request(EnvironBuilder("/b/k", **more).get_environ())


@pytest.mark.parametrize(
    ("service", "operation", "protocol"),
    [
        ("sagemaker", "ListModels", "json"),
        ("sagemaker-runtime", "InvokeEndpoint", "rest-json"),
        ("iam", "ListUsers", "query"),
        ("sts", "GetCallerIdentity", "query"),
        ("s3", "GetObject", "rest-xml"),
    ],
)
def test_refusal(service: str, operation: str, protocol: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    response = replies.refusal(ERROR, model.signing_name, request())
    assert response.status_code == 400
    found = _parsed(protocol, model.operation_model(operation), response)
    assert found["Error"]["Code"] == "SomeException"
    assert found["Error"]["Message"] == "A <b> & 'c' — ü"


def test_refusal_in_cbor() -> None:
    model = botocore.session.get_session().get_service_model("cloudwatch")
    asked = request(headers={"Smithy-Protocol": "rpc-v2-cbor"})
    response = replies.refusal(ERROR, "monitoring", asked)
    found = _parsed("smithy-rpc-v2-cbor", model.operation_model("ListMetrics"), response)
    assert found["Error"]["Code"] == "SomeException"
    assert found["Error"]["Message"] == "A <b> & 'c' — ü"


def _parsed(protocol: str, operation: Any, response: Any) -> Any:
    given = {
        "status_code": response.status_code,
        "headers": {name.lower(): value for name, value in response.headers.items()},
        "body": response.get_data(),
        "context": {"operation_name": operation.name},
    }
    return create_parser(protocol).parse(given, operation.output_shape)


def test_no_body_where_none_may_be() -> None:
    response = replies.refusal(ERROR, "s3", request(method="HEAD"))
    assert response.get_data() == b""
