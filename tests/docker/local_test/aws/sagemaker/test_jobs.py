"""Training and transform jobs in Docker: several hosts, networks, entrypoints, pipes."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from botocore.exceptions import ClientError

from local_test.docker_runner import LABEL
from tests.support.job_runs import Jobs, channel
from tests.support.laptop import laptop
from tests.support.waiting import until

LOOK = """
import json, os, pathlib, socket, time
base = pathlib.Path("/opt/ml")
host = json.loads((base / "input/config/resourceconfig.json").read_text())["current_host"]
def address(name):
    while True:
        try:
            return socket.gethostbyname(name)
        except OSError:  # its name is known when it has started
            time.sleep(0.1)
seen = {"peers": [address(name) for name in ("algo-1", "algo-2")], "pid": os.getpid()}
seen["files"] = [each.read_text() for each in (base / "input/data/part").iterdir()]
(base / f"output/data/{host}.json").write_text(json.dumps(seen))
time.sleep(1)  # a host that has ended loses its name
"""
INTERFACES = """
import pathlib, socket
names = [name for _, name in socket.if_nameindex()]
pathlib.Path("/opt/ml/model/interfaces").write_text(" ".join(names))
"""
PIPE = """
import pathlib
base = pathlib.Path("/opt/ml")
(base / "model/content").write_bytes((base / "input/data/stream_0").read_bytes())
"""


@pytest.fixture(scope="module")
def jobs(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    with laptop(tmp_path_factory.mktemp("aws"), docker=True) as aws:
        yield Jobs(aws, image)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Jobs leave no network behind."""
    with contextlib.closing(docker.from_env()) as client:
        filters = {"label": f"{LABEL}=training"}
        before = {each.id for each in client.networks.list(filters=filters)}
        yield
        assert {each.id for each in client.networks.list(filters=filters)} <= before


def test_two_hosts_train_together(jobs: Jobs, scans: Path) -> None:
    for name in ("training", "validation"):
        jobs.put(f"scans/{name}/{name}.csv", (scans / f"{name}.csv").read_bytes())

    job = jobs.train(
        channels=[channel(each, jobs.uri(f"scans/{each}/")) for each in ("training", "validation")],
        count=2,
        HyperParameters={"epochs": "2"},
    )

    name = job["TrainingJobName"]
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert "signature.json" in jobs.archived(f"out/{name}/output/model.tar.gz")
    for host in ("algo-1", "algo-2"):
        assert jobs.log("/aws/sagemaker/TrainingJobs", f"{name}/{host}-")


def test_hosts_know_each_other_and_share_objects(jobs: Jobs) -> None:
    for number in range(3):
        jobs.put(f"part/{number}", str(number))
    part = channel("part", jobs.uri("part/"), S3DataDistributionType="ShardedByS3Key")

    job = jobs.train(LOOK, [part], count=2)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    found = jobs.archived(f"out/{job['TrainingJobName']}/output/output.tar.gz")
    one, two = (json.loads(found[f"algo-{number}.json"]) for number in (1, 2))
    assert one["peers"] == two["peers"]
    assert len(set(one["peers"])) == 2
    assert sorted(one["files"]) == ["0", "2"]
    assert two["files"] == ["1"]
    assert one["pid"] == 1  # an entrypoint takes the place of ours


def test_a_host_that_fails_takes_the_others_along(jobs: Jobs) -> None:
    program = """
import json, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
hosts = json.loads(pathlib.Path("/opt/ml/input/config/resourceconfig.json").read_text())
if hosts["current_host"] == "algo-2":
    pathlib.Path("/opt/ml/output/failure").write_text("algo-2 has no data")
    sys.exit(4)
time.sleep(600)
"""

    job = jobs.train(program, count=2)

    assert job["FailureReason"] == "AlgorithmError: algo-2 has no data, exit code: 4"


@pytest.mark.parametrize(("isolated", "interfaces"), [(True, {"lo"}), (False, {"lo", "eth0"})])
def test_an_isolated_job_reaches_nothing(jobs: Jobs, isolated: bool, interfaces: set[str]) -> None:
    job = jobs.train(INTERFACES, EnableNetworkIsolation=isolated)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    found = jobs.archived(f"out/{job['TrainingJobName']}/output/model.tar.gz")
    assert set(found["interfaces"].decode().split()) == interfaces


def test_pipes_reach_into_the_container(jobs: Jobs) -> None:
    stream = channel("stream", jobs.put("stream/a", b"x" * 1_000_000), InputMode="Pipe")

    job = jobs.train(PIPE, [stream])

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    found = jobs.archived(f"out/{job['TrainingJobName']}/output/model.tar.gz")
    assert found["content"] == b"x" * 1_000_000


def test_records_are_transformed_in_containers(jobs: Jobs) -> None:
    for name in ("a", "b"):
        jobs.put(f"numbers/{name}.csv", "1,2\n3,4\n")

    job = jobs.transform(jobs.model(), jobs.uri("numbers/"), count=2)

    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert jobs.result(job, "b.csv") == "3,true\n7,true\n"


def test_a_laptop_that_closes_leaves_no_container_of_a_job(image: str, tmp_path: Path) -> None:
    with laptop(tmp_path, docker=True) as aws:
        jobs = Jobs(aws, image)
        given = jobs.training("print('begun', flush=True); import time; time.sleep(600)", count=2)
        jobs.sagemaker.create_training_job(**given)
        prefix = f"{given['TrainingJobName']}/algo-2"
        until(
            lambda: (
                jobs.training_of(given["TrainingJobName"])["SecondaryStatus"] == "Training"
                and "begun" in jobs.log("/aws/sagemaker/TrainingJobs", prefix)
            ),
            "the second host",
        )

    with contextlib.closing(docker.from_env()) as client:
        left = client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True)
        mounts = [mount["Source"] for each in left for mount in each.attrs["Mounts"]]
    assert not [each for each in mounts if each.startswith(str(tmp_path))]


@pytest.mark.parametrize("missing", ["no-such-image:1", "localhost:1/none:1"])
def test_an_image_that_is_not_there_is_told(jobs: Jobs, missing: str) -> None:
    given = jobs.training("pass", algorithm={"TrainingImage": missing})

    with pytest.raises(ClientError, match=f"Cannot find the image {missing}"):
        jobs.sagemaker.create_training_job(**given)
