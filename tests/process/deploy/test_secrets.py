"""No secret of who deploys comes out anywhere: a canary is looked for in all that is left.

The commands run with the session of a role, whose secret and token are canaries; the laptop's AWS
runs in a shell that has a key of its own, which no program of an endpoint or a job may see.
"""

import base64
import gzip
import io
import json
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from local_test.aws.laptop import Laptop
from model.blerssi import data, simulate
from tests.support import endpoints, leaks
from tests.support.deploys import Ended, deploy
from tests.support.laptop import allow, assumed, laptop, role, variables
from tests.support.leaks import Search

SHELL = "canary/Of+The/Shell/0123456789abcdefghij"
BUCKET = "secrets"
ENDPOINT = "blerssi-secrets"
OWN = ("laptop.json", "moto.jsonl")  # what the laptop's AWS keeps to itself


@dataclass
class Story:
    """A run of everything, and what to look for in it."""

    aws: Laptop
    results: Path
    known: dict[str, str]  # the variables of the commands
    ended: dict[str, Ended] = field(default_factory=dict)

    def search(self) -> Search:
        secrets = (self.known["AWS_SECRET_ACCESS_KEY"], self.known["AWS_SESSION_TOKEN"])
        return Search(*secrets, SHELL)

    def run(self, name: str, *arguments: object, code: int = 0) -> Ended:
        ended = deploy(*arguments, variables=self.known)
        assert ended.code == code, ended.err
        self.ended[name] = ended
        return ended

    def saved(self, name: str, *arguments: object) -> Ended:
        return self.run(name, *arguments, "--json", self.results / f"{name}.json")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("secrets")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIACANARYOFTHESHELL")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SHELL)
        with laptop(folder / "aws") as aws:
            arn = role(
                *(aws, "walker", allow("*")),
                trusted={"AWS": f"arn:aws:iam::{aws.cloud.account}:root"},
            )
            results = folder / "results"
            results.mkdir()
            yield _told(Story(aws, results, variables(aws, assumed(aws, arn))), folder)


def _told(story: Story, folder: Path) -> Story:
    """Run every command that makes something, and some that fail."""
    client = story.aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    training, validation = simulate.simulate_pair(seed=3)
    rows = folder / "validation.csv"
    for name, each in (("training", training), ("validation", validation)):
        data.write(folder / f"{name}.csv", each)
        client.upload_file(str(folder / f"{name}.csv"), BUCKET, f"data/{name}.csv")
    execution = endpoints.role(story.aws)
    image = ("--image", endpoints.IMAGE, "--role", execution)
    trained = story.run(
        *("train", "train", *image, "--training", f"s3://{BUCKET}/data/training.csv"),
        *("--validation", f"s3://{BUCKET}/data/validation.csv", "--to", f"s3://{BUCKET}/models"),
        *("-H", "epochs=2", "-H", "drawn_scans=0", "--poll", 0.2, "--json"),
    )
    artifact = trained.document["model_artifact_url"]
    model = story.results / "model.tar.gz"
    story.saved("fetch", "fetch", artifact, "--to", model)
    story.saved("upload", "upload", model, "--to", f"s3://{BUCKET}/uploaded")
    story.saved("iam", "iam", "render", "--bucket", BUCKET, "--into", story.results / "iam")
    described = ("--name", ENDPOINT, *image, "--artifact", artifact, "--instances", 1)
    story.saved("plan", "endpoint", *described, "--plan")
    story.saved("endpoint", "endpoint", *described, "--capture", 100, "--poll", 0.2)
    picture = story.results / "answers.png"
    story.saved("invoke", "invoke", ENDPOINT, rows, "--plot", picture)
    story.saved(
        *("batch", "batch", rows, "--endpoint", ENDPOINT, "--output", f"s3://{BUCKET}/batch"),
        *("--every", 0.2),
    )
    story.saved("validate", "validate", ENDPOINT, rows, "--most", 20)
    story.saved("observe", "observe", "--endpoint", ENDPOINT, "--plan")
    story.saved("pipeline", "pipeline", "compile", "--to", story.results / "pipeline.yaml")
    _fail(story, artifact, image)
    return story


def _fail(story: Story, artifact: str, image: tuple[str, ...]) -> None:
    """Let commands explain what went wrong."""
    story.run("no bucket", "upload", story.results / "model.tar.gz", "--to", "s3://none/x", code=1)
    story.run("no endpoint", "invoke", "nobody", "--row", "b3006=-78", code=1)
    story.run("bad row", "invoke", ENDPOINT, "--row", "b3006=78", code=1)
    story.run(
        *("never healthy", "endpoint", "--name", "sick", "--image", "nobody/knows:this"),
        *("--role", image[-1], "--artifact", artifact, "--instances", 1, "--poll", 0.2),
        code=1,
    )


def test_no_command_says_it(story: Story) -> None:
    search = story.search()
    for name, ended in story.ended.items():
        search.text(f"stdout of {name}", ended.out)
        search.text(f"stderr of {name}", ended.err)
    assert search.found == []
    assert search.looked_at == 2 * len(story.ended)


def test_no_result_holds_it(story: Story) -> None:
    search = story.search()
    search.files(story.results)
    assert search.found == []
    assert search.looked_at > 20
    assert (story.results / "pipeline.yaml").stat().st_size > 0


def test_nothing_that_aws_keeps_for_clients_holds_it(story: Story) -> None:
    """Tables, queues and blobs as files, then objects and log lines as clients get them."""
    folder = story.results.parent / "aws"
    search = story.search()
    search.files(folder, without=[folder / name for name in OWN])
    assert search.found == []
    assert search.looked_at > 50
    leaks.objects(search, story.aws.client("s3"))
    leaks.logs(search, story.aws.client("logs"))
    assert search.found == []


def test_what_aws_keeps_to_itself_is_for_its_owner_alone(story: Story) -> None:
    for name in OWN:
        path = story.results.parent / "aws" / name
        assert path.stat().st_mode & 0o077 == 0, path


def test_no_process_is_given_it(story: Story) -> None:
    """Neither the programs behind endpoints nor S3 see a key, as a variable or as an argument."""
    search = story.search()
    names = search.processes()
    assert search.found == []
    assert any("-m container serve" in each for each in names), names


CANARY = "canary/Key+With/AwkwardCharacters0123456"


def _tar(content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("planted")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize(
    "planted",
    [
        CANARY.encode(),
        b"x" * ((1 << 20) - 7) + CANARY.encode(),  # across two chunks
        quote(CANARY, safe="").encode(),
        json.dumps({"key": CANARY}).replace("/", "\\/").encode(),
        *(base64.b64encode(b"{" * count + CANARY.encode() + b"}") for count in range(4)),
        base64.urlsafe_b64encode(b"??" + CANARY.encode()),
        gzip.compress(b"x" * 100 + CANARY.encode()),
        _tar(b"AWS_SECRET_ACCESS_KEY=" + CANARY.encode()),
    ],
)
def test_the_search_finds_what_is_planted(tmp_path: Path, planted: bytes) -> None:
    (tmp_path / "innocent").write_bytes(CANARY[:-1].encode())
    (tmp_path / "planted").write_bytes(planted)
    search = Search(CANARY)
    search.files(tmp_path)
    assert search.found == [str(tmp_path / "planted")]


def test_the_search_finds_what_a_process_is_given(story: Story) -> None:
    search = Search(CANARY)
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], env={"PLANTED": CANARY}, stdin=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while not search.found and time.monotonic() < deadline:  # between fork and exec it has ours
        search.processes()
    child.communicate(b"\n")
    assert search.found
    assert all(each.startswith("environment of") for each in search.found)


def test_the_search_finds_what_is_in_a_bucket_and_in_a_log(story: Story) -> None:
    s3, logs = story.aws.client("s3"), story.aws.client("logs")
    s3.put_object(Bucket=BUCKET, Key="planted", Body=CANARY.encode(), Metadata={"planted": CANARY})
    logs.create_log_group(logGroupName="planted")
    logs.create_log_stream(logGroupName="planted", logStreamName="one")
    event = {"timestamp": int(time.time() * 1000), "message": f"key={CANARY}"}
    logs.put_log_events(logGroupName="planted", logStreamName="one", logEvents=[event])
    search = Search(CANARY)
    leaks.objects(search, s3)
    leaks.logs(search, logs)
    assert search.found == [
        f"headers of s3://{BUCKET}/planted",
        f"s3://{BUCKET}/planted",
        "planted",
    ]
