"""How a server starts: with what it is given, amid what lies about (C1.1 - C1.14, C1.24, C1.59)."""

import time
from pathlib import Path

from container import contract
from local_test.conformance import patience
from local_test.conformance.http import NoAnswer, Reply
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.subject import Container
from local_test.conformance.traffic import invoke

_HOSTING_SECONDS = 480.0  # C1.24
_PAUSE = 0.05
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
    "SAGEMAKER_MULTI_MODEL": "false",
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
    "C1.24",
    "C1.1",
    "C1.9",
    group="serve",
    title="`serve` brings /ping to 200 within 8 minutes, with the model in its place",
    expected="/ping 200, then an answer from /invocations",
)
def starts_in_time(lab: Lab) -> None:
    """One minute is good; the platform gives up after eight."""
    with lab.fresh(ready=False) as server:
        server.until_ping(min(_HOSTING_SECONDS, lab.start_seconds))
        if server.poll() is not None:
            raise Violation("it ended after its first good ping", server)


@check(
    "C1.25",
    "C2.16",
    group="serve",
    title="The first request after the first good ping is answered",
    expected="status 200 at once",
)
def green_means_ready(lab: Lab) -> None:
    """A ping that is green before the model is there loses the first requests."""
    payload = lab.materials.payload
    with lab.fresh(ready=False) as server:
        try:
            server.until_ping(lab.start_seconds)
        except Violation:
            lab.server()
            raise
        _require_answer(invoke(server, payload), "right after the first 200 of /ping")


@check(
    "C9.4",
    "C1.25",
    group="serve",
    title="A model whose files are damaged does not turn /ping green",
    expected="no 200 from /ping, or answers all the same",
)
def damaged_model_is_not_green(lab: Lab) -> None:
    """Endpoints that are InService with a model that never loaded."""
    lab.server()
    base = lab.base()
    files = [each for each in (base / contract.MODEL).rglob("*") if each.is_file()]
    for each in files:
        each.write_bytes(b"\0 damaged by the conformance suite")
    with lab.fresh(base=base, ready=False) as server:
        _require_red(lab, server, "with a damaged model")


@check(
    "C1.11",
    group="serve",
    title="Without a model it stays up, /ping is not green, and the log says why",
    expected="/ping 503 and a line in the log; or answers without a model",
)
def missing_model_is_told(lab: Lab) -> None:
    """A crash loop tells nobody what is missing."""
    lab.server()
    with lab.fresh(base=lab.folder(), ready=False) as server:
        _require_red(lab, server, "without a model")
        code = server.poll()
        if code is not None:
            raise Violation(f"it ended with exit code {code} without a model", server)
        if server.get(contract.PING).status != 200 and not server.log.strip():
            raise Violation("the log is empty", server)


@check(
    "C1.12",
    group="serve",
    title="A model one folder down is found, and files that macOS adds do no harm",
    expected="status 200",
)
def nested_model_is_found(lab: Lab) -> None:
    """People archive the folder instead of its content."""
    base = lab.base()
    model = base / contract.MODEL
    model.rename(base / "moved")
    model.mkdir()
    (base / "moved").rename(model / "my_model")
    (model / "._my_model").write_bytes(b"\0\5\x16\7")
    _require_start(lab, base=base)


@check(
    "C1.13",
    group="serve",
    title="Unknown folders below /opt/ml do no harm",
    expected="status 200",
)
def unknown_folders_are_tolerated(lab: Lab) -> None:
    """Additional model sources appear beside the model."""
    base = lab.base()
    for name in ("additional-model-data-sources/adapters", "unheard-of"):
        (base / name).mkdir(parents=True)
        (base / name / "file.bin").write_bytes(b"\0")
    _require_start(lab, base=base)


@check(
    "C1.10",
    group="serve",
    title="The model folder is the same after requests, an error among them, and a stop",
    expected="no file new, changed or gone",
)
def model_folder_is_left_alone(lab: Lab) -> None:
    """The platform mounts it read-only; what is written there fails only in the cloud."""
    base = lab.base()
    before = _listing(base)
    with lab.fresh(base=base) as server:
        payload = lab.materials.payload
        _require_answer(invoke(server, payload), "from a model that was only read")
        server.post(contract.INVOCATIONS, b"\xff\0", payload.headers)
        server.stop(patience.STOP_SECONDS)
    after = _listing(base)
    if touched := sorted(path for path, _ in before ^ after):
        raise Violation(f"touched: {', '.join(dict.fromkeys(touched))}")


@check(
    "C1.14",
    group="serve",
    title="The same container starts again after it was killed",
    expected="/ping 200 and the same answers",
)
def starts_again(lab: Lab) -> None:
    """Stale pid and socket files, code that was copied already."""
    with lab.fresh() as server:
        invoke(server, lab.materials.payload)
        server.kill()
        server.restart()
        server.until_ping(lab.start_seconds)
        lab.settle(server)
        _require_answer(invoke(server, lab.materials.payload), "after a restart")


@check(
    "C1.4",
    group="serve",
    title="It starts amid 93 variables, empty, long and with line breaks",
    expected="status 200",
)
def any_environment_is_tolerated(lab: Lab) -> None:
    """As much as the API allows."""
    _require_start(lab, _ENVIRONMENT)


@check(
    "C1.59",
    group="serve",
    title="It starts with the variables seen inside endpoints",
    expected="status 200",
)
def platform_variables_are_tolerated(lab: Lab) -> None:
    """None may be required either: the shared server has none of them."""
    _require_start(lab, _PLATFORM)


@check(
    "C1.60",
    group="serve",
    title="It starts with what the SDK sets, its submit directory stale",
    expected="status 200",
)
def sdk_variables_are_tolerated(lab: Lab) -> None:
    """The code is in the archive already."""
    _require_start(lab, _SDK)


@check(
    "C6.22",
    group="serve",
    title="It starts with SAGEMAKER_MODEL_SERVER_WORKERS=1",
    expected="status 200",
)
def worker_variable_is_tolerated(lab: Lab) -> None:
    """How many workers that makes is the container's affair."""
    _require_start(lab, _WORKERS)


@check(
    "C6.23",
    group="serve",
    title="It starts with SAGEMAKER_MODEL_SERVER_TIMEOUT=60",
    expected="status 200",
)
def timeout_variable_is_tolerated(lab: Lab) -> None:
    """Minutes for some, seconds for others."""
    _require_start(lab, _TIMEOUTS)


@check(
    "C6.24",
    group="serve",
    title="It starts with the other variables of AWS's toolkit",
    expected="status 200",
)
def toolkit_variables_are_tolerated(lab: Lab) -> None:
    """Old model definitions carry them along."""
    _require_start(lab, _TOOLKIT)


@check(
    "C6.25",
    group="serve",
    title="It starts with the variables of AWS's other stacks",
    expected="status 200",
)
def other_variables_are_tolerated(lab: Lab) -> None:
    """Old model definitions carry them along."""
    _require_start(lab, _OTHERS)


def _require_start(
    lab: Lab, variables: dict[str, str] | None = None, base: Path | None = None
) -> None:
    with lab.fresh(base=base, variables=variables) as server:
        _require_answer(invoke(server, lab.materials.payload), "after such a start")


def _require_answer(reply: Reply, when: str) -> None:
    if reply.status != 200:
        raise Violation(f"status {reply.status} {when}", reply)


def _require_red(lab: Lab, server: Container, when: str) -> None:
    """Watch a server that should not become healthy, unless it answers requests all the same."""
    deadline = time.monotonic() + lab.start_seconds
    answered = False
    while time.monotonic() < deadline and server.poll() is None:
        try:
            reply = server.get(contract.PING, timeout=contract.PING_SECONDS)
        except NoAnswer:
            time.sleep(_PAUSE)
            continue
        if not answered:
            deadline = time.monotonic() + patience.WATCHED_SECONDS
            answered = True
        if reply.status == 200:
            found = invoke(server, lab.materials.payload)
            if found.status != 200:
                raise Violation(f"/ping is 200 {when}; requests get {found.status}", reply, found)
            raise NotChecked(f"it answers requests {when} too")
        time.sleep(_PAUSE)
    if not answered and server.poll() is None:
        raise Violation(f"/ping is not answered at all {when}", server)


def _listing(base: Path) -> set[tuple[str, tuple[object, ...]]]:
    """Every file and folder below the base with what a change of it would change."""
    found: set[tuple[str, tuple[object, ...]]] = set()
    for each in base.rglob("*"):
        facts = each.stat()
        state = (facts.st_mode, facts.st_mtime_ns, facts.st_size if each.is_file() else 0)
        found.add((str(each.relative_to(base)), state))
    return found
