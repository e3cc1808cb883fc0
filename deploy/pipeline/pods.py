"""What a cluster gives the steps of the pipeline: images, resources, secrets, volumes, a user."""

from typing import Final, TypeAlias

from kfp import kubernetes
from kfp.dsl import PipelineTask
from kfp.dsl.pipeline_channel import PipelineParameterChannel

from deploy.pipeline import names

_RETRIES: Final = 3
_Text: TypeAlias = (
    str | PipelineParameterChannel
)  # what a parameter is while the pipeline is compiled


class Asker:
    """What a step gets that talks to AWS.

    Args:
        image: Ours with boto3.
        secret: The name of the secret with the keys.
    """

    def __init__(self, image: _Text, secret: _Text) -> None:
        self._image = image
        self._secret = secret

    def step(self, task: PipelineTask, name: str) -> PipelineTask:
        """Give a task image, resources and keys, and a name for people."""
        task.set_container_image(self._image).set_display_name(name)
        task.set_cpu_request("100m").set_cpu_limit("1")
        task.set_memory_request("128Mi").set_memory_limit("512Mi")
        kubernetes.use_secret_as_env(
            task,
            secret_name=self._secret,
            secret_key_to_env={each: each for each in names.SECRET_KEYS},
            optional=True,
        )
        return _hardened(task)


def as_trainer(task: PipelineTask, image: _Text) -> None:
    """What the step gets that trains: processors, a volume for checkpoints, no keys of AWS."""
    task.set_container_image(image).set_display_name("train")
    task.set_cpu_request("1").set_cpu_limit("4")
    task.set_memory_request("1Gi").set_memory_limit("4Gi")
    kubernetes.mount_pvc(task, pvc_name=names.CHECKPOINT_CLAIM, mount_path=names.CHECKPOINTS)
    _hardened(task)


def _hardened(task: PipelineTask) -> PipelineTask:
    """Every step: repeated where it fails, never from a cache, not as root, /tmp to write to.

    A cached step would not look at AWS, where things change without the pipeline.
    """
    task.set_retry(_RETRIES, backoff_duration="10s", backoff_factor=2, backoff_max_duration="300s")
    task.set_caching_options(enable_caching=False)
    kubernetes.set_security_context(
        task, run_as_user=names.USER, run_as_group=names.USER, run_as_non_root=True
    )
    kubernetes.empty_dir_mount(task, volume_name="tmp", mount_path="/tmp", size_limit="1Gi")  # noqa: S108
    return task


def with_data(task: PipelineTask) -> None:
    """Mount the volume with data that is kept on the cluster."""
    kubernetes.mount_pvc(task, pvc_name=names.DATA_CLAIM, mount_path=names.DATA)
