"""What the platform lays out, in every form that it was seen in."""

import json
from pathlib import Path

import pytest

from container import contract
from container.environment import Channel, Environment, Hosts
from container.errors import PlatformError, UserError
from container.settings import Settings


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    environment = Environment(tmp_path)
    environment.config_dir.mkdir(parents=True)
    return environment


def write(environment: Environment, name: str, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (environment.config_dir / name).write_text(text, encoding="utf-8")


def test_the_base_folder_is_opt_ml_unless_a_variable_moves_it(tmp_path: Path) -> None:
    assert Environment.from_variables({}).base == Path("/opt/ml")
    assert Environment.from_variables({contract.BASE_DIR_VARIABLE: " "}).base == Path("/opt/ml")
    moved = Environment.from_variables({contract.BASE_DIR_VARIABLE: str(tmp_path)})
    assert moved.base == tmp_path


def test_a_relative_base_folder_is_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (
        Environment.from_variables({contract.BASE_DIR_VARIABLE: "here"}).base == tmp_path / "here"
    )


def test_every_folder_is_the_one_that_the_platform_uses() -> None:
    environment = Environment(Path("/opt/ml"))
    assert {
        name: str(getattr(environment, name))
        for name in (
            *("input_dir", "config_dir", "data_dir", "model_dir", "output_dir"),
            *("output_data_dir", "checkpoint_dir", "failure_file"),
        )
    } == {
        "input_dir": "/opt/ml/input",
        "config_dir": "/opt/ml/input/config",
        "data_dir": "/opt/ml/input/data",
        "model_dir": "/opt/ml/model",
        "output_dir": "/opt/ml/output",
        "output_data_dir": "/opt/ml/output/data",
        "checkpoint_dir": "/opt/ml/checkpoints",
        "failure_file": "/opt/ml/output/failure",
    }


def test_variables_never_reach_a_log_through_repr() -> None:
    assert "secret" not in repr(Environment(Path("/"), {"TOKEN": "secret"}))


@pytest.mark.parametrize(("value", "name"), [("job-7", "job-7"), ("", None)])
def test_the_job_name_is_optional(value: str, name: str | None) -> None:
    assert Environment(Path("/"), {contract.TRAINING_JOB_NAME: value}).job_name == name
    assert Environment(Path("/")).job_name is None


def test_a_config_folder_makes_a_training_job(environment: Environment) -> None:
    assert environment.is_training_job
    assert not Environment(environment.base / "elsewhere").is_training_job


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("1", True), ("TRUE ", True), ("false", False), ("", False)],
)
def test_a_variable_makes_a_multi_model_endpoint(text: str, expected: bool) -> None:
    variables = {contract.MULTI_MODEL: text}
    assert Environment.from_variables(variables).is_multi_model is expected
    assert Settings.from_variables(variables).multi_model is expected


def test_hyperparameters_are_text_and_reserved_ones_are_left_out(environment: Environment) -> None:
    write(
        environment,
        "hyperparameters.json",
        {
            "epochs": "5",
            "hidden": [128, 64],
            "class_balance": True,
            "learning_rate": 0.1,
            "sagemaker_program": "x",
            "sagemaker_region": "y",
            "_tuning_objective_metric": "z",
        },
    )
    assert environment.hyperparameters() == {
        "epochs": "5",
        "hidden": "[128, 64]",
        "class_balance": "true",
        "learning_rate": "0.1",
    }


@pytest.mark.parametrize("content", [None, "", " \n", "{}", "\ufeff{}"])
def test_a_missing_or_empty_file_says_nothing(
    environment: Environment, content: str | None
) -> None:
    if content is not None:
        for name in ("hyperparameters.json", "inputdataconfig.json", "resourceconfig.json"):
            write(environment, name, content)
    assert environment.hyperparameters() == {}
    assert environment.channels() == {}
    assert environment.hosts() == Hosts("algo-1", ("algo-1",))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": ', "is not valid JSON"),
        ("[1]", "holds list; a JSON object was expected"),
        ("[" * 100_000, "is not valid JSON"),
    ],
)
def test_a_file_that_is_no_object_is_named(
    environment: Environment, content: str, reason: str
) -> None:
    write(environment, "hyperparameters.json", content)
    with pytest.raises(UserError, match=reason) as caught:
        environment.hyperparameters()
    assert "hyperparameters.json" in caught.value.message


def test_a_file_in_another_encoding_is_named(environment: Environment) -> None:
    (environment.config_dir / "hyperparameters.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(UserError, match=r"hyperparameters\.json is not valid JSON"):
        environment.hyperparameters()


def test_a_file_that_cannot_be_read_is_the_platforms_fault(environment: Environment) -> None:
    (environment.config_dir / "hyperparameters.json").mkdir()
    with pytest.raises(PlatformError, match="cannot be read"):
        environment.hyperparameters()


def test_channels_are_those_declared_and_those_found(environment: Environment) -> None:
    write(
        environment,
        "inputdataconfig.json",
        {
            "training": {
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
                "ContentType": "text/csv",
            },
            "stream": {"TrainingInputMode": "Pipe", "RecordWrapperType": "RecordIO"},
        },
    )
    data = environment.data_dir
    for name in ("training", "validation", ".hidden", "lost+found"):
        (data / name).mkdir(parents=True)
    (data / "a-file").touch()
    assert environment.channels() == {
        "training": Channel("training", data / "training", "File", "text/csv"),
        "stream": Channel("stream", data / "stream", "Pipe", None, "RecordIO"),
        "validation": Channel("validation", data / "validation"),
    }


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"a/b": {}}, "Channel name 'a/b' is not allowed"),
        ({"..": {}}, "Channel name '..' is not allowed"),
        ({"x" * 65: {}}, "is not allowed"),
        ({"training": "File"}, "described by 'File'"),
        ({"training": {"TrainingInputMode": "Slow"}}, "'Slow'; allowed are File, FastFile, Pipe"),
        ({"training": {"TrainingInputMode": []}}, "allowed are File, FastFile, Pipe"),
        ({"training": {"ContentType": 1}}, "ContentType 1"),
        ({"training": {"RecordWrapperType": "TFRecord"}}, "'TFRecord'; allowed are None, RecordIO"),
    ],
)
def test_an_impossible_channel_is_named(
    environment: Environment, declared: object, reason: str
) -> None:
    write(environment, "inputdataconfig.json", declared)
    with pytest.raises(UserError, match=reason.replace(".", r"\.")):
        environment.channels()


def test_a_data_folder_that_cannot_be_listed_is_the_platforms_fault(
    environment: Environment,
) -> None:
    environment.data_dir.touch()
    with pytest.raises(PlatformError, match="cannot be read"):
        environment.channels()


def test_hosts_are_read_and_sorted_and_other_keys_ignored(environment: Environment) -> None:
    write(
        environment,
        "resourceconfig.json",
        {
            "current_host": "algo-2",
            "hosts": ["algo-2", "algo-1"],
            "network_interface_name": "eth1",
            "current_instance_type": "local",
            "topology": None,
        },
    )
    hosts = environment.hosts()
    assert hosts == Hosts("algo-2", ("algo-1", "algo-2"))
    assert not hosts.is_first
    assert Hosts().is_first


def test_the_file_of_the_old_samples_in_other_case_is_not_read(environment: Environment) -> None:
    write(environment, "resourceConfig.json", {"current_host": "algo-2", "hosts": ["algo-2"]})
    assert environment.hosts() == Hosts()


def test_a_current_host_alone_is_enough(environment: Environment) -> None:
    write(environment, "resourceconfig.json", {"current_host": "worker-0"})
    assert environment.hosts() == Hosts("worker-0", ("worker-0",))


@pytest.mark.parametrize(
    "config",
    [
        {"current_host": "algo-3", "hosts": ["algo-1"]},
        {"current_host": "algo-1", "hosts": "algo-1"},
        {"current_host": "algo-1", "hosts": ["algo-1", 2]},
        {"current_host": "algo-1", "hosts": []},
        {"current_host": 1},
    ],
)
def test_hosts_that_contradict_each_other_are_named(
    environment: Environment, config: object
) -> None:
    write(environment, "resourceconfig.json", config)
    with pytest.raises(UserError, match=r"resourceconfig\.json"):
        environment.hosts()
