"""What the platform looks at before it starts the image, and other commands than its own."""

from pathlib import Path

import pytest

from container import contract
from tests.support.engine import Engine, mount
from tests.support.waiting import until


def test_the_entry_point_is_our_program_in_exec_form(engine: Engine) -> None:
    config = engine.client.images.get(engine.image).attrs["Config"]

    program, *arguments = config["Entrypoint"]  # C1.2, C1.3, C5.3
    assert Path(program).name.startswith("python")
    assert arguments == ["-m", "container"]
    assert not config["Cmd"]  # C7.20
    assert config["User"] in {"", "0", "root"}  # C1.5
    assert "Healthcheck" not in config  # C1.64


def test_labels_promise_what_is_implemented_and_no_more(engine: Engine) -> None:
    labels = engine.client.images.get(engine.image).labels

    capabilities = {name: text for name, text in labels.items() if "sagemaker" in name}
    assert capabilities == dict.fromkeys(
        (contract.LABEL_BIND_TO_PORT, contract.LABEL_MULTI_MODELS), "true"
    )  # C1.8, C3.1


def test_nothing_is_baked_where_the_mounts_go(engine: Engine) -> None:
    assert engine.run("test", "!", "-e", contract.BASE_DIR).code == 0  # C5.10


@pytest.mark.parametrize("code", [0, 3, 137])
def test_the_exit_code_is_passed_on(engine: Engine, code: int) -> None:
    assert engine.run("sh", "-c", f"exit {code}").code == code  # C5.4, C7.24


def test_an_unknown_command_is_a_sentence(engine: Engine) -> None:
    ended = engine.run("trian")

    assert ended.code == 127
    assert "'trian' is not a command of this image." in ended.log
    assert "Traceback" not in ended.log


def test_help_is_at_hand(engine: Engine) -> None:
    ended = engine.run("--help")

    assert ended.code == 0
    assert "serve" in ended.log


def test_root_owned_files_are_opened_as_the_sdk_does(engine: Engine, tmp_path: Path) -> None:
    closed = tmp_path / "folder"
    closed.mkdir(mode=0o700)

    ended = engine.run("chmod", "-R", "777", "/delete", volumes=mount(tmp_path, "/delete"))

    assert ended == (0, "")  # C7.24
    assert closed.stat().st_mode & 0o777 == 0o777


@pytest.mark.parametrize(
    ("entrypoint", "arguments"),
    [
        ("/bin/bash", ["-c", "command -v chmod && command -v python3 && command -v pip3"]),
        ("python3", ["-c", "import sys; assert sys.version_info[:2] == (3, 11)"]),
        ("pip3", ["--version"]),
        ("python3", ["-m", "train", "--help"]),
    ],
)
def test_the_entry_point_may_be_replaced(
    engine: Engine, entrypoint: str, arguments: list[str]
) -> None:
    ended = engine.run(*arguments, entrypoint=entrypoint)  # C5.2, C7.22

    assert ended.code == 0, ended.log


def test_orphans_are_reaped(engine: Engine) -> None:
    box = engine.start("serve")
    # The shell that exec starts leaves its child behind, and PID 1 inherits it (C1.3, C9.3).
    orphan = box.exec("sh", "-c", "sleep 0.3 >/dev/null & echo $!").log.strip()
    assert orphan.isdigit()

    until(lambda: box.exec("test", "!", "-e", f"/proc/{orphan}").code == 0, "the orphan is gone")
