"""A run of the pipeline on this machine: `kfp.local` with Docker, against whichever AWS is set.

Every step is a container as a cluster would start it: the command in place of the image's own, a
user who is not root where the caller is none, a root file system that cannot be written. Secrets
and volumes of a cluster are not there; credentials are the caller's, through the environment.

A status is not believed: what the run says it has made is asked of AWS.
"""

import contextlib
import math
import os
import uuid
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from container.docker_network import bridge
from container.errors import UserError
from deploy import image
from deploy.aws import Aws
from deploy.errors import CredentialsError, DeployError
from deploy.pipeline import compiled, mended
from deploy.pipeline.names import CHECKPOINTS

LABEL: Final = "blerssi.pipeline"
IMAGES: Final = ("train_image", "deploy_image")
_ENDPOINTS: Final = "AWS_ENDPOINT_URL"
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_MEMORY: Final = "4g"


class PipelineError(DeployError):
    """A run of the pipeline failed, or has not done what it says."""

    code = "pipeline_failed"


def run(
    aws: Aws, values: Mapping[str, Any], root: Path, variables: Mapping[str, str]
) -> dict[str, Any]:
    """Run it, and give what it says it has made, once AWS says so too.

    Args:
        aws: Whose credentials the steps get.
        values: Of the pipeline's parameters, all of them.
        root: Where the steps' files go; it stays.
        variables: The process's environment; endpoints of AWS are taken from it.

    Raises:
        PipelineError: A step failed, or AWS does not have what the run says.
        UserError: An image is missing here.
    """
    with image.engine() as engine:
        for name in IMAGES:
            if image.inspect(engine, str(values[name])) is None:
                raise UserError(
                    f"There is no image {values[name]} on this machine ({name}).",
                    hint="scripts/build-image builds both: TAG, and TAG deploy.",
                )
        environment = _environment(aws, variables, bridge(engine))
        with _cleared(engine) as label:
            outputs = _run(values, root.absolute(), environment, label)
    _check(aws, values, outputs)
    return outputs


def _run(
    values: Mapping[str, Any], root: Path, environment: Mapping[str, str], label: str
) -> dict[str, Any]:
    from kfp import components, local

    text = compiled.with_images(compiled.compiled(), {name: str(values[name]) for name in IMAGES})
    root.mkdir(parents=True, exist_ok=True)
    runner = local.DockerRunner(
        entrypoint=[],  # a cluster's `command` replaces it
        environment=dict(environment),
        user=f"{os.getuid()}:{os.getgid()}",  # the steps write into the root, which is the caller's
        read_only=True,
        tmpfs={"/tmp": "mode=1777", CHECKPOINTS: "mode=1777"},  # noqa: S108 - in the container
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        mem_limit=_MEMORY,
        labels={LABEL: label},
    )
    local.init(runner, pipeline_root=str(root), raise_on_error=True, enable_caching=False)
    try:
        with mended.kfp_local(), warnings.catch_warnings():
            # A cluster's settings of a step: kfp.local warns that it does not know them.
            warnings.filterwarnings("ignore", message="Task '", category=UserWarning)
            task = components.load_component_from_text(text)(**values)
    except (RuntimeError, ValueError) as error:  # kfp.local says which step
        raise PipelineError(
            f"{error}", hint="Its own words stand above, in the log of that step."
        ) from error
    return dict(sorted(task.outputs.items()))


def _check(aws: Aws, values: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
    """Ask AWS for what the run says it has made.

    Raises:
        PipelineError: It is not there, or not as the run says.
    """
    needed = ("artifact_url", "model_name", "endpoint_config_name", "endpoint_name")
    if missing := [name for name in needed if not outputs.get(name)]:
        raise PipelineError(f"The run ended without {', '.join(missing)}.")
    name = outputs["endpoint_name"]
    endpoint = aws.read("sagemaker", "DescribeEndpoint", EndpointName=name)
    config = aws.read(
        "sagemaker", "DescribeEndpointConfig", EndpointConfigName=outputs["endpoint_config_name"]
    )
    model = aws.read("sagemaker", "DescribeModel", ModelName=outputs["model_name"])
    facts = {
        "the endpoint's status": (endpoint["EndpointStatus"], "InService"),
        "its configuration": (endpoint["EndpointConfigName"], outputs["endpoint_config_name"]),
        "its model": (config["ProductionVariants"][0]["ModelName"], outputs["model_name"]),
        "the artefact": (model["PrimaryContainer"]["ModelDataUrl"], outputs["artifact_url"]),
    }
    wrong = [
        f"{what} is {found}, not {said}" for what, (found, said) in facts.items() if found != said
    ]
    error = float(outputs.get("mean_error_cells", math.nan))
    if not error <= values["validation_threshold"]:  # true for NaN too
        wrong.append(f"the mean error is {error:g}")
    if wrong:
        raise PipelineError(f"AWS has something else than the run says: {'; '.join(wrong)}.")


def _environment(aws: Aws, variables: Mapping[str, str], host: str) -> dict[str, str]:
    """What a step's container is given of AWS: keys, region, and where another AWS is."""
    found = aws.session.get_credentials()
    if found is None:
        raise CredentialsError("There are no AWS credentials for the steps of the pipeline.")
    keys = found.get_frozen_credentials()
    endpoints = {
        name: _from_container(url, host)
        for name, url in variables.items()
        if name.startswith(_ENDPOINTS) and url
    }
    return {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        **({"AWS_SESSION_TOKEN": keys.token} if keys.token else {}),
        "AWS_REGION": aws.region,
        "AWS_DEFAULT_REGION": aws.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": "/tmp",  # noqa: S108 - in the container
        **endpoints,
    }


def _from_container(url: str, host: str) -> str:
    """Turn an address of this machine itself into the one by which containers reach it."""
    parts = urlsplit(url)
    if parts.hostname not in _LOOPBACK:
        return url
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{host}{port}"))


@contextlib.contextmanager
def _cleared(engine: Any) -> Iterator[str]:
    """Give a label for containers, and remove those that are left at the end, after Ctrl-C say."""
    import docker

    label = uuid.uuid4().hex
    try:
        yield label
    finally:
        for each in engine.containers.list(all=True, filters={"label": f"{LABEL}={label}"}):
            with contextlib.suppress(docker.errors.APIError):  # it has ended just now
                each.remove(force=True)
