"""Starts a run on a cluster, over the one address of its ingress."""

import argparse
import warnings
from argparse import _ArgumentGroup
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from container.errors import UserError
from deploy import naming
from deploy.errors import CredentialsError, DeployError, UnreachableError
from deploy.options import Common
from deploy.pipeline import names
from deploy.pipeline.compiled import COMMITTED

HOST: Final = "KUBEFLOW_HOST"
TOKEN: Final = "KUBEFLOW_TOKEN"  # noqa: S105 - the name of a variable
COOKIES: Final = "KUBEFLOW_COOKIES"
_GOOD: Final = "SUCCEEDED"
_HEALTH: Final = "apis/v2beta1/healthz"
_NOT_LET_IN: Final = (301, 302, 303, 307, 401, 403)  # an ingress leads to its login page
_SECONDS: Final = 30


def add_arguments(group: _ArgumentGroup) -> None:
    """Declare where to, and as whom."""
    group.add_argument("--host", metavar="URL", help=f"of Kubeflow Pipelines (default: ${HOST})")
    group.add_argument(
        "--namespace", default=names.NAMESPACE, metavar="NAME", help="default: %(default)s"
    )
    group.add_argument(
        "--service-account",
        default=names.SERVICE_ACCOUNT,
        metavar="NAME",
        help="of the steps' pods; with a role of its own (IRSA) no secret is needed (%(default)s)",
    )
    group.add_argument("--experiment", default="blerssi", metavar="NAME", help="%(default)s")
    group.add_argument("--wait", action="store_true", help="until the run ends; 1 where it fails")
    group.add_argument(
        "--wait-seconds", type=int, default=7200, metavar="N", help="at most (%(default)s)"
    )


def run(
    common: Common, arguments: argparse.Namespace, text: str, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Start it; a token or cookies come from variables, as a command line can be seen by others.

    Args:
        common: Screen, plan and variables.
        arguments: Those of `add_arguments`.
        text: The compiled pipeline.
        values: Of its parameters.

    Raises:
        UserError: There is no host.
        DeployError: The cluster does not answer, refuses, or the run fails.
    """
    host = arguments.host or common.variables.get(HOST)
    if not host:
        raise UserError(f"No cluster is named: give --host, or set {HOST}.")
    if common.aws.plan:
        common.screen.say(f"would start {naming.PROJECT}'s pipeline at {host}")
        return {"host": host, "parameters": dict(values)}
    client, errors = _client(host, arguments.namespace, common.variables)
    with TemporaryDirectory(prefix="deploy-submit-") as folder:
        package = Path(folder, COMMITTED.name)
        package.write_text(text, encoding="utf-8")
        try:
            started = client.create_run_from_pipeline_package(
                str(package),
                arguments=dict(values),
                experiment_name=arguments.experiment,
                namespace=arguments.namespace,
                service_account=arguments.service_account,
                enable_caching=False,
            )
        except errors as error:
            raise _explained(error, host) from error
    common.screen.say(f"The run {started.run_id} was started.")
    found = {"run": started.run_id, "host": host}
    if not arguments.wait:
        return found
    try:
        ended = client.wait_for_run_completion(started.run_id, arguments.wait_seconds)
    except errors as error:
        raise _explained(error, host) from error
    if ended.state != _GOOD:
        raise DeployError(f"The run {started.run_id} is {ended.state}.", hint=f"See it at {host}.")
    common.screen.say(f"The run {started.run_id} succeeded.")
    return found | {"state": ended.state}


def _client(
    host: str, namespace: str, variables: Mapping[str, str]
) -> tuple[Any, tuple[type[Exception], ...]]:
    """Give the client, and what it raises."""
    import kfp
    import kfp_server_api  # type: ignore[import-not-found]
    import urllib3

    errors = (kfp_server_api.ApiException, urllib3.exceptions.HTTPError, TimeoutError, OSError)
    _knock(host, variables)
    try:
        with warnings.catch_warnings():
            # Of API servers before 2.0, which the release that is pinned is not.
            warnings.filterwarnings("ignore", category=FutureWarning, module="kfp")
            client = kfp.Client(
                host=host,
                namespace=namespace,
                existing_token=variables.get(TOKEN),
                cookies=variables.get(COOKIES),
            )
    except errors as error:
        raise _explained(error, host) from error
    return client, errors


def _knock(host: str, variables: Mapping[str, str]) -> None:
    """Ask whether it is there and lets us in; kfp asks five times, for half a minute."""
    token, cookies = variables.get(TOKEN), variables.get(COOKIES)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Cookie": cookies} if cookies else {}
    url = f"{host.rstrip('/')}/{_HEALTH}"
    session = URLLib3Session(proxies=get_environ_proxies(url), timeout=_SECONDS)
    try:
        status = session.send(AWSRequest("GET", url, headers=headers).prepare()).status_code
    except (BotoCoreError, ValueError) as error:
        raise UnreachableError(f"The cluster at {host} does not answer: {error}.") from error
    finally:
        session.close()
    if status != 200:
        raise _refused(status, host, "it is not well")


def _explained(error: Exception, host: str) -> DeployError:
    if status := getattr(error, "status", None):
        return _refused(int(status), host, str(error))
    return UnreachableError(f"The cluster at {host} does not answer: {error}.")


def _refused(status: int, host: str, reason: str) -> DeployError:
    if status in _NOT_LET_IN:
        return CredentialsError(
            f"The cluster at {host} does not let you in ({status}).",
            hint=f"Set {TOKEN} (a service account's token) or {COOKIES} (a session's).",
        )
    return DeployError(f"The cluster at {host} refuses ({status}): {reason}.")
