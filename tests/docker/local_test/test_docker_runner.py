"""The Docker runner on small shell programs."""

import os
from pathlib import Path

import pytest

from container.errors import PlatformError, UserError
from local_test import server
from local_test.docker_runner import LABEL, DockerRunner
from local_test.process_runner import free_port
from local_test.runner import Program
from tests.support.waiting import until

WAITS = "trap 'exit 0' TERM; sleep 600 & wait"


@pytest.fixture(scope="module")
def runner(image: str) -> DockerRunner:
    return DockerRunner(image)


def _shell(script: str, base: Path) -> Program:
    return Program(("sh", "-c", script), base, {"ADDED": "yes"})


def _run(runner: DockerRunner, script: str, base: Path) -> tuple[int, list[str]]:
    shown: list[str] = []
    with runner.start(_shell(script, base), shown.append) as running:
        return running.wait(), shown


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('echo "$ADDED"; printf unfinished; exit 3', (3, ["yes", "unfinished"])),
        ("echo err >&2; exit 0", (0, ["err"])),
    ],
)
def test_the_log_streams_and_the_exit_code_is_passed_on(
    runner: DockerRunner, tmp_path: Path, script: str, expected: tuple[int, list[str]]
) -> None:
    assert _run(runner, script, tmp_path) == expected


def test_files_are_left_in_the_base_folder_as_the_caller_s_own(
    runner: DockerRunner, tmp_path: Path
) -> None:
    assert _run(runner, "pwd; echo text >file", tmp_path) == (0, ["/opt/ml"])

    assert (tmp_path / "file").read_text() == "text\n"
    assert (tmp_path / "file").stat().st_uid == os.getuid()


def test_a_caller_who_is_not_root_runs_as_themselves(
    runner: DockerRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4321)
    monkeypatch.setattr(os, "getgid", lambda: 1234)

    assert _run(runner, "id -u; id -g", tmp_path) == (0, ["4321", "1234"])


def test_hardened_means_next_to_no_rights(image: str, tmp_path: Path) -> None:
    runner = DockerRunner(image, hardened=True)
    script = """
        id -u
        touch /root-is-writable 2>/dev/null || echo read-only
        touch /tmp/x /opt/ml/x && echo writable
        grep CapBnd /proc/self/status | tr -d '\\t'
        ls /sys/class/net
    """

    assert _run(runner, script, tmp_path) == (
        0,
        ["12345", "read-only", "writable", "CapBnd:0000000000000000", "lo"],
    )


def test_what_was_started_is_labelled_and_removed(runner: DockerRunner, tmp_path: Path) -> None:
    import docker

    client = docker.from_env()

    def ours() -> int:
        found = client.containers.list(all=True, filters={"label": LABEL})
        return sum(str(tmp_path) in str(each.attrs["HostConfig"]["Binds"]) for each in found)

    shown: list[str] = []
    script = "trap 'echo stopping; exit 7' TERM; echo started; while :; do sleep 0.05; done"
    with runner.start(_shell(script, tmp_path), shown.append) as running:
        until(lambda: "started" in shown)
        assert running.poll() is None
        assert ours() == 1
        assert running.stop() == 7

    assert ours() == 0
    assert shown == ["started", "stopping"]
    client.close()


def test_a_server_that_ends_early_is_explained_by_its_log(
    runner: DockerRunner, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    program = Program(("sh", "-c", "echo the cause; exit 4"), tmp_path, port=0)

    with (
        pytest.raises(PlatformError, match=r"exit code 4 before it was ready(.|\n)*the cause"),
        server.started(runner, program),
    ):
        pytest.fail("it is not ready")


def test_a_port_that_is_taken_is_a_sentence(runner: DockerRunner, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    program = Program(("sh", "-c", WAITS), tmp_path, port=free_port())

    with (
        runner.start(program),
        pytest.raises(PlatformError, match=r"Docker refuses: .*port is already allocated"),
    ):
        runner.start(program)


@pytest.mark.usefixtures("image")  # skips where Docker's package is missing
def test_an_image_that_is_missing_is_a_sentence() -> None:
    with pytest.raises(UserError, match="no image blerssi-no-such-image here"):
        DockerRunner("blerssi-no-such-image")
