from pathlib import Path

import pytest

from serve.context import Context


@pytest.fixture
def context() -> Context:
    return Context(Path("/opt/ml/model"), {"X-Name": "value", "Accept": "*/*"})


def test_request_headers_are_read_whatever_their_case(context: Context) -> None:
    assert context.get_request_header(0, "x-NAME") == "value"
    assert context.get_request_header(0, "absent") is None
    assert context.get_all_request_header() == {"X-Name": "value", "Accept": "*/*"}
    assert context.request_processor[0].get_request_property("accept") == "*/*"


def test_it_knows_the_model(context: Context) -> None:
    assert context.model_name == "model"
    assert context.system_properties["model_dir"] == "/opt/ml/model"
    assert context.system_properties["gpu_id"] is None


def test_response_headers_type_and_status_are_set(context: Context) -> None:
    context.set_response_header(0, "X-Answer", "1, 2")
    context.set_response_header(0, "content-type", "text/plain")
    context.set_response_status(404, "Not here")
    assert context.get_response_headers() == {"X-Answer": "1, 2"}
    assert context.request_processor[0].content_type == "text/plain"
    assert context.request_processor[0].status == 404
    context.set_response_content_type(0, "text/csv")
    assert context.request_processor[0].content_type == "text/csv"


@pytest.mark.parametrize("status", [0, 100, 204, 205, 301, 304, 600])
def test_statuses_that_have_no_body_are_refused(context: Context, status: int) -> None:
    with pytest.raises(ValueError, match="status"):
        context.set_response_status(status)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Length", "1"),
        ("transfer-encoding", "chunked"),
        ("Connection", "close"),
        ("", "x"),
        ("a:b", "x"),
        ("X\r\nY", "x"),
        ("X", "a\nb"),
        ("X", "ü"),
        ("X", "x" * 1025),
        ("X", 1),
    ],
)
def test_headers_that_would_break_the_answer_are_refused(
    context: Context, name: str, value: str
) -> None:
    with pytest.raises(ValueError, match=r"header|ASCII"):
        context.set_response_header(0, name, value)
    assert context.get_response_headers() == {}
