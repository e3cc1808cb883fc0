from collections.abc import Iterator
from typing import Any

import docker
import pytest

from deploy.pipeline import mended


class FakeContainer:
    """Writes a line and ends, or vanishes before that."""

    def __init__(self, code: int | None) -> None:
        self._code = code
        self.removed = False

    def logs(self, *, stream: bool) -> Iterator[bytes]:
        assert stream
        yield b"a line \xff\n"

    def wait(self) -> dict[str, int]:
        if self._code is None:
            raise docker.errors.NotFound("gone")
        return {"StatusCode": self._code}

    def remove(self, *, force: bool) -> None:
        assert force
        if self._code is None:
            raise docker.errors.NotFound("gone")
        self.removed = True


class FakeClient:
    """Docker's client as far as a step needs it."""

    def __init__(self, container: FakeContainer) -> None:
        self.containers = self
        self._container = container
        self.options: dict[str, Any] = {}

    def run(self, image: str, command: list[str], **options: Any) -> FakeContainer:
        self.options = {"image": image, "command": command, **options}
        return self._container


@pytest.mark.parametrize("code", [0, 1, 137])
def test_a_steps_own_exit_code_decides(code: int, capsys: pytest.CaptureFixture[str]) -> None:
    container = FakeContainer(code)
    client = FakeClient(container)
    assert mended.run_container(client, "i", ("c",), {}, read_only=True) == code
    assert container.removed
    assert client.options["read_only"]
    assert "a line" in capsys.readouterr().out


def test_a_container_that_vanishes_has_failed() -> None:
    assert mended.run_container(FakeClient(FakeContainer(None)), "i", (), {}) == mended.VANISHED


def test_kfp_is_as_before_afterwards() -> None:
    from kfp.local import docker_task_handler, executor_output_utils

    before = (
        docker_task_handler.run_docker_container,
        executor_output_utils.get_outputs_from_executor_output,
    )
    with mended.kfp_local():
        assert docker_task_handler.run_docker_container is mended.run_container
    assert before == (
        docker_task_handler.run_docker_container,
        executor_output_utils.get_outputs_from_executor_output,
    )
