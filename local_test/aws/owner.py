"""The one who owns the laptop: an IAM user who may do everything, made at the first start."""

import json
import re
from urllib.parse import urlencode

from local_test.aws.clients import Credentials
from local_test.aws.moto_services import Call, Moto

NAME = "laptop"
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def create(moto: Moto, region: str) -> Credentials:
    """Make the user, its policy and its access key."""
    _call(moto, region, "CreateUser")
    document = {"PolicyName": "everything", "PolicyDocument": json.dumps(_POLICY)}
    _call(moto, region, "PutUserPolicy", **document)
    text = _call(moto, region, "CreateAccessKey")
    return Credentials(_element("AccessKeyId", text), _element("SecretAccessKey", text))


def _call(moto: Moto, region: str, action: str, **parameters: str) -> str:
    body = {"Action": action, "Version": "2010-05-08", "UserName": NAME, **parameters}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    call = Call("iam", action, region, NAME, "POST", "/", headers, urlencode(body).encode())
    return moto(call).get_data(as_text=True)


def _element(name: str, text: str) -> str:
    found = re.search(f"<{name}>(.*)</{name}>", text)
    if found is None:
        raise AssertionError(f"moto answers without {name}.")
    return found[1]
