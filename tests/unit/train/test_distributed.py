from pathlib import Path

import pytest

from container import contract
from container.environment import Environment
from tests.support.jobs import Job
from train import distributed


@pytest.mark.parametrize(
    ("hosts", "role", "wanted"),
    [
        (["algo-1"], None, False),
        (["algo-1", "algo-2"], None, True),
        (["algo-1", "algo-2"], "worker", False),
    ],
)
def test_only_a_job_of_several_hosts_is_laid_out(
    tmp_path: Path, hosts: list[str], role: str | None, wanted: bool
) -> None:
    job = Job(tmp_path)
    job.config(contract.RESOURCE_CONFIG_FILE, {"current_host": "algo-1", "hosts": hosts})
    variables = {} if role is None else {distributed.ROLE: role}
    assert distributed.wants_parts(Environment(tmp_path, variables)) is wanted
    assert distributed.is_part(variables) is (role is not None)
