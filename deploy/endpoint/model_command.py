"""`python -m deploy model`: the SageMaker model alone, the middle step of the pipeline.

Image, artefact and role are looked for first; the model's name follows from their content, so that
`python -m deploy endpoint` with the same options finds it there.
"""

import argparse
from collections.abc import Mapping

from container.errors import UserError
from deploy import options as shared
from deploy.endpoint import arguments as declared
from deploy.endpoint import model
from deploy.endpoint.command import model_by
from deploy.endpoint.config import Configuration, Instances
from deploy.endpoint.wanted import Wanted

HELP = "make a SageMaker model of an image and an artefact"
EXAMPLES = """examples:
  python -m deploy model --image URI --artifact s3://bucket/models/KEY/model.tar.gz --role NAME
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    declared.add_model(parser)
    shared.add_common(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says.

    Raises:
        UserError: The options do not describe a model.
        DeployError: A part of it is missing, or AWS refuses.
    """
    wanted = Wanted(
        arguments.name,
        model_by(arguments, isolated=not arguments.network),
        Configuration(Instances()),
        model_stem=arguments.model_name or "",
    )
    if problems := wanted.model.problems():
        raise UserError(f"No such model can be made: {'; '.join(problems)}.")
    common = shared.common(arguments, variables)
    found = model.find(common.aws, wanted.model)
    name = wanted.model_name(found)
    made = model.ensure(common.aws, name, found.content, wanted.tags(common.tags))
    common.screen.say(f"The model {name} {'was made' if made else 'is there already'}.")
    common.screen.result(
        {
            "model": name,
            "image": found.image,
            "digest": found.digest,
            "artifact": wanted.model.artifact,
            "made": made and not common.aws.plan,
            **({"plan": common.aws.planned} if common.aws.plan else {}),
        }
    )
    return 0
