"""A training job on several hosts: MXNet's parameter server laid out over them (C5.53).

    algo-1   train ─┬─ scheduler            algo-2   train ─┬─ server
                    ├─ server                               └─ worker: learns, saves nothing
                    └─ worker: learns, saves

`train` on each host starts its parts as child processes and watches them and the other hosts, so
that a host that is gone fails the job on all others instead of hanging them (C5.54). Workers add
up their gradients through the servers (`train.crew`); the first host's saves model and report.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from container import contract
from container.environment import Environment
from train.children import WORKER, Children
from train.peers import Peers

ROLE: Final = "DMLC_ROLE"

_LOOK: Final = 0.2  # seconds between looks at children and signals


def is_part(variables: Mapping[str, str]) -> bool:
    """Whether a process with these variables was started by `run`."""
    return variables.get(ROLE) == WORKER


def wants_parts(environment: Environment) -> bool:
    """Whether this process is to lay out the parts of a job of several hosts."""
    return len(environment.hosts().all) > 1 and not is_part(environment.variables)


def run(environment: Environment, arguments: Sequence[str], stop: Callable[[], bool]) -> int:
    """Run this host's parts of the job to the end.

    Args:
        environment: The folders of the job, and its files.
        arguments: The command line, for the worker.
        stop: Whether the platform wants the run to end.

    Returns:
        0, or the exit code of a worker that failed; its failure file says why.

    Raises:
        LostHostError: Another host is gone or failed.
        PlatformError: The hosts did not find each other, or a part was killed.
        OSError: A part cannot be started.
    """
    hosts = environment.hosts()
    with Peers(hosts) as peers, Children() as children:
        peers.meet(stop)
        _start(children, peers, environment, arguments)
        told = False
        while (code := children.code()) is None:
            if stop() and not told:
                children.stop()
                told = True
            peers.listen(_LOOK)
        if code:
            peers.tell_failure(hosts.current, f"failed: {_cause(environment)}")
        elif not hosts.is_first:
            # The first host still saves. Local mode stops all hosts once one has ended (C7.2).
            while not (peers.have_left or stop()):
                peers.listen(_LOOK)
        return code


def _start(
    children: Children, peers: Peers, environment: Environment, arguments: Sequence[str]
) -> None:
    hosts = environment.hosts()
    variables = {
        **environment.variables,
        "DMLC_PS_ROOT_URI": peers.root,
        "DMLC_PS_ROOT_PORT": str(contract.PARAMETER_SERVER_PORT),
        "DMLC_NUM_SERVER": str(len(hosts.all)),
        "DMLC_NUM_WORKER": str(len(hosts.all)),
        "DMLC_NODE_HOST": peers.address,
    }
    parts = {"server": ["train.parameter_server"], WORKER: ["train", *arguments]}
    if hosts.is_first:
        parts = {"scheduler": ["train.parameter_server"], **parts}
    for role, command in parts.items():
        children.start(role, command, {**variables, ROLE: role})


def _cause(environment: Environment) -> str:
    """What the worker wrote about its failure, the cause on the first line."""
    try:
        return environment.failure_file.read_text(encoding="utf-8").partition("\n")[0]
    except OSError:
        return "its log says why."
