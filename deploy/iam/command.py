"""Shows or makes the roles of the project, each with the rights that its work takes.

pusher      pushes images                      assumed by people and build servers
pipeline    uploads, deploys, asks, removes    assumed by the Kubeflow pod (IRSA) or by people
execution   what SageMaker does for us         assumed by SageMaker; lent by the pipeline
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from container.errors import UserError
from deploy import options, repository
from deploy.iam import apply, roles
from deploy.iam.roles import Role, Values
from deploy.options import Common

HELP = "show or make the roles: pusher, pipeline, execution, cleaner"
EXAMPLES = """examples:
  python -m deploy iam render --bucket BUCKET --prefix models --into build/iam
  python -m deploy iam render pipeline --bucket BUCKET --account 123456789012 --region eu-west-1
  python -m deploy iam apply --bucket BUCKET --prefix models
  python -m deploy iam apply pipeline --bucket BUCKET \\
      --oidc-provider oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE \\
      --service-account kubeflow:pipeline-runner
  python -m deploy iam remove --bucket BUCKET
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "action", choices=("render", "apply", "remove"), nargs="?", default="render"
    )
    parser.add_argument(
        "roles", metavar="ROLE", nargs="*", help=f"{', '.join(roles.NAMES)} (default: all)"
    )
    group = parser.add_argument_group("what they are about")
    group.add_argument("--bucket", required=True, metavar="NAME", help="of models, data, results")
    group.add_argument("--prefix", default="", metavar="KEY", help="default: the whole bucket")
    group.add_argument(
        "--repository", default=repository.NAME, metavar="NAME", help="default: %(default)s"
    )
    group.add_argument("--account", metavar="DIGITS", help="default: that of the credentials")
    group.add_argument("--kms-key", default="", metavar="ARN", help="the key of the bucket")
    group = parser.add_argument_group("who assumes the pipeline's role (default: the account)")
    group.add_argument("--oidc-provider", default="", metavar="HOST/PATH", help="of the cluster")
    group.add_argument("--service-account", default="", metavar="NAMESPACE:NAME", help="of the pod")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="render into files there")
    options.add_common(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says."""
    given = options.common(arguments, variables)
    names = arguments.roles or list(roles.NAMES)
    if wrong := sorted(set(names) - set(roles.NAMES)):
        raise UserError(f"There is no role {', '.join(wrong)}; there are {', '.join(roles.NAMES)}.")
    values = _values(arguments, given)
    wanted = {name: roles.role(name, values) for name in names}
    if arguments.action == "render":
        _render(wanted, arguments.into, given)
    elif arguments.action == "apply":
        _apply(wanted, given)
    else:
        _remove(wanted, given)
    return 0


def _values(arguments: argparse.Namespace, given: Common) -> Values:
    return Values(
        account=arguments.account or given.aws.account,
        region=given.aws.region,
        bucket=arguments.bucket,
        prefix=arguments.prefix.strip("/"),
        repository=arguments.repository,
        project=arguments.project,
        kms_key_arn=arguments.kms_key,
        oidc_provider=arguments.oidc_provider.removeprefix("https://").rstrip("/"),
        service_account=arguments.service_account,
    )


def _render(wanted: Mapping[str, Role], into: Path | None, given: Common) -> None:
    documents = {
        name: {"role": role.arn, "trust": role.trust, "policy": role.policy}
        for name, role in wanted.items()
    }
    if into is None:
        given.screen.say(json.dumps(documents, indent=2))
    else:
        into.mkdir(parents=True, exist_ok=True)
        for name, role in wanted.items():
            for part, document in (("policy", role.policy), ("trust", role.trust)):
                path = into / f"{role.name}-{part}.json"
                path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
                given.screen.say(f"{name}: {path}")
    given.screen.result(documents)


def _apply(wanted: Mapping[str, Role], given: Common) -> None:
    for role in wanted.values():
        given.screen.say(apply.ensure(given.aws, role, given.tags))
    made = {name: role.arn for name, role in wanted.items()}
    given.screen.result({"roles": made, "plan": given.aws.planned})


def _remove(wanted: Mapping[str, Role], given: Common) -> None:
    project = given.tags["project"]
    removed = [role.name for role in wanted.values() if apply.remove(given.aws, role.name, project)]
    given.screen.say(
        f"{'Would remove' if given.aws.plan else 'Removed'}: {', '.join(removed) or '-'}."
    )
    given.screen.result({"removed": removed, "plan": given.aws.planned})
