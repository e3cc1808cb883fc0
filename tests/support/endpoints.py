"""What tests of endpoints share: tiny models that are a handler alone, a role, a steady crowd."""

import io
import json
import tarfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from deploy import naming
from local_test.aws.laptop import Laptop

IMAGE = "blerssi-sagemaker"  # without Docker: our own program
OURS = f"{naming.TAG_MADE_BY}={naming.MADE_BY}&{naming.TAG_PROJECT}={naming.PROJECT}"
CLIENTS = 16

_HANDLER = """
def model_fn(model_dir):
    return {name!r}

def transform_fn(model, body, content_type, accept):
    {act}
    return model, "text/plain"
"""


def handler(name: str, act: str = "pass") -> bytes:
    """Pack a model that answers its own name, after doing something."""
    return packed({"code/inference.py": _HANDLER.format(name=name, act=act).encode()})


def packed(files: dict[str, bytes]) -> bytes:
    """Pack files as a model.tar.gz."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def put(aws: Laptop, bucket: str, name: str, content: bytes, tagging: str = OURS) -> str:
    """Put a model to S3 as `deploy upload` tags it; gives its URI."""
    key = f"{name}/model.tar.gz"
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content, Tagging=tagging)
    return f"s3://{bucket}/{key}"


def role(aws: Laptop, name: str = "endpoint-role") -> str:
    """Make an execution role that may do everything; gives its name."""
    iam = aws.client("iam")
    trust = _policy(Principal={"Service": "sagemaker.amazonaws.com"}, Action="sts:AssumeRole")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(
        RoleName=name, PolicyName="all", PolicyDocument=_policy(Action="*", Resource="*")
    )
    return name


def user(aws: Laptop, name: str, *denied: str) -> dict[str, str]:
    """Make a user who may do everything but some actions; gives the variables of its clients."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    statements = [_statement(Action="*", Resource="*")]
    statements.append({**_statement(Action=list(denied), Resource="*"), "Effect": "Deny"})
    iam.put_user_policy(UserName=name, PolicyName="some", PolicyDocument=_document(statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        **aws.variables,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def _policy(**statement: Any) -> str:
    return _document([_statement(**statement)])


def _statement(**statement: Any) -> dict[str, Any]:
    return {"Effect": "Allow", **statement}


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass
class Crowd:
    """Requests that were sent, and what became of them.

    Attributes:
        sent: How many.
        answers: How often each body came.
        refusals: How often a model refused, by the status that it gave.
        lost: What came instead of an answer of a model.
    """

    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    refusals: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def counted(self) -> int:
        """How many requests have an answer."""
        return self.answers.total() + self.refusals.total()

    def ask(self, client: Any, endpoint: str) -> None:
        """Send one request; a client that does not try again hides nothing."""
        with self._lock:
            self.sent += 1
        try:
            reply = client.invoke_endpoint(
                EndpointName=endpoint, Body=b"x", ContentType="text/plain"
            )
            body = reply["Body"].read().decode()
        except ClientError as error:
            with self._lock:
                status = error.response.get("OriginalStatusCode")
                if error.response["Error"]["Code"] == "ModelError" and status:
                    self.refusals[status] += 1
                else:
                    self.lost.append(str(error))
        except Exception as error:  # whatever it is, the request is lost
            with self._lock:
                self.lost.append(repr(error))
        else:
            with self._lock:
                self.answers[body] += 1


@contextmanager
def crowd(aws: Laptop, endpoint: str, clients: int = CLIENTS) -> Iterator[Crowd]:
    """Let clients ask an endpoint without a pause for as long as the block runs."""
    found, stopping = Crowd(), threading.Event()
    threads = [
        threading.Thread(target=_keep_asking, args=(aws, endpoint, found, stopping))
        for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def _keep_asking(aws: Laptop, endpoint: str, found: Crowd, stopping: threading.Event) -> None:
    client = impatient(aws)
    while not stopping.is_set():
        found.ask(client, endpoint)


def impatient(aws: Laptop) -> Any:
    """Give a client of the runtime that tries once."""
    import boto3
    from botocore.config import Config

    variables = aws.variables
    return boto3.Session(
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_REGION"],
    ).client(
        "sagemaker-runtime",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        config=Config(retries={"total_max_attempts": 1}, read_timeout=70),
    )


def left(aws: Laptop, name: str) -> list[str]:
    """What there is of an endpoint, by name."""
    sagemaker, found = aws.client("sagemaker"), []
    for kind in ("endpoint", "endpoint_config", "model"):
        listed = getattr(sagemaker, f"list_{kind}s")(NameContains=name)
        key = kind.title().replace("_", "")
        found += [each[f"{key}Name"] for each in listed[f"{key}s"]]
    alarms = aws.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"blerssi-deploy/{name}/")
    found += [each["AlarmName"] for each in alarms["MetricAlarms"]]
    return found + [each["ResourceId"] for each in scalable(aws, name)]


def scalable(aws: Laptop, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[f"endpoint/{name}/variant/AllTraffic"]
    )["ScalableTargets"]
    return found


def ask(aws: Laptop, name: str) -> str:
    reply = impatient(aws).invoke_endpoint(EndpointName=name, Body=b"x", ContentType="text/plain")
    answer: str = reply["Body"].read().decode()
    return answer
