"""Endpoints of the laptop's SageMaker for tests: models that obey, and what deploys them."""

import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any, Self

from local_test.aws.laptop import Laptop

BUCKET = "models"
VARIANT = "AllTraffic"
_ROLE = "serving"
IMAGE = "blerssi-sagemaker:latest"

# A handler that does what the body says, and tells who it is; it needs no MXNet.
OBEDIENT = """
import json, os, time

NAME = {name!r}

class Refused(Exception):
    status_code = 422

def model_fn(model_dir):
    return NAME

def transform_fn(model, body, content_type, accept, context):
    wish = json.loads(body)
    if "refuse" in wish:
        raise Refused(wish["refuse"])
    if "fail" in wish:
        raise OSError(wish["fail"])
    time.sleep(wish.get("sleep", 0))
    if "attributes" in wish:
        context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", wish["attributes"])
    context.set_response_header(0, "X-Secret", "not for the caller")
    if "parts" in wish:
        return parts(wish), "text/plain"
    told = dict(model=model, server=os.getppid(), headers=context.get_all_request_header(0))
    told["body"] = "x" * wish.get("size", 0)
    return json.dumps(told), "application/json"

def parts(wish):
    for part in wish["parts"] * wish.get("times", 1):
        yield part
        time.sleep(wish.get("pause", 0))
    if wish.get("break"):
        raise OSError("the lights went out")
"""
NEVER_HEALTHY = "def model_fn(model_dir):\n    raise ValueError('no such weights')\n"
BROKEN = (
    "def model_fn(model_dir):\n    return 1\n"
    "def transform_fn(model, body, content_type, accept):\n    raise OSError('bad model')\n"
)


def obedient(name: str) -> bytes:
    """A model.tar.gz whose handler obeys and calls itself by a name."""
    return packed({"code/inference.py": OBEDIENT.replace("{name!r}", repr(name))})


def packed(files: Mapping[str, str]) -> bytes:
    """A tar.gz of files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


class Hosting:
    """A laptop with a bucket and a role that may do what SageMaker does."""

    def __init__(self, aws: Laptop) -> None:
        self.aws = aws
        self.sagemaker = aws.client("sagemaker")
        self.runtime = aws.client("sagemaker-runtime")
        self.s3 = aws.client("s3")
        self.role = f"arn:aws:iam::{aws.cloud.account}:role/{_ROLE}"

    @classmethod
    def prepared(cls, aws: Laptop) -> Self:
        """Make the bucket and the role."""
        hosting = cls(aws)
        hosting.s3.create_bucket(Bucket=BUCKET)
        _make_role(aws.client("iam"))
        return hosting

    def model(
        self,
        name: str,
        archive: bytes | None = None,
        variables: Mapping[str, str] | None = None,
        **more: Any,
    ) -> str:
        """Upload an archive and make a model of it; gives its name."""
        self.s3.put_object(
            Bucket=BUCKET, Key=f"{name}/model.tar.gz", Body=archive or obedient(name)
        )
        self.sagemaker.create_model(
            ModelName=name,
            PrimaryContainer={
                "Image": IMAGE,
                "ModelDataUrl": f"s3://{BUCKET}/{name}/model.tar.gz",
                "Environment": {"SAGEMAKER_MODEL_SERVER_WORKERS": "1", **(variables or {})},
            },
            ExecutionRoleArn=self.role,
            **more,
        )
        return name

    def config(self, name: str, model: str | None = None, count: int = 1, **more: Any) -> str:
        """Make an endpoint configuration of one variant; gives its name."""
        variant = {
            "VariantName": VARIANT,
            "ModelName": model or name,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": count,
        }
        more.setdefault("ProductionVariants", [variant])
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, **more)
        return name

    def endpoint(self, name: str, count: int = 1, **more: Any) -> str:
        """Make an endpoint with a configuration and a model of its name, and wait for it."""
        self.config(self.model(name), count=count, **more)
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        self.wait(name)
        return name

    def wait(self, name: str, waiter: str = "endpoint_in_service") -> None:
        """Wait as programs do, only more impatiently."""
        config = {"Delay": 1, "MaxAttempts": 90}
        self.sagemaker.get_waiter(waiter).wait(EndpointName=name, WaiterConfig=config)

    def describe(self, name: str) -> Any:
        """DescribeEndpoint."""
        return self.sagemaker.describe_endpoint(EndpointName=name)

    def ask(self, name: str, wish: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """InvokeEndpoint; gives the JSON that the obedient handler answers."""
        found = self.runtime.invoke_endpoint(
            EndpointName=name,
            Body=json.dumps(wish or {}),
            ContentType="application/json",
            **more,
        )
        return json.loads(found["Body"].read())

    def delete(self, name: str) -> None:
        """Delete an endpoint and wait until it is gone."""
        self.sagemaker.delete_endpoint(EndpointName=name)
        self.wait(name, "endpoint_deleted")

    def keys(self, prefix: str) -> list[str]:
        """The keys of the bucket's objects below a prefix."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [each["Key"] for each in listed.get("Contents", ())]


def _make_role(iam: Any) -> None:
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
    }
    allowed = {"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}
    iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=_policy(trust))
    iam.put_role_policy(RoleName=_ROLE, PolicyName="s3", PolicyDocument=_policy(allowed))


def _policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
