"""Trains in a SageMaker training job: the image that a pod of the cluster runs, on AWS's machines.

    scans in S3 ──▶ channels training, validation ──▶ image `train` ──▶ model.tar.gz in S3

The job's name follows from what is to be done: image, data by their content, hyperparameters. A
rerun, or a retry of a pipeline's step, finds it and waits for it; one that failed gets a successor.
On spot machines it goes on at its last checkpoint.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from container.errors import UserError
from deploy import naming, options, packing
from deploy.aws import Aws
from deploy.endpoint import model, s3
from deploy.errors import MissingError
from deploy.fetch import download
from deploy.options import Common
from deploy.training_job import Jobs, Order

HELP = "train in a SageMaker training job"
EXAMPLES = """examples:
  python -m deploy train --image URI --role NAME --training s3://BUCKET/data/training.csv \\
      --validation s3://BUCKET/data/validation.csv --to s3://BUCKET/models -H epochs=40
  python -m deploy train ... --on-demand --instance-type ml.c5.xlarge
  python -m deploy train ... --plan
"""
CHANNELS: Final = ("training", "validation")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    group = parser.add_argument_group("what is done")
    group.add_argument("--image", required=True, metavar="URI", help="by digest, or by tag in ECR")
    group.add_argument("--role", required=True, help="the execution role's ARN or name")
    group.add_argument("--training", required=True, metavar="S3", help="scans to learn from")
    group.add_argument("--validation", metavar="S3", help="scans to judge by (default: held out)")
    group.add_argument("--bucket", metavar="NAME", help="of scans that are given by their key")
    group.add_argument(
        "--to", required=True, metavar="S3", help="results and checkpoints go below it"
    )
    group.add_argument(
        "-H",
        "--hyperparameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a hyperparameter (repeatable)",
    )
    group.add_argument(
        "--hyperparameters", default="{}", metavar="JSON", help="several at once; -H beats them"
    )
    group.add_argument("--anew", action="store_true", help="do again what was done already")
    _add_machines(parser)
    options.add_common(parser)


def _add_machines(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where")
    group.add_argument("--instance-type", default="ml.m5.large", metavar="TYPE", help="%(default)s")
    group.add_argument("--instances", type=int, default=1, metavar="N", help="%(default)s")
    group.add_argument("--volume", type=int, default=5, metavar="GB", help="%(default)s")
    group.add_argument(
        "--on-demand", action="store_true", help="machines at the full price, never interrupted"
    )
    group.add_argument(
        "--max-seconds", type=int, default=3600, metavar="N", help="of training (%(default)s)"
    )
    group.add_argument(
        "--max-wait",
        type=int,
        default=7200,
        metavar="N",
        help="of waiting for spot machines and training (%(default)s)",
    )
    group.add_argument("--kms-key", metavar="KEY", help="encrypts results and disks")
    group.add_argument("--timeout", type=float, metavar="SECONDS", help="how long to wait")
    group.add_argument(
        "--poll", type=float, default=10.0, metavar="SECONDS", help="between looks (%(default)g)"
    )


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says.

    Raises:
        UserError: The options do not describe a job.
        DeployError: The job cannot be started, or fails.
        ArtifactError: What it left is not a model that serving takes.
    """
    given = options.common(arguments, variables)
    order = _order(arguments, given.aws)
    jobs = Jobs(given.aws, given.screen, given.tags)
    name = jobs.start(order, anew=arguments.anew)
    if given.aws.plan:
        given.screen.result({"job": name, "plan": given.aws.planned})
        return 0
    seconds = arguments.timeout or float(order.longest)
    described = jobs.completed(name, seconds, arguments.poll)
    artifact = str(described["ModelArtifacts"]["S3ModelArtifacts"])
    _adopt(given, artifact)
    given.screen.say(artifact)
    metrics = _metrics(described)
    given.screen.result({"job": name, "model_artifact_url": artifact, "metrics": metrics})
    return 0


def _order(arguments: argparse.Namespace, aws: Aws) -> Order:
    channels = {
        name: s3.resolved(uri, arguments.bucket)
        for name in CHANNELS
        if (uri := getattr(arguments, name))
    }
    wrong = [each for name, uri in channels.items() for each in s3.problems(f"--{name}", uri)]
    wrong += s3.problems("--to", arguments.to)
    if arguments.max_wait < arguments.max_seconds:
        wrong.append(f"--max-wait {arguments.max_wait} is less than --max-seconds")
    if wrong:
        raise UserError(f"No such job can be started: {'; '.join(wrong)}.")
    return Order(
        image=model.by_digest(aws, arguments.image)[0],
        role=model.role_arn(aws, arguments.role),
        channels=channels,
        content={name: _content(aws, uri) for name, uri in channels.items()},
        hyperparameters=_hyperparameters(arguments),
        output=arguments.to,
        instance_type=arguments.instance_type,
        instance_count=arguments.instances,
        volume_gb=arguments.volume,
        spot=not arguments.on_demand,
        max_seconds=arguments.max_seconds,
        max_wait=arguments.max_wait,
        kms_key=arguments.kms_key,
    )


def _hyperparameters(arguments: argparse.Namespace) -> dict[str, str]:
    try:
        found = json.loads(arguments.hyperparameters)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError(
            f"--hyperparameters is {arguments.hyperparameters!r:.100}; a JSON object is expected."
        )
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in found.items()
    }
    return texts | options.assignments(arguments.hyperparameter, "-H")


def _content(aws: Aws, uri: str) -> list[list[str]]:
    """What tells the data of a channel from other data: keys and S3's checksums.

    Raises:
        MissingError: There is nothing.
    """
    bucket, prefix = s3.split(uri)
    found = aws.pages("s3", "ListObjectsV2", "Contents", Bucket=bucket, Prefix=prefix)
    content = sorted([each["Key"], each["ETag"]] for each in found)
    if not content:
        raise MissingError(f"There is nothing at {uri}.", hint="Put the scans there first.")
    return content


def _adopt(given: Common, artifact: str) -> None:
    """See that serving takes it, and mark it as ours, by which `destroy` finds it."""
    with tempfile.TemporaryDirectory(prefix="deploy-train-") as folder:
        packed = Path(folder, packing.ARCHIVE)
        download(given.aws, artifact, packed)
        with packing.checked(packed):
            bucket, key = s3.split(artifact)
            tagging = {"TagSet": naming.as_list(given.tags)}
            given.aws.write("s3", "PutObjectTagging", Bucket=bucket, Key=key, Tagging=tagging)


def _metrics(described: Mapping[str, Any]) -> dict[str, float]:
    found = described.get("FinalMetricDataList", ())
    return {each["MetricName"]: float(each["Value"]) for each in found}
