"""`python -m train tune sagemaker`: the request of CreateHyperParameterTuningJob.

Of the API reference: https://docs.aws.amazon.com/sagemaker/latest/APIReference/
API_CreateHyperParameterTuningJob.html. A test holds it to the service's model in botocore.
"""

import argparse
from collections.abc import Mapping
from typing import Any, Final

from train import metrics
from train.ranges import Choice, Range, Span
from train.tuning.space import Space

HELP: Final = "print the request of a SageMaker tuning job"
EXAMPLES: Final = """\
  python -m train tune sagemaker --image URI --role ARN --output s3://bucket/tuned \\
      --training s3://bucket/scans/ > build/tuning.json
  aws sagemaker create-hyper-parameter-tuning-job --cli-input-json file://build/tuning.json

Hyperparameters that are given are the same in every job; the others vary in their ranges.
"""
STRATEGIES: Final = ("Bayesian", "Random")  # Grid takes no ranges of numbers, Hyperband no other
_LONGEST: Final = 3600  # seconds of one job; a training takes minutes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what only the caller's account knows."""
    parser.add_argument("--image", required=True, metavar="URI", help="in ECR")
    parser.add_argument("--role", required=True, metavar="ARN", help="that SageMaker acts as")
    parser.add_argument("--training", required=True, metavar="S3_URI", help="labelled scans")
    parser.add_argument("--validation", metavar="S3_URI", help="labelled scans to judge by")
    parser.add_argument("--output", required=True, metavar="S3_URI", help="where models go")
    parser.add_argument("--name", default="blerssi", help="of the tuning job (blerssi)")
    parser.add_argument("--instance", default="ml.m5.large", metavar="TYPE", help="(ml.m5.large)")
    parser.add_argument("--strategy", default=STRATEGIES[0], choices=STRATEGIES)


def document(space: Space, asked: argparse.Namespace) -> dict[str, Any]:
    """The request, as `--cli-input-json` and boto3 take it.

    Args:
        space: What varies.
        asked: What `add_arguments` declares, with `trials` and `parallel`.
    """
    return {
        "HyperParameterTuningJobName": asked.name,
        "HyperParameterTuningJobConfig": {
            "Strategy": asked.strategy,
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": metrics.OBJECTIVE,
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": asked.trials,
                "MaxParallelTrainingJobs": asked.parallel,
            },
            "ParameterRanges": ranges(space.ranges),
            "TrainingJobEarlyStoppingType": "Auto",
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": dict(space.fixed),
            "AlgorithmSpecification": {
                "TrainingImage": asked.image,
                "TrainingInputMode": "File",
                "MetricDefinitions": metrics.definitions(),
            },
            "RoleArn": asked.role,
            "InputDataConfig": [
                _channel(name, uri)
                for name, uri in (("training", asked.training), ("validation", asked.validation))
                if uri
            ],
            "OutputDataConfig": {"S3OutputPath": asked.output},
            "ResourceConfig": {
                "InstanceType": asked.instance,
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": _LONGEST},
        },
    }


def ranges(varied: Mapping[str, Range]) -> dict[str, Any]:
    """ParameterRanges, which are HyperParameterRanges of a definition too."""
    spans = {name: each for name, each in varied.items() if isinstance(each, Span)}
    choices = {name: each for name, each in varied.items() if isinstance(each, Choice)}
    return {
        "ContinuousParameterRanges": [
            {
                "Name": name,
                "MinValue": f"{each.low:g}",
                "MaxValue": f"{each.high:g}",
                "ScalingType": "Logarithmic" if each.log else "Linear",
            }
            for name, each in spans.items()
        ],
        "CategoricalParameterRanges": [
            {"Name": name, "Values": list(each.values)} for name, each in choices.items()
        ],
    }


def _channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}
