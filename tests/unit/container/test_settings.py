"""The server's settings: every variable, every wrong one at once."""

import logging

import pytest

from container.errors import UserError
from container.settings import Settings, documentation


def test_defaults() -> None:
    settings = Settings.from_variables({})
    assert settings == Settings()
    assert settings.port == 8080
    assert settings.timeout == 3600
    assert settings.max_payload == 25 << 20
    assert settings.log_level == logging.INFO


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("SAGEMAKER_BIND_TO_PORT", "9000", "port", 9000),
        ("SAGEMAKER_MODEL_SERVER_WORKERS", " 4 ", "workers", 4),
        ("MODEL_SERVER_WORKERS", "3", "workers", 3),
        ("BLERSSI_CONCURRENCY", "8", "concurrency", 8),
        ("BLERSSI_QUEUE", "0", "queue", 0),
        ("SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS", "30", "timeout", 30),
        ("MODEL_SERVER_TIMEOUT", "60", "timeout", 60),
        ("SAGEMAKER_MODEL_SERVER_TIMEOUT", "2", "timeout", 120),
        ("SAGEMAKER_BATCH", "True", "batch", True),
        ("SAGEMAKER_BATCH", "true", "batch", True),
        ("SAGEMAKER_BATCH", "0", "batch", False),
        ("SAGEMAKER_MULTI_MODEL", "true", "multi_model", True),
        ("SAGEMAKER_MULTI_MODEL", "false", "multi_model", False),
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "6", "max_payload", 6 << 20),
        ("SAGEMAKER_MAX_PAYLOAD_IN_MB", "0", "max_payload", 1 << 30),
        ("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "Text/CSV", "default_accept", "text/csv"),
        ("SAGEMAKER_CONTAINER_LOG_LEVEL", "10", "log_level", logging.DEBUG),
        ("SAGEMAKER_CONTAINER_LOG_LEVEL", "warning", "log_level", logging.WARNING),
        ("BLERSSI_LOG_FORMAT", "JSON", "log_style", "json"),
        ("BLERSSI_EMBEDDED_METRICS", "On", "embedded_metrics", "on"),
        ("BLERSSI_ENDPOINT_NAME", "blerssi-2", "endpoint", "blerssi-2"),
    ],
)
def test_every_variable(variable: str, text: str, field: str, value: object) -> None:
    assert getattr(Settings.from_variables({variable: text}), field) == value


def test_every_variable_is_tested_and_an_empty_one_is_unset() -> None:
    names = [name for each in documentation() for name in each.variables]
    assert len(set(names)) == len(names)
    tested = test_every_variable.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert set(names) == {case[0] for case in tested}
    assert Settings.from_variables(dict.fromkeys(names, " ")) == Settings()


def test_the_first_variable_of_a_setting_counts() -> None:
    both = {"SAGEMAKER_MODEL_SERVER_WORKERS": "2", "MODEL_SERVER_WORKERS": "5"}
    assert Settings.from_variables(both).workers == 2
    seconds = {"SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS": "5", "SAGEMAKER_MODEL_SERVER_TIMEOUT": "1"}
    assert Settings.from_variables(seconds).timeout == 5


def test_batch_allows_larger_bodies_unless_the_job_says_otherwise() -> None:
    assert Settings.from_variables({"SAGEMAKER_BATCH": "true"}).max_payload == 100 << 20
    job = {"SAGEMAKER_BATCH": "true", "SAGEMAKER_MAX_PAYLOAD_IN_MB": "6"}
    assert Settings.from_variables(job).max_payload == 6 << 20


WRONG = {
    "SAGEMAKER_BIND_TO_PORT": "0",
    "SAGEMAKER_MODEL_SERVER_WORKERS": "many",
    "BLERSSI_CONCURRENCY": "-1",
    "BLERSSI_QUEUE": "1e3",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS": "0",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT": "1441",
    "SAGEMAKER_BATCH": "maybe",
    "SAGEMAKER_MAX_PAYLOAD_IN_MB": "1025",
    "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "csv",
    "SAGEMAKER_CONTAINER_LOG_LEVEL": "loud",
    "BLERSSI_LOG_FORMAT": "xml",
}


def test_all_wrong_variables_are_reported_at_once() -> None:
    with pytest.raises(UserError) as caught:
        Settings.from_variables(WRONG)
    for variable, text in WRONG.items():
        assert f"{variable} is {text!r}, allowed: " in caught.value.message
    assert caught.value.hint == "Change or unset them."


@pytest.mark.parametrize("variable", WRONG)
@pytest.mark.parametrize("text", ["²", "9" * 5000, "\udce9", "x" * 200])
def test_no_text_is_more_than_a_wrong_value(variable: str, text: str) -> None:
    with pytest.raises(UserError, match=variable) as caught:
        Settings.from_variables({variable: text})
    assert len(str(caught.value)) < 400


def test_documentation_shows_what_a_person_would_set() -> None:
    rows = {row.variables[0]: row for row in documentation()}
    assert rows["SAGEMAKER_MODEL_SERVER_WORKERS"].default == "unset"
    assert rows["SAGEMAKER_BATCH"].default == "false"
    assert rows["SAGEMAKER_CONTAINER_LOG_LEVEL"].default == "INFO"
    assert rows["SAGEMAKER_BIND_TO_PORT"].default == "8080"
    assert all(row.text.endswith(").") or row.text.endswith(".") for row in rows.values())


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"SAGEMAKER_SAFE_PORT_RANGE": "25000-25999"}, True),
        ({"SAGEMAKER_SAFE_PORT_RANGE": " "}, False),
        ({"SAGEMAKER_SAFE_PORT_RANGE": "25000-25999", "SAGEMAKER_BATCH": "true"}, False),
        ({"SAGEMAKER_SAFE_PORT_RANGE": "25000-25999", "BLERSSI_EMBEDDED_METRICS": "off"}, False),
        ({"SAGEMAKER_BATCH": "true", "BLERSSI_EMBEDDED_METRICS": "on"}, True),
    ],
)
def test_metrics_are_embedded_on_endpoints_or_as_is_said(
    variables: dict[str, str], expected: bool
) -> None:
    assert Settings.from_variables(variables).measures(variables) is expected
