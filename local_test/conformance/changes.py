"""What may differ between training jobs and must make no difference, one change a function.

`SWEEPS` are jobs that combine such changes as real places do. Where a sweep trains, each of its
changes does no harm; only where it fails are they tried one by one, to find the culprit.
"""

import json
from pathlib import Path
from typing import Any

from container import contract
from container.environment import Environment
from local_test import layout
from local_test.client import CONTENT_TYPES
from local_test.conformance.draft import Change, Draft

_HYPERPARAMETERS = contract.HYPERPARAMETERS_FILE
_CHANNELS = contract.INPUT_DATA_CONFIG_FILE
_RESOURCES = contract.RESOURCE_CONFIG_FILE
_CLASSIC_RESOURCES = "resourceConfig.json"  # C5.27
_MODE = "TrainingInputMode"
_INTERFACE = "ethwe"
_HOST = "algo-1-x7k2p"  # as local mode calls it (C7.1)
_TYPE = "ml.m5.xlarge"
_NOWHERE = "http://127.0.0.1:9"
_DEEP = ("year=2026", "part")
_OWN_VARIABLES = 90  # of 100 that a job may bring (C5.30)


def json_hyperparameters(draft: Draft) -> None:
    """Encode every value, as the SDK's framework estimators do with texts (C5.12)."""
    given = draft.configuration(_HYPERPARAMETERS)
    draft.configure(_HYPERPARAMETERS, {name: json.dumps(value) for name, value in given.items()})


def typed_hyperparameters(draft: Draft) -> None:
    """Take the quotes from numbers and booleans, as the platform never does (C5.11)."""
    given = draft.configuration(_HYPERPARAMETERS)
    draft.configure(_HYPERPARAMETERS, {name: _typed(value) for name, value in given.items()})


def reserved_hyperparameters(draft: Draft) -> None:
    """Add those of the SDK and of the tuner (C5.13)."""
    draft.configure(
        _HYPERPARAMETERS,
        {
            **draft.configuration(_HYPERPARAMETERS),
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": '"s3://bucket/prefix/source.tar.gz"',
            "sagemaker_container_log_level": "20",
            "sagemaker_job_name": '"a-job"',
            "sagemaker_region": '"eu-central-1"',
            "_tuning_objective_metric": "validation:loss",
        },
    )


def many_channel_keys(draft: Draft) -> None:
    """Describe the channels in full, and with a key that is still to be invented (C5.14)."""
    given = draft.configuration(_CHANNELS)
    for name, channel in given.items():
        channel |= {"CompressionType": "None", "AKeyOfTomorrow": {"a": [1]}}
        files = (each for each in (draft.places.data_dir / name).rglob("*") if each.is_file())
        types = {CONTENT_TYPES.get(each.suffix.lower(), "") for each in files}
        if len(types) == 1 and types != {""}:
            channel["ContentType"] = types.pop()
    draft.configure(_CHANNELS, given)


def few_channel_keys(draft: Draft) -> None:
    """Describe the channels as local mode does: by their mode alone (C5.14)."""
    names = draft.configuration(_CHANNELS)
    draft.configure(_CHANNELS, {name: {_MODE: "File"} for name in names})


def no_channel_file(draft: Draft) -> None:
    """Leave inputdataconfig.json out (C5.15)."""
    draft.remove(draft.places.config_dir / _CHANNELS)


def deep_folders(draft: Draft) -> None:
    """Move the files of flat channels two folders down (C5.17).

    Where a channel has folders they may mean something, a label for example, and stay.
    """
    for channel in draft.places.data_dir.iterdir():
        files = list(channel.iterdir())
        if any(each.is_dir() for each in files):
            continue
        below = channel.joinpath(*_DEEP)
        below.mkdir(parents=True)
        for each in files:
            each.rename(below / each.name)


def fast_file(draft: Draft) -> None:
    """Call the mode of every channel FastFile (C5.18)."""
    given = draft.configuration(_CHANNELS)
    draft.configure(_CHANNELS, {n: {**each, _MODE: "FastFile"} for n, each in given.items()})


def documented_host_keys(draft: Draft) -> None:
    """Leave only the three documented keys (C5.23)."""
    draft.configure(_RESOURCES, _hosts(network_interface_name="eth1"))


def many_host_keys(draft: Draft) -> None:
    """Add what real jobs have, and a key that is still to be invented (C5.24)."""
    given = draft.configuration(_RESOURCES)
    more = {"topology": None, "a_key_of_tomorrow": [{"hostName": contract.DEFAULT_HOST}]}
    draft.configure(_RESOURCES, {**given, **more})


def other_names(draft: Draft) -> None:
    """Name host and interface as no machine does (C5.25)."""
    group = {
        "instance_group_name": layout.GROUP,
        "instance_type": layout.INSTANCE_TYPE,
        "hosts": [_HOST],
    }
    changed = {**_hosts(_HOST, network_interface_name=_INTERFACE), "instance_groups": [group]}
    draft.configure(_RESOURCES, {**draft.configuration(_RESOURCES), **changed})


def other_files(draft: Draft) -> None:
    """Put the files beside the configuration that real jobs have there (C5.26)."""
    for name, content in {
        "init-config.json": {"jobType": "TRAINING", "version": 2},
        "metric-definition-regex.json": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
        "trainingjobconfig.json": {"TrainingJobName": "a-job"},
        "upstreamoutputdataconfig.json": [],
        "debughookconfig.json": {"LocalPath": "/opt/ml/output/tensors"},
        "profilerconfig.json": {"DisableProfiler": True},
        "checkpointconfig.json": {"LocalPath": "/opt/ml/checkpoints"},
    }.items():
        draft.configure(name, json.dumps(content).encode())
    draft.configure("notes.txt", b"not JSON at all")


def platform_variables(draft: Draft) -> None:
    """Set both names of the job, and nearly as many of its own as it may have (C5.30)."""
    arn = "arn:aws:sagemaker:eu-central-1:123456789012:training-job/a-job"
    draft.variables |= {"TRAINING_JOB_NAME": "a-job", "TRAINING_JOB_ARN": arn}
    draft.variables |= {f"OF_THE_JOB_{number}": "value" for number in range(_OWN_VARIABLES)}


def real_variables(draft: Draft) -> None:
    """Set what real jobs were seen to have besides (C5.36)."""
    draft.variables |= {
        "SAGEMAKER_METRICS_DIRECTORY": f"{contract.BASE_DIR}/output/metrics/sagemaker",
        "AWS_REGION": "eu-central-1",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/none",
    }


def local_variables(draft: Draft) -> None:
    """Set those of the SDK's local mode; none of them leads anywhere (C7.5)."""
    draft.variables |= {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_SESSION_TOKEN": "none",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_S3": _NOWHERE,
        "S3_ENDPOINT_URL": _NOWHERE,
    }


def toolkit_variables(draft: Draft) -> None:
    """Set what the training toolkit would set, and the platform does not (C5.31)."""
    places = Environment(Path(draft.inside))
    names = list(draft.configuration(_CHANNELS))
    hyperparameters = draft.configuration(_HYPERPARAMETERS)
    draft.variables |= {
        "SM_MODEL_DIR": str(places.model_dir),
        "SM_OUTPUT_DIR": str(places.output_data_dir.parent),
        "SM_OUTPUT_DATA_DIR": str(places.output_data_dir),
        "SM_CHANNELS": json.dumps(names),
        "SM_HPS": json.dumps(hyperparameters),
        "SM_HOSTS": json.dumps([contract.DEFAULT_HOST]),
        "SM_CURRENT_HOST": contract.DEFAULT_HOST,
        "SM_NUM_CPUS": "1",
        "SM_NUM_GPUS": "0",
        **{f"SM_CHANNEL_{name.upper()}": str(places.data_dir / name) for name in names},
        **{f"SM_HP_{name.upper()}": str(value) for name, value in hyperparameters.items()},
    }


def local_files(draft: Draft) -> None:
    """Write the configuration as the SDK's local mode does (C7.7)."""
    few_channel_keys(draft)
    more = {"network_interface_name": "eth0", "current_instance_type": layout.INSTANCE_TYPE}
    draft.configure(_RESOURCES, _hosts(**more))


def third_sdk(draft: Draft) -> None:
    """Write configuration and variables as the SDK's third version does (C7.21)."""
    few_channel_keys(draft)
    more = {"network_interface_name": _INTERFACE, "current_instance_type": _TYPE}
    draft.configure(_RESOURCES, _hosts(**more))
    draft.variables |= {"S3_ENDPOINT_URL": _NOWHERE, "AWS_REGION": "eu-central-1"}


def no_argument(draft: Draft) -> None:
    """Leave out the word `train` (C7.20)."""
    draft.arguments = ()


def no_checkpoints(draft: Draft) -> None:
    """Leave out the folder of checkpoints (C5.43, C7.6, C7.23)."""
    draft.remove(draft.places.checkpoint_dir)


def no_outputs(draft: Draft) -> None:
    """Leave out all that training writes to (C5.45)."""
    draft.remove(draft.places.output_data_dir.parent, draft.places.model_dir)


def classic_resources(draft: Draft) -> None:
    """Put an empty resourceConfig.json in the place of resourceconfig.json (C5.27, C7.30)."""
    draft.remove(draft.places.config_dir / _RESOURCES)
    draft.configure(_CLASSIC_RESOURCES, b"")


def empty_resources(draft: Draft) -> None:
    """Empty resourceconfig.json (C5.27)."""
    draft.configure(_RESOURCES, b"")


SWEEPS: tuple[tuple[Change, ...], ...] = (
    (  # a job on the platform, with all it can have
        *(json_hyperparameters, reserved_hyperparameters, many_channel_keys, deep_folders),
        *(fast_file, many_host_keys, other_files, platform_variables, real_variables),
    ),
    (local_files, few_channel_keys, local_variables, no_checkpoints),  # the SDK's local mode
    (third_sdk, other_names, no_argument),  # its third version
    (no_channel_file, classic_resources),  # the classic folder
    (documented_host_keys, no_outputs),  # the least that the documentation promises
)


def _hosts(name: str = contract.DEFAULT_HOST, **more: str) -> dict[str, Any]:
    return {"current_host": name, "hosts": [name], **more}


def _typed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
