"""Compiles the Kubeflow pipeline, submits it to a cluster, or runs it here with Docker.

compile     writes the YAML that a cluster takes; the committed one is that of the source
submit      starts a run on a cluster, and waits for it with --wait
run-local   runs the same steps with Docker on this machine, against whichever AWS is set

Parameters are given by -p NAME=VALUE; `compile` needs none, as they are a run's.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from container.errors import UserError
from deploy import options
from deploy.options import Common
from deploy.pipeline import compiled, local, submit

HELP = "compile, submit or run the Kubeflow pipeline"
EXAMPLES = """examples:
  python -m deploy pipeline compile --to pipeline.yaml
  python -m deploy pipeline submit --host https://kubeflow.example.com/pipeline \\
      -p region=eu-west-1 -p image=URI -p role=NAME -p bucket=NAME -p model_artifact_url=s3://NAME/models
  python -m deploy pipeline run-local -p image=URI -p role=NAME -p bucket=NAME \\
      -p model_artifact_url=s3://NAME/models -p train_on=sagemaker
"""
_ACTIONS: Final = ("compile", "submit", "run-local")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("action", choices=_ACTIONS, help="see above")
    parser.add_argument(
        "-p",
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the run (repeatable); region and --region stand for each other",
    )
    parser.add_argument(
        "--to",
        type=Path,
        default=compiled.COMMITTED,
        metavar="FILE",
        help="with compile: %(default)s",
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=Path("build/pipeline"),
        metavar="FOLDER",
        help="with run-local: where the steps' files go (default: %(default)s)",
    )
    submit.add_arguments(parser.add_argument_group("with submit"))
    options.add_common(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says.

    Raises:
        ContainerError: The run cannot be started, or fails.
    """
    given = dict(options.assignments(arguments.parameter, "-p"))
    if arguments.action == "compile":
        if given:
            raise UserError("compile takes no -p: parameters are a run's.")
        text = compiled.compiled()
        arguments.to.parent.mkdir(parents=True, exist_ok=True)
        arguments.to.write_text(text, encoding="utf-8")
        options.screen_of(arguments).say(f"{arguments.to}")
        return 0
    arguments.region = arguments.region or given.get("region")
    common = options.common(arguments, variables)
    text = compiled.compiled()
    values = compiled.arguments(text, {"region": common.aws.region, **given})
    if arguments.action == "submit":
        common.screen.result(submit.run(common, arguments, text, values))
        return 0
    return _run_local(common, arguments, values)


def _run_local(common: Common, arguments: argparse.Namespace, values: Mapping[str, object]) -> int:
    if common.aws.plan:
        common.screen.say("would run the pipeline with:")
        common.screen.say("\n".join(f"  {name} = {value}" for name, value in values.items()))
        return 0
    outputs = local.run(common.aws, values, arguments.root, common.variables)
    common.screen.say("\n".join(f"{name}: {value}" for name, value in outputs.items()))
    common.screen.result(outputs)
    return 0
