"""`python -m deploy destroy`: removes what `endpoint`, `upload` and `push` have made, by its tags.

It shows what goes before anything goes. What is not there is no fault, and what was not made here
is left alone. Buckets stay, and roles are removed by `python -m deploy iam remove`.
"""

import argparse
import sys
from collections.abc import Mapping

from deploy import belongings, inventory, options, repository
from deploy.endpoint.wanted import DEFAULT_NAME
from deploy.errors import DeployError
from deploy.inventory import Inventory
from deploy.options import Common
from deploy.screen import Screen

HELP = "remove what was made, by its tags, after showing it"
EXAMPLES = """examples:
  python -m deploy destroy
  python -m deploy destroy --name blerssi-staging --yes
  python -m deploy destroy --all --artifacts --repository --logs --yes
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--name", default=DEFAULT_NAME, help="the endpoint's (default: %(default)s)")
    which.add_argument("--all", action="store_true", help="all endpoints of the project")
    parser.add_argument(
        "--artifacts",
        action="store_true",
        help="their models in S3, captured traffic and asynchronous answers too",
    )
    parser.add_argument(
        "--repository",
        nargs="?",
        const=repository.NAME,
        metavar="NAME",
        help=f"the ECR repository with all its images too (default: {repository.NAME})",
    )
    parser.add_argument("--logs", action="store_true", help="the endpoints' log groups too")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    options.add_common(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Show what there is, ask, and remove it.

    Raises:
        DeployError: Nobody agreed, or AWS does not let something be removed.
    """
    common = options.common(arguments, variables)
    found = search(
        common,
        None if arguments.all else arguments.name,
        artifacts=arguments.artifacts,
        repository_name=arguments.repository,
        logs=arguments.logs,
    )
    _show(common, found)
    if found.things and not (arguments.yes or common.aws.plan):
        agree(common.screen)
    removed = remove(common, found)
    if removed and not common.aws.plan:
        common.screen.say(f"Removed {len(removed)}.")
    common.screen.result(
        {
            "removed": [] if common.aws.plan else removed,
            "left": [vars(each) for each in found.left],
            **({"plan": common.aws.planned} if common.aws.plan else {}),
        }
    )
    return 0


def search(
    common: Common,
    endpoint: str | None,
    *,
    artifacts: bool = False,
    repository_name: str | None = None,
    logs: bool = False,
) -> Inventory:
    """Look for what may go.

    Args:
        common: AWS, and the project in its tags.
        endpoint: Its name; None for all of the project.
        artifacts: Look in S3 too.
        repository_name: Look for this repository too.
        logs: Look for log groups too.

    Raises:
        DeployError: AWS does not say.
    """
    found = inventory.find(common, endpoint)
    if logs:
        belongings.add_logs(common, found)
    if artifacts or repository_name:
        noted = belongings.uses(common, found)
        if artifacts:
            belongings.add_artifacts(common, found, noted)
        if repository_name:
            belongings.add_repository(common, found, noted, repository_name)
    return found


def remove(common: Common, found: Inventory) -> list[dict[str, str]]:
    """Remove all of it, in order; gives what was removed.

    Raises:
        DeployError: AWS does not let something be removed; what comes after it stays.
    """
    removed: list[dict[str, str]] = []
    for thing in found.things:
        common.screen.progress(f"Removing {thing.kind} {thing.name}")
        try:
            thing.remove()
        except DeployError as error:
            rest = len(found.things) - len(removed)
            counts = f"Removed: {len(removed)}; still there: {rest}. Run it again."
            error.hint = f"{error.hint} {counts}".lstrip()
            raise
        finally:
            common.screen.clear()
        removed.append({"kind": thing.kind, "name": thing.name})
    return removed


def agree(screen: Screen) -> None:
    """Ask whoever sits there.

    Raises:
        DeployError: Nobody does, or the answer is no.
    """
    if not sys.stdin.isatty():
        raise DeployError("Nothing was removed.", hint="Give --yes to remove it.")
    screen.say("Remove all of it? [y/N]")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise DeployError("Nothing was removed.")


def _show(common: Common, found: Inventory) -> None:
    say = common.screen.say
    for each in found.left:
        say(f"stays    {each.kind} {each.name}: {each.why}")
    for thing in found.things:
        say(f"removes  {thing.kind} {thing.name}")
    if not found.things:
        say("There is nothing to remove.")
