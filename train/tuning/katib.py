"""`python -m train tune katib`: the manifest of a Katib experiment (kubeflow.org/v1beta1).

A trial is a Kubernetes Job of the image; its scans are on a volume, its figures are read off its
log by Katib's sidecar. JSON is YAML, so kubectl takes it as it is. Fields and what they mean:
https://www.kubeflow.org/docs/components/katib/user-guides/hp-tuning/configure-experiment/
A test holds the manifest to Katib's own models (kubeflow-katib-api) and the Job to Kubernetes'.
"""

import argparse
from collections.abc import Mapping
from typing import Any, Final

from train import metrics
from train.ranges import Choice, Range
from train.tuning.space import Space

HELP: Final = "print the manifest of a Katib experiment"
EXAMPLES: Final = """\
  python -m train tune katib --image IMAGE --claim scans --training training.csv |
      kubectl apply -f -

The scans are on the volume of the claim, which every trial mounts read-only. Hyperparameters that
are given are the same in every trial; the others vary in their ranges.
"""
METRIC: Final = r"([A-Za-z0-9_]+)=(-?[0-9]+\.[0-9]+)"  # name and figure, as Katib wants them
_CONTAINER: Final = "train"
_SCANS: Final = "/scans"
_BASE: Final = "/tmp/job"  # noqa: S108 - of a container that ends with the trial
_USER: Final = 65532


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what only the caller's cluster knows."""
    parser.add_argument("--image", required=True, help="that the cluster can pull")
    parser.add_argument("--claim", required=True, help="PersistentVolumeClaim with the scans")
    parser.add_argument("--training", required=True, metavar="PATH", help="within the claim")
    parser.add_argument("--validation", metavar="PATH", help="within the claim, to judge by")
    parser.add_argument("--name", default="blerssi", help="of the experiment (blerssi)")
    parser.add_argument("--namespace", default="kubeflow", help="(kubeflow)")
    parser.add_argument("--algorithm", default="tpe", help="of Katib's suggestions (tpe)")


def document(space: Space, asked: argparse.Namespace) -> dict[str, Any]:
    """The manifest.

    Args:
        space: What varies.
        asked: What `add_arguments` declares, with `trials` and `parallel`.
    """
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": asked.name, "namespace": asked.namespace},
        "spec": {
            "objective": {
                "type": "minimize",
                "objectiveMetricName": metrics.OBJECTIVE,
                "additionalMetricNames": ["validation_nll", "validation_top3", "train_loss"],
                # What the model that is saved has, not what it once had.
                "metricStrategies": [{"name": metrics.OBJECTIVE, "value": "latest"}],
            },
            "algorithm": {"algorithmName": asked.algorithm},
            "maxTrialCount": asked.trials,
            "parallelTrialCount": asked.parallel,
            "maxFailedTrialCount": max(1, asked.trials // 4),
            "metricsCollectorSpec": {
                "collector": {"kind": "StdOut"},
                "source": {"filter": {"metricsFormat": [METRIC]}},
            },
            "parameters": parameters(space.ranges),
            "trialTemplate": {
                "primaryContainerName": _CONTAINER,
                "trialParameters": [
                    {"name": name, "description": name.replace("_", " "), "reference": name}
                    for name in space.ranges
                ],
                "trialSpec": _job(space, asked),
            },
        },
    }


def parameters(varied: Mapping[str, Range]) -> list[dict[str, Any]]:
    """The search space as Katib has it."""
    return [{"name": name, **_parameter(each)} for name, each in varied.items()]


def _parameter(varied: Range) -> dict[str, Any]:
    if isinstance(varied, Choice):
        return {"parameterType": "categorical", "feasibleSpace": {"list": list(varied.values)}}
    space = {
        "min": f"{varied.low:g}",
        "max": f"{varied.high:g}",
        "distribution": "logUniform" if varied.log else "uniform",
    }
    return {"parameterType": "double", "feasibleSpace": space}


def _job(space: Space, asked: argparse.Namespace) -> dict[str, Any]:
    """What one trial runs; Katib puts the values in place of ${trialParameters.…}."""
    flags = [f"--training={_SCANS}/{asked.training}"]
    if asked.validation:
        flags.append(f"--validation={_SCANS}/{asked.validation}")
    flags += [f"--{name}={value}" for name, value in space.fixed.items()]
    flags += [f"--{name}=${{trialParameters.{name}}}" for name in space.ranges]
    container = {
        "name": _CONTAINER,
        "image": asked.image,
        "command": ["python", "-m", "container", "train"],  # Katib wraps it, to read the log
        "args": flags,
        "env": [{"name": "SAGEMAKER_BASE_DIR", "value": _BASE}],
        "resources": {
            "requests": {"cpu": "1", "memory": "1Gi"},
            "limits": {"memory": "2Gi"},
        },
        "volumeMounts": [
            {"name": "scans", "mountPath": _SCANS, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "runAsUser": _USER, "runAsGroup": _USER},
        "containers": [container],
        "volumes": [
            {"name": "scans", "persistentVolumeClaim": {"claimName": asked.claim}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    template = {
        # A sidecar of Istio never ends, and neither would the trial.
        "metadata": {"labels": {"sidecar.istio.io/inject": "false"}},
        "spec": pod,
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": template}}
