"""The manifest of an experiment, held to Katib's models and its trial to Kubernetes' schema."""

import argparse
import re
from typing import Any

import kubernetes_validate
import pytest
from kubeflow_katib_api.models import V1beta1Experiment  # type: ignore[import-untyped]
from pydantic import ValidationError

from train import arguments, metrics
from train.hyperparameters import Hyperparameters
from train.tuning import katib
from train.tuning.space import space

WORDS = ("--image", "ble:1", "--claim", "scans", "--training", "training.csv")
KUBERNETES = "1.30"


def manifest(*words: str, **fixed: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    katib.add_arguments(parser)
    asked = parser.parse_args([*WORDS, *words])
    asked.trials, asked.parallel = 20, 4
    return katib.document(space(fixed), asked)


def container(found: dict[str, Any]) -> dict[str, Any]:
    pod = found["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    (only,) = pod["containers"]
    given: dict[str, Any] = only
    return given


def held(found: dict[str, Any]) -> dict[str, Any]:
    """What is left of a manifest when Katib's models have read it: fields they know, of any type.

    Of the trial's Job they say only that it is an object.
    """
    read = V1beta1Experiment.from_dict(found)
    assert read is not None
    known: dict[str, Any] = read.to_dict()
    return known


def test_the_manifest_is_one_that_katib_knows_to_its_last_field() -> None:
    found = manifest(epochs="30")
    assert held(found) == found


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("spec", "maxTrialCount"), "twenty"),
        (("spec", "parameters"), [{"name": 1}]),
        (("spec", "objective"), "minimize"),
    ],
)
def test_the_check_of_types_can_fail(where: tuple[str, str], value: object) -> None:
    found = manifest()
    found[where[0]][where[1]] = value
    with pytest.raises(ValidationError):
        held(found)


def test_the_check_of_names_can_fail() -> None:
    found = manifest()
    found["spec"]["objektive"] = {}
    assert held(found) != found


def test_a_trial_is_a_job_that_kubernetes_takes() -> None:
    job = manifest("--validation", "judged.csv")["spec"]["trialTemplate"]["trialSpec"]
    kubernetes_validate.validate({**job, "metadata": {"name": "trial"}}, KUBERNETES, strict=True)


def test_a_trial_is_a_command_line_that_train_takes() -> None:
    found = manifest("--validation", "judged.csv", epochs="30")
    template = found["spec"]["trialTemplate"]
    references = {each["name"]: each["reference"] for each in template["trialParameters"]}
    lows = {
        each["name"]: each["feasibleSpace"].get("min") or each["feasibleSpace"]["list"][0]
        for each in found["spec"]["parameters"]
    }

    def value(match: re.Match[str]) -> str:
        text: str = lows[references[match[1]]]
        return text

    line = [
        re.sub(r"\$\{trialParameters\.(\w+)\}", value, each) for each in container(found)["args"]
    ]
    parsed = arguments.parse(line)
    assert parsed.hyperparameters == {"epochs": "30", **lows}
    assert set(parsed.channels) == {"training", "validation"}
    assert Hyperparameters.parse(parsed.hyperparameters).epochs == 30
    assert not re.search(r"[\s;&|<>'\"\\]", "".join(line))  # Katib hands it to a shell
    assert references.keys() == lows.keys() == space({"epochs": "30"}).ranges.keys()


def test_its_metrics_are_found_in_a_real_line() -> None:
    found = manifest()
    objective = found["spec"]["objective"]
    wanted = [objective["objectiveMetricName"], *objective["additionalMetricNames"]]
    (pattern,) = found["spec"]["metricsCollectorSpec"]["source"]["filter"]["metricsFormat"]
    line = metrics.line(3, dict.fromkeys(wanted, 1.25))
    assert re.findall(pattern, line) == [(name, "1.2500") for name in wanted]
