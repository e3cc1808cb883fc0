"""`python -m local_test hybrid`: the whole hybrid story on this machine, in Docker.

    scans ──▶ S3 ─┐
    image ──▶ ECR ┴▶ pipeline: fetch, train, upload, gate, model, endpoint, validate ──▶ answers

Starts the laptop's AWS, gives every role its rights, pushes the image as the pusher, runs the
compiled pipeline with the rights of the pipeline's role, and asks the endpoint through boto3. What
was made is kept in the folder: a second run changes nothing. --destroy removes all of it again.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from container.errors import PlatformError
from local_test import hybrid_answers, options
from local_test.aws import command as laptop_command
from local_test.docker_runner import DockerRunner
from local_test.process_runner import PROJECT
from local_test.scans import Scans

if TYPE_CHECKING:
    from local_test.aws.clients import Credentials
    from local_test.aws.laptop import Laptop

HELP = "the whole hybrid story in Docker: pipeline, laptop's AWS, endpoint, answers"
EXAMPLES = """examples:
  python -m local_test hybrid
  python -m local_test hybrid --data iBeacon_RSSI_Labeled.csv --train-on sagemaker
  python -m local_test hybrid --destroy
"""
BUCKET: Final = "blerssi-laptop"
ENDPOINT: Final = "blerssi"
_SESSION: Final = "hybrid"
_BAKE_SECONDS: Final = 5  # a laptop need not wait for traffic that does not come


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="labelled scans (default: simulated ones)"
    )
    options.add_hyperparameters(parser)
    parser.add_argument(
        "--train-on",
        choices=("kubeflow", "sagemaker"),
        default="kubeflow",
        help="in a step of the pipeline, or in a training job (default: %(default)s)",
    )
    parser.add_argument("--image", default="blerssi-sagemaker:latest", help="%(default)s")
    parser.add_argument("--deploy-image", default="blerssi-deploy:latest", help="%(default)s")
    parser.add_argument("--instances", type=int, default=2, metavar="N", help="%(default)s")
    parser.add_argument(
        "--folder",
        type=Path,
        default=options.RESULTS / "hybrid",
        metavar="FOLDER",
        help="where all of it is kept (default: %(default)s)",
    )
    parser.add_argument(
        "--destroy", action="store_true", help="remove what was made, and list what is left"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcome there too")


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Tell the story, or take it back.

    Raises:
        ContainerError: A step fails, or something is left after --destroy.
    """
    from local_test.aws.laptop import Laptop

    folder = arguments.folder
    with Laptop(folder / "aws", docker=True, variables=variables) as aws:
        story = _Story(aws, folder, laptop_command.without_aws(variables))
        outcome = story.destroy() if arguments.destroy else story.tell(arguments)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")
    return 0


@dataclass(frozen=True)
class _Story:
    """One run.

    Attributes:
        aws: The laptop's.
        folder: Where files go.
        variables: The process's, without those of another AWS.
    """

    aws: "Laptop"
    folder: Path
    variables: Mapping[str, str]

    def tell(self, arguments: argparse.Namespace) -> dict[str, Any]:
        """Bring all of it about, and ask."""
        scans = Scans(self.folder / "data")
        _title("Scans")
        scans.make(DockerRunner(arguments.image), arguments.data, _show)
        _title("Bucket and roles")
        self._bucket(scans)
        self._deploy("iam", "apply", "--bucket", BUCKET)
        _title("Image")
        pushed = self._result("push", "--image", arguments.image, role="pusher")
        _title("Pipeline")
        ended = self._result(
            *("pipeline", "run-local", "--root", str(self.folder / "pipeline")),
            *_parameters(arguments, pushed["image"]),
            role="pipeline",
        )
        _title("Answers of the endpoint, through boto3's invoke_endpoint")
        answers = hybrid_answers.ask(
            self.aws.client("sagemaker-runtime"), ended["endpoint_name"], scans.validation
        )
        return {"image": pushed["image"], **ended, "answers": answers}

    def destroy(self) -> dict[str, Any]:
        """Remove all of it, and show that the doubles are empty.

        Raises:
            PlatformError: Something is left.
        """
        from local_test.aws import contents

        _title("Everything goes")
        self._deploy("destroy", "--all", "--artifacts", "--repository", "--logs", "--yes")
        self._deploy("iam", "remove", "--bucket", BUCKET)
        self._empty()
        self._forget_jobs()
        found = contents.count(self.aws)
        print("\n".join(f"  {kind:<26}{number}" for kind, number in found.items()), flush=True)
        if left := [f"{number} {kind}" for kind, number in found.items() if number]:
            raise PlatformError(f"The laptop's AWS is not empty: {', '.join(left)} are left.")
        print("The laptop's AWS is empty.", flush=True)
        return {"left": found}

    # --- Parts ----------------------------------------------------------------------------------

    def _bucket(self, scans: Scans) -> None:
        """Make the bucket and put the scans there, as whoever owns the data would."""
        client = self.aws.client("s3")
        if BUCKET not in (each["Name"] for each in client.list_buckets()["Buckets"]):
            client.create_bucket(Bucket=BUCKET)
        for path in (scans.training, scans.validation):
            client.upload_file(str(path), BUCKET, f"data/{path.name}")
            _show(f"s3://{BUCKET}/data/{path.name}")

    def _empty(self) -> None:
        """Remove the bucket with what is left in it: the scans, and what jobs wrote."""
        client = self.aws.client("s3")
        if BUCKET not in (each["Name"] for each in client.list_buckets()["Buckets"]):
            return
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for each in page.get("Contents", ()):
                client.delete_object(Bucket=BUCKET, Key=each["Key"])
        client.delete_bucket(Bucket=BUCKET)

    def _forget_jobs(self) -> None:
        """Remove the logs of jobs, which all jobs of an account share: `deploy` leaves them."""
        client = self.aws.client("logs")
        found = client.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]
        for each in found:
            if each["logGroupName"].endswith("Jobs"):
                client.delete_log_group(logGroupName=each["logGroupName"])

    def _result(self, *arguments: str, role: str | None = None) -> dict[str, Any]:
        """Run a command of `deploy` and give its JSON."""
        path = self.folder / f"{arguments[0]}.json"
        path.unlink(missing_ok=True)
        self._deploy(*arguments, "--json", str(path), role=role)
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _deploy(self, *arguments: str, role: str | None = None) -> None:
        """Run `python -m deploy …` as one of its roles, or as the laptop's owner.

        Raises:
            PlatformError: It fails; it has said why.
        """
        who = self.aws.credentials if role is None else self._assume(role)
        variables = {
            **self.variables,
            **self.aws.variables_for(self.aws.url, who),
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", "deploy", *arguments]
        code = subprocess.run(command, env=variables, check=False).returncode
        if code:
            raise PlatformError(
                f"python -m deploy {arguments[0]} ended with exit code {code}.",
                hint="Its reason stands above. What was made stays; run it again, or --destroy.",
            )

    def _assume(self, role: str) -> "Credentials":
        from local_test.aws.clients import Credentials

        arn = self.aws.cloud.arn("iam", f"role/blerssi-{role}").replace(
            f":{self.aws.cloud.region}:", "::"
        )
        client = self.aws.client("sts")
        found = client.assume_role(RoleArn=arn, RoleSessionName=_SESSION)["Credentials"]
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def _parameters(arguments: argparse.Namespace, image: str) -> Sequence[str]:
    hyperparameters = options.assignments(arguments.hyperparameter, "-H")
    given = {
        "image": image,
        "role": "blerssi-execution",
        "bucket": BUCKET,
        "model_artifact_url": f"s3://{BUCKET}/models",
        "endpoint_name": ENDPOINT,
        "instance_count": arguments.instances,
        "bake_seconds": _BAKE_SECONDS,
        "train_on": arguments.train_on,
        "hyperparameters": json.dumps(hyperparameters),
        "train_image": arguments.image,
        "deploy_image": arguments.deploy_image,
    }
    return [word for name, value in given.items() for word in ("-p", f"{name}={value}")]


def _title(text: str) -> None:
    print(f"\n== {text} ==", flush=True)


def _show(line: str) -> None:
    print(line, flush=True)
