"""The options of `python -m deploy endpoint`."""

import argparse

from deploy import options as shared
from deploy.endpoint import rollout
from deploy.endpoint.alarms import Limits
from deploy.endpoint.config import Instances
from deploy.endpoint.rollout import Rollout
from deploy.endpoint.scaling import Scaling
from deploy.endpoint.wanted import DEFAULT_NAME


def add(parser: argparse.ArgumentParser) -> None:
    """Declare all of them."""
    add_model(parser)
    _add_hosting(parser)
    _add_guard(parser)
    _add_rollout(parser)
    shared.add_common(parser)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Declare what runs."""
    parser.add_argument(
        "--name", default=DEFAULT_NAME, help="the endpoint's (default: %(default)s)"
    )
    group = parser.add_argument_group("what runs")
    group.add_argument("--image", required=True, metavar="URI", help="by digest, or by tag in ECR")
    group.add_argument("--artifact", required=True, metavar="S3", help="s3://…/model.tar.gz")
    group.add_argument("--role", required=True, help="the execution role's ARN or name")
    group.add_argument(
        "-e",
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variable of the container (repeatable); not for secrets",
    )
    group.add_argument("--network", action="store_true", help="let the container reach out")
    group.add_argument("--model-name", metavar="STEM", help="default: the endpoint's name")


def _add_hosting(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where it runs")
    group.add_argument("--config-name", metavar="STEM", help="default: the endpoint's name")
    group.add_argument(
        "--instance-type", metavar="TYPE", help=f"default: {Instances.type}, without --serverless"
    )
    group.add_argument(
        "--instances",
        type=int,
        metavar="N",
        help=f"default: {Instances.count}, which stand in different zones",
    )
    group.add_argument(
        "--start-seconds", type=int, metavar="N", help="a container's time to its first good ping"
    )
    group.add_argument(
        "--serverless", type=int, metavar="MB", help="no instances: memory, 1024 to 6144"
    )
    group.add_argument(
        "--async-to", metavar="S3", help="requests and answers through S3, below this place"
    )
    group.add_argument(
        "--concurrency", type=int, metavar="N", help="requests at a time (serverless, async)"
    )
    group = parser.add_argument_group("how many instances, by load")
    group.add_argument(
        "--scale", metavar="LEAST:MOST", help="default, or empty: as many as --instances"
    )
    group.add_argument(
        "--target",
        type=float,
        metavar="N",
        help=f"requests an instance and minute (default: {Scaling.target:g}); async: waiting ones",
    )
    group.add_argument("--scale-out-seconds", type=int, metavar="N", help="pause after growing")
    group.add_argument("--scale-in-seconds", type=int, metavar="N", help="pause after shrinking")


def _add_guard(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is watched and recorded")
    group.add_argument(
        "--capture", type=int, metavar="PERCENT", help="record this share of the traffic; 0: none"
    )
    group.add_argument(
        "--capture-to", metavar="S3", help="default: capture/ in the artefact's bucket"
    )
    group.add_argument("--no-alarms", action="store_true", help="none, and no rollback by alarm")
    group.add_argument(
        "--max-5xx", type=float, metavar="SHARE", help=f"default: {Limits.server_errors:g}"
    )
    group.add_argument(
        "--max-errors",
        type=float,
        metavar="SHARE",
        help=f"all but 2xx, bad rows of clients too (default: {Limits.errors:g})",
    )
    group.add_argument(
        "--max-p99",
        type=float,
        metavar="SECONDS",
        help=f"default: {Limits.latency_seconds:g}; none for async",
    )
    group.add_argument(
        "--alarm-period", type=int, metavar="SECONDS", help=f"default: {Limits.period_seconds}"
    )
    group.add_argument("--alarm-topic", metavar="ARN", help="an SNS topic to tell")


def _add_rollout(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how a new version takes over")
    group.add_argument(
        "--rollout",
        choices=rollout.KINDS,
        help="default: canary; all-at-once for one instance and for serverless",
    )
    group.add_argument(
        "--step",
        type=int,
        default=Rollout.percent,
        metavar="PERCENT",
        help="the canary's or a linear step's share (default: %(default)s)",
    )
    group.add_argument(
        "--bake",
        type=int,
        default=Rollout.bake_seconds,
        metavar="SECONDS",
        help="how long alarms are watched after each step (default: %(default)s)",
    )
    group.add_argument(
        "--keep-old",
        type=int,
        default=Rollout.keep_seconds,
        metavar="SECONDS",
        help="how long the old fleet stays afterwards (default: %(default)s)",
    )
    group.add_argument(
        "--no-rollback", action="store_true", help="alarms do not take the traffic back"
    )
    group.add_argument("--keep", action="store_true", help="leave what a failed run has made")
    group.add_argument("--timeout", type=float, metavar="SECONDS", help="how long to wait")
    group.add_argument(
        "--poll", type=float, default=5.0, metavar="SECONDS", help="between looks (%(default)s)"
    )
