"""Training on two containers of a Docker network, which know each other by name (C5.23)."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from container import contract
from local_test import layout
from local_test.docker_runner import HARDENED
from local_test.layout import Job
from model import artifact
from tests.docker.conftest import EPOCHS
from tests.support.engine import LABEL, Box, Engine, mount
from tests.support.waiting import until

HOSTS: Final = ("algo-1", "algo-2")
TOLERANCE: Final = 1e-4  # of a probability; sums in another order differ in their last bits
FAILS_WITHIN: Final = 60  # seconds, promised for a lost host

_COMPARE = """
import sys
from pathlib import Path
from model.blerssi import data
from model.predictor import Predictor
readings = data.read(Path("/scans/validation.csv")).readings
one, two = (Predictor.load(Path(each)).probabilities(readings) for each in ("/one", "/two"))
print(abs(one - two).max(), one.max())
"""


class Crew:
    """A job on two containers, the second of them with next to no rights.

    Attributes:
        jobs: The base folder of each host.
        boxes: The containers that were started.
    """

    def __init__(self, engine: Engine, network: Any, folder: Path) -> None:
        self._engine = engine
        self.network = network
        self.jobs = {host: Job(folder / host) for host in HOSTS}
        self.boxes: dict[str, Box] = {}

    def lay_out(self, scans: Path, epochs: str) -> None:
        channels = {name: scans / f"{name}.csv" for name in ("training", "validation")}
        for host, job in self.jobs.items():
            layout.lay_out(job, channels, {"epochs": epochs})
            config = {"current_host": host, "hosts": HOSTS, "network_interface_name": "eth0"}
            path = job.places.config_dir / contract.RESOURCE_CONFIG_FILE
            path.write_text(json.dumps(config), encoding="utf-8")
            for folder in (job.base, *(each for each in job.base.rglob("*") if each.is_dir())):
                folder.chmod(0o777)  # for the user whom the second host runs as

    def start(self, host: str) -> None:
        named = self._engine.client.api.create_endpoint_config(aliases=[host])
        self.boxes[host] = self._engine.start(
            "train",
            **(HARDENED if host == "algo-2" else {}),
            volumes=mount(self.jobs[host].base),
            hostname=host,
            network=self.network.name,
            networking_config={self.network.name: named},
        )

    def log(self) -> str:
        return "\n".join(f"--- {host}\n{box.log}" for host, box in self.boxes.items())


@pytest.fixture
def crew(engine: Engine, tmp_path: Path) -> Iterator[Crew]:
    network = engine.client.networks.create(f"blerssi-{uuid.uuid4().hex}", labels={LABEL: "hosts"})
    yield Crew(engine, network, tmp_path)
    engine.remove()
    network.remove()


def test_two_hosts_reach_the_model_of_one(
    engine: Engine, crew: Crew, scans: Path, job: Job
) -> None:
    crew.lay_out(scans, EPOCHS)
    crew.start("algo-2")  # the first host's name is not known yet (C5.25)
    until(lambda: "train" in crew.boxes["algo-2"].exec("cat", "/proc/1/cmdline").log, "a start")
    crew.start("algo-1")

    assert [crew.boxes[host].wait().code for host in HOSTS] == [0, 0], crew.log()
    assert "has learnt its part" in crew.boxes["algo-2"].log

    first, second = (crew.jobs[host].places for host in HOSTS)
    assert artifact.verify(first.model_dir) is not None
    assert not list(second.model_dir.iterdir())
    assert not list(second.output_data_dir.iterdir())
    folders = {job.places.model_dir: "/one", first.model_dir: "/two", scans: "/scans"}
    volumes = [f"{source}:{target}:ro" for source, target in folders.items()]
    compared = engine.run("python", "-c", _COMPARE, volumes=volumes)
    difference, largest = map(float, compared.log.split()[-2:])
    assert difference <= TOLERANCE < largest, compared.log


@pytest.mark.parametrize("lost", HOSTS)
def test_a_killed_host_fails_the_other(crew: Crew, scans: Path, lost: str) -> None:
    _run_endlessly(crew, scans)

    crew.boxes[lost].container.kill()

    _assert_fails(crew, next(host for host in HOSTS if host != lost), lost)


def test_a_host_without_a_network_fails_the_job(crew: Crew, scans: Path) -> None:
    """Nothing ends the connections here: it is the silence that tells."""
    _run_endlessly(crew, scans)

    crew.network.disconnect(crew.boxes["algo-2"].container)

    _assert_fails(crew, "algo-1", "algo-2")
    _assert_fails(crew, "algo-2", "algo-1")


def _run_endlessly(crew: Crew, scans: Path) -> None:
    crew.lay_out(scans, "10000")
    for host in HOSTS:
        crew.start(host)
    until(lambda: "epoch=2 " in crew.boxes["algo-1"].log, "two epochs are over", seconds=180)


def _assert_fails(crew: Crew, host: str, lost: str) -> None:
    ended = crew.boxes[host].wait(FAILS_WITHIN)
    assert ended.code == 3, ended.log
    assert crew.jobs[host].places.failure_file.read_text().startswith(f"Host {lost} was lost: ")
    assert "Traceback" not in ended.log
