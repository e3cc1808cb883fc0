"""What kfp.local does otherwise than a cluster, mended for the time of a run (kfp 2.17).

A cluster takes the files that any container was told to write; kfp.local knows those of Python
components only, from a report that they write at their end. And a container that vanishes has
failed; kfp.local lets Docker remove it, finds it gone, and takes it for a good one.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

VANISHED: Final = 137  # as if it had been killed, which it was


@contextlib.contextmanager
def kfp_local() -> Iterator[None]:
    """Let steps hand on files, and let their own exit codes decide."""
    from kfp.local import docker_task_handler, executor_output_utils

    known = executor_output_utils.get_outputs_from_executor_output
    started = docker_task_handler.run_docker_container

    def outputs(executor_output: Any, executor_input: Any, component_spec: Any) -> Any:
        for name, told in executor_input.outputs.artifacts.items():
            if name not in executor_output.artifacts:
                executor_output.artifacts[name].CopyFrom(told)
        return known(executor_output, executor_input, component_spec)

    executor_output_utils.get_outputs_from_executor_output = outputs
    docker_task_handler.run_docker_container = run_container
    try:
        yield
    finally:
        executor_output_utils.get_outputs_from_executor_output = known
        docker_task_handler.run_docker_container = started


def run_container(
    client: Any, image: str, command: Sequence[str], volumes: Mapping[str, Any], **options: Any
) -> int:
    """Run a step to its end, show its log, and give its exit code.

    Args:
        client: Docker's.
        image: Is here; nothing is pulled.
        command: In place of the image's.
        volumes: As Docker's client takes them.
        **options: The runner's.
    """
    import docker

    container = client.containers.run(image, list(command), detach=True, volumes=volumes, **options)
    try:
        for line in container.logs(stream=True):
            print(line.decode("utf-8", "replace"), end="", flush=True)
        return int(container.wait()["StatusCode"])
    except docker.errors.NotFound:
        return VANISHED
    finally:
        with contextlib.suppress(docker.errors.NotFound):
            container.remove(force=True)
