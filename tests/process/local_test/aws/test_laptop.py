"""A laptop that is started, stopped and started again."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from container.errors import PlatformError, UserError
from local_test.aws import s3
from local_test.aws.laptop import Laptop
from local_test.process_runner import free_port
from tests.support.laptop import allow, assumed, client, role, user
from tests.support.waiting import until

ACCOUNT = "999999999999"
_COMMAND = (sys.executable, "-m", "local_test", "up")


def start(folder: Path, **more: object) -> Laptop:
    return Laptop(folder, **{"account": ACCOUNT, **more})  # type: ignore[arg-type]


def test_state_survives_a_restart(tmp_path: Path) -> None:
    with start(tmp_path) as aws:
        before = _make(aws)
        before_variables = aws.variables
        session = assumed(aws, role(aws, "session", allow("*"), trusted={"AWS": ACCOUNT}))
        reader = user(aws, "reader", allow("s3:Get*"))
    with start(tmp_path) as aws:
        assert aws.variables == before_variables
        assert _seen(aws) == before
        assert client(aws, "s3", reader).get_object(Bucket="kept", Key="a")["Body"].read() == b"1"
        arn = client(aws, "sts", session).get_caller_identity()["Arn"]
        assert arn.endswith("assumed-role/session/test")


def _make(aws: Laptop) -> dict[str, object]:
    aws.client("s3").create_bucket(Bucket="kept")
    aws.client("s3").put_object(Bucket="kept", Key="a", Body=b"1")
    role(aws, "kept", allow("s3:*"))
    aws.client("ecr").create_repository(repositoryName="kept/image")
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName="kept",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="Errors",
        Namespace="Test",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="kept")
    logs.create_log_stream(logGroupName="kept", logStreamName="one")
    event = {"timestamp": 1_795_000_000_000, "message": "a line"}
    logs.put_log_events(logGroupName="kept", logStreamName="one", logEvents=[event])
    return _seen(aws)


def _seen(aws: Laptop) -> dict[str, object]:
    iam, cloudwatch = aws.client("iam"), aws.client("cloudwatch")
    found = aws.client("ecr").describe_repositories()["repositories"]
    events = aws.client("logs").get_log_events(logGroupName="kept", logStreamName="one")
    return {
        "buckets": [each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]],
        "roles": [iam.get_role(RoleName="kept")["Role"][key] for key in ("Arn", "RoleId")],
        "policy": iam.get_role_policy(RoleName="kept", PolicyName="own")["PolicyDocument"],
        "repositories": [each["repositoryUri"] for each in found],
        "alarms": [each["AlarmName"] for each in cloudwatch.describe_alarms()["MetricAlarms"]],
        "lines": [each["message"] for each in events["events"]],
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laptop") / "aws"


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Laptop]:
    with Laptop(folder, account="888888888888") as aws:
        yield aws


def test_secrets_are_for_the_owner_of_the_folder(running: Laptop, folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0
    secret = running.credentials.secret.encode()
    holders = [path for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert {path.name for path in holders} == {"laptop.json"}
    private = [*holders, folder / "moto.jsonl", folder / "s3" / "identities.json"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in private)


def test_folder_that_is_in_use(running: Laptop, folder: Path) -> None:
    with pytest.raises(UserError, match="already runs over"), start(folder):
        pass


def test_account_that_runs_already(running: Laptop, tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match="888888888888 already runs"),
        start(tmp_path, account="888888888888"),
    ):
        pass


def test_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PlatformError, match=f"port {port}"), start(tmp_path, port=port):
            pass
    with start(tmp_path, port=port) as aws:  # nothing of the first attempt is in the way
        assert aws.url.endswith(f":{port}")


def test_another_region_over_the_same_folder(running: Laptop, folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "laptop.json", tmp_path)
    with (
        pytest.raises(UserError, match="region us-east-1, not eu-west-1"),
        start(tmp_path, account="888888888888", region="eu-west-1"),
    ):
        pass


def test_killed_laptop_takes_its_s3_along(tmp_path: Path) -> None:
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom local_test.aws.laptop import Laptop\n"
        "with Laptop(Path(sys.argv[1])) as aws:\n"
        "    aws.client('s3').create_bucket(Bucket='kept')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    folder = tmp_path / "aws"
    subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
    with start(folder, account="123456789012") as aws:  # at once: waits for the old one's end
        assert aws.client("s3").list_buckets()["Buckets"][0]["Name"] == "kept"
        assert len(_servers(folder)) == 1
    assert not _servers(folder)


def _servers(folder: Path) -> list[str]:
    """The command lines of SeaweedFS over a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().decode("utf-8", "replace").split("\0")
            if words[0].endswith("weed") and f"-dir={folder / 's3' / 'data'}" in words:
                found.append(" ".join(words))
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_leaves_nothing(tmp_path: Path, number: int) -> None:
    port, file = free_port(), tmp_path / "aws.env"
    options = ["--folder", str(tmp_path / "aws"), "--port", str(port), "--no-docker"]
    command = [*_COMMAND, *options, "--env-file", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = iter(process.stdout.readline, "")
        text = next(line for line in printed if line.startswith("export AWS_ENDPOINT_URL="))
        assert text == f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}\n"
        children = _children(process.pid)
        assert children
        variables = dict(line.split("=", 1) for line in file.read_text().splitlines())
        assert file.stat().st_mode & 0o077 == 0
        process.send_signal(number)
        process.stdout.read()
        assert process.wait(60) == 0
    assert variables["AWS_REGION"] == "us-east-1"
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    assert not file.exists()
    assert not list((tmp_path / "aws").glob("running"))


def test_command_around_a_program(tmp_path: Path) -> None:
    program = (
        "import boto3, sys; boto3.client('s3').create_bucket(Bucket='inside'); "
        "sys.exit(len(boto3.client('s3').list_buckets()['Buckets']) + 6)"
    )
    options = ["--folder", str(tmp_path / "aws"), "--no-docker", "--"]
    command = [*_COMMAND, *options, sys.executable, "-c", program]
    variables = {**os.environ, "AWS_PROFILE": "none-such", "AWS_SESSION_TOKEN": "stale"}
    assert subprocess.run(command, env=variables, check=False).returncode == 7


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(each) for task in tasks for each in (task / "children").read_text().split()]


def test_client_of_the_laptop_knows_no_settings_of_the_machine(
    running: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "none-such")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    running.client("sts").get_caller_identity()


def test_without_seaweedfs_moto_keeps_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "program", lambda: None)
    with start(tmp_path) as aws:
        assert not aws.keeps_objects
        mine = aws.client("s3")
        mine.create_bucket(Bucket="brief")
        mine.put_object(Bucket="brief", Key="a b", Body=b"1")
        assert mine.get_object(Bucket="brief", Key="a b")["Body"].read() == b"1"
        reader = client(aws, "s3", user(aws, "reader", allow("s3:Get*")))
        assert reader.get_object(Bucket="brief", Key="a b")["Body"].read() == b"1"
        with pytest.raises(ClientError, match="AccessDenied"):
            reader.put_object(Bucket="brief", Key="c", Body=b"1")
