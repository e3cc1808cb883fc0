"""`python -m deploy observe`: a dashboard of an endpoint, and queries of its log.

What the container itself counts appears there where it was told the endpoint's name, as `deploy
endpoint` does. docs/observability.md lists the metrics. A second run changes nothing; a dashboard
that somebody edited becomes what it was.
"""

import argparse
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from deploy import naming
from deploy import options as shared
from deploy.endpoint import state
from deploy.endpoint.wanted import DEFAULT_NAME
from deploy.errors import DeployError
from deploy.observability import made
from deploy.observability.made import Names
from deploy.options import Common

HELP = "put up the dashboard of an endpoint, and the queries of its log"
EXAMPLES = """examples:
  python -m deploy observe
  python -m deploy observe --endpoint blerssi-staging --plan --json
  python -m deploy observe --endpoint blerssi-staging --remove
"""
_CONSOLES: Final = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--endpoint", default=DEFAULT_NAME, metavar="NAME", help="default: %(default)s"
    )
    parser.add_argument("--remove", action="store_true", help="take both away")
    shared.add_common(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Put up what is missing or different, or take it away.

    Raises:
        UserError: This is no endpoint's name.
        DeployError: There is no such endpoint, or AWS does not let it be observed.
    """
    endpoint = naming.check(arguments.endpoint, "--endpoint")
    common = shared.common(arguments, variables)
    if arguments.remove:
        changed = made.remove(common.aws, endpoint)
    else:
        if state.describe(common, endpoint) is None:
            raise DeployError(
                f"There is no endpoint {endpoint} in {common.aws.region}.",
                hint="Give its name with --endpoint, or make it: python -m deploy endpoint.",
            )
        changed = made.ensure(common.aws, endpoint)
    _tell(common, endpoint, changed, removed=arguments.remove)
    return 0


def _tell(common: Common, endpoint: str, changed: list[str], *, removed: bool) -> None:
    names, aws = Names(endpoint), common.aws
    address = _address(aws.session.get_partition_for_region(aws.region), aws.region, names)
    done = "removed" if removed else "put up"
    if aws.plan:
        common.screen.say(f"{len(changed)} would be {done}.")
    elif changed:
        common.screen.say("\n".join(f"{done}  {name}" for name in changed))
    else:
        common.screen.say("There was nothing to do.")
    if not (removed or aws.plan):
        common.screen.say(f"Dashboard: {address}")
    common.screen.result(
        {
            "endpoint": endpoint,
            "dashboard": names.dashboard,
            "address": address,
            "queries": [each["name"] for each in made.requests(endpoint)],
            "changes": changed,
            **({"plan": aws.planned} if aws.plan else {}),
        }
    )


def _address(partition: str, region: str, names: Names) -> str:
    console = _CONSOLES.get(partition, "console.aws.amazon.com")
    place = f"dashboards/dashboard/{quote(names.dashboard)}"
    return f"https://{region}.{console}/cloudwatch/home?region={region}#{place}"
