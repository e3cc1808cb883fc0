import pytest

from deploy.refusal import InvocationError, Refusal, is_model_error, unfold
from model.errors import Problem
from tests.support.runtime import aws_error, model_error, problem, refusal


def test_the_error_of_the_model_takes_the_place_of_the_platforms() -> None:
    body = refusal(problem(3, "b3004", None), total=7, hint="Mend it.")
    found = unfold(model_error(400, body))
    assert found == Refusal(
        400,
        "invalid_input",
        "The request does not fit the model.",
        "Mend it.",
        (Problem(3, "b3004", None, "dBm"),),
        7,
        "r1",
    )
    assert found.rows == {3}
    assert found.shifted(100).rows == {103}


def test_faults_of_the_request_as_a_whole_name_no_row() -> None:
    found = unfold(model_error(400, refusal(problem(None))))
    assert not found.rows
    assert found.shifted(5).problems == found.problems


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, "<html>oops</html>", "oops"),
        (500, '{"error": "text"}', "text"),
        (500, '{"error": {"code": 1}}', "code"),
        (500, '["error"]', "error"),
        (502, "", "Received error"),
        (0, "", "60 s"),
        (500, "x" * 1000, "…"),
    ],
)
def test_an_error_that_is_not_ours_is_quoted(status: int, body: str, said: str) -> None:
    found = unfold(model_error(status, body))
    assert said in found.message
    assert len(found.message) < 400
    assert not found.kind


def test_a_fault_of_the_model_says_where_its_log_is() -> None:
    log = "arn:aws:logs:us-east-1:1:log-group:/aws/sagemaker/Endpoints/e:log-stream:s"
    error = model_error(500, refusal(code="model_failure"), LogStreamArn=log)
    found = InvocationError("e", unfold(error))
    assert "500 model_failure" in found.message
    assert "/aws/sagemaker/Endpoints/e:log-stream:s, request id r1" in found.hint


def test_a_fault_of_the_model_without_a_log_names_the_group() -> None:
    assert "/aws/sagemaker/Endpoints/e." in InvocationError("e", unfold(model_error(500, "x"))).hint


def test_a_fault_of_the_caller_needs_no_log() -> None:
    assert InvocationError("e", unfold(model_error(400, refusal()))).hint == ""


def test_programs_get_all_of_it() -> None:
    found = InvocationError("e", unfold(model_error(400, refusal(problem(1))))).to_dict()
    assert (found["status"], found["model_code"], found["problems_total"]) == (
        400,
        "invalid_input",
        1,
    )
    assert found["problems"] == [problem(1)]


def test_only_the_models_errors_are_the_models() -> None:
    assert is_model_error(model_error(400))
    assert not is_model_error(aws_error("ValidationError"))
    assert not is_model_error(ValueError())
