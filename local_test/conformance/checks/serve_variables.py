"""Starting with variables of every kind (C1.4, C1.59, C1.60, C6.22 - C6.25)."""

from container import contract
from local_test.conformance.checks.serve_start import require_start
from local_test.conformance.lab import Lab
from local_test.conformance.registry import check

_ENVIRONMENT = {"EMPTY": "", "LINES": "one\ntwo\n", "LONG": "x" * 1024} | {
    f"FILLER_{number}": "x" * 200 for number in range(90)
}
_PLATFORM = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EXECUTION_ENV": "AWS_ECS_EC2",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/00000000",
    "ECS_CONTAINER_METADATA_URI": "http://169.254.170.2/v3/0",
    "ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/0",
    contract.MULTI_MODEL: "false",
    "SAGEMAKER_SAFE_PORT_RANGE": "25000-25999",
}
_SDK = {
    "SAGEMAKER_SUBMIT_DIRECTORY": "s3://no-such-bucket/sourcedir.tar.gz",
    "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
    "SAGEMAKER_REGION": "eu-west-1",
}
_WORKERS = {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
_TIMEOUTS = {"SAGEMAKER_MODEL_SERVER_TIMEOUT": "60"}
_TOOLKIT = {
    "SAGEMAKER_STARTUP_TIMEOUT": "600",
    "SAGEMAKER_MODEL_SERVER_VMARGS": "-Xmx512m",
    "SAGEMAKER_MAX_PAYLOAD_IN_MB": "6",
}
_OTHERS = {
    "SAGEMAKER_USE_NGINX": "false",
    "SAGEMAKER_GUNICORN_WORKERS": "1",
    "SAGEMAKER_GUNICORN_TIMEOUT_SECONDS": "60",
    "MODEL_SERVER_TIMEOUT": "60",
    "MODEL_SERVER_WORKERS": "1",
    "MAX_CONTENT_LENGTH": "6291456",
}


@check(
    "C1.4",
    group="serve",
    title="It starts amid 93 variables, empty, long and with line breaks",
    expected="status 200",
)
def any_environment_is_tolerated(lab: Lab) -> None:
    """As much as the API allows."""
    require_start(lab, _ENVIRONMENT)


@check(
    "C1.59",
    group="serve",
    title="It starts with the variables seen inside endpoints",
    expected="status 200",
)
def platform_variables_are_tolerated(lab: Lab) -> None:
    """None may be required either: the shared server has none of them."""
    require_start(lab, _PLATFORM)


@check(
    "C1.60",
    group="serve",
    title="It starts with what the SDK sets, its submit directory stale",
    expected="status 200",
)
def sdk_variables_are_tolerated(lab: Lab) -> None:
    """The code is in the archive already."""
    require_start(lab, _SDK)


@check(
    "C6.22",
    group="serve",
    title="It starts with SAGEMAKER_MODEL_SERVER_WORKERS=1",
    expected="status 200",
)
def worker_variable_is_tolerated(lab: Lab) -> None:
    """How many workers that makes is the container's affair."""
    require_start(lab, _WORKERS)


@check(
    "C6.23",
    group="serve",
    title="It starts with SAGEMAKER_MODEL_SERVER_TIMEOUT=60",
    expected="status 200",
)
def timeout_variable_is_tolerated(lab: Lab) -> None:
    """Minutes for some, seconds for others."""
    require_start(lab, _TIMEOUTS)


@check(
    "C6.24",
    group="serve",
    title="It starts with the other variables of AWS's toolkit",
    expected="status 200",
)
def toolkit_variables_are_tolerated(lab: Lab) -> None:
    """Old model definitions carry them along."""
    require_start(lab, _TOOLKIT)


@check(
    "C6.25",
    group="serve",
    title="It starts with the variables of AWS's other stacks",
    expected="status 200",
)
def other_variables_are_tolerated(lab: Lab) -> None:
    """Old model definitions carry them along."""
    require_start(lab, _OTHERS)
