"""What moto's answers for ECR lack: a registry that is there, passwords that hold, true sizes."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from local_test.aws.registry import Registry
from local_test.aws.tokens import SECONDS, USER


@dataclass(frozen=True)
class Ecr:
    """Adapts answers.

    Attributes:
        registry: Where images are pushed to.
        address: Its host and port, as docker reaches it.
        theirs: What moto calls it.
    """

    registry: Registry
    address: str
    theirs: str

    def adapt(self, action: str, response: Response, key: str) -> None:
        """Change an answer in place.

        Args:
            action: That was asked, such as `GetAuthorizationToken`.
            response: A success of moto's; refusals have nothing to change but names.
            key: Of who asked.
        """
        text = response.get_data(as_text=True)
        text = text.replace(f"https://{self.theirs}", f"http://{self.address}")
        text = text.replace(self.theirs, self.address)
        if response.status_code == 200 and action in _CHANGES:
            content = json.loads(text)
            _CHANGES[action](self, content, key)
            text = json.dumps(content)
        response.set_data(text)

    def _authorize(self, content: Mapping[str, Any], key: str) -> None:
        password = f"{USER}:{self.registry.tokens.make(key)}"
        for each in content["authorizationData"]:
            each["authorizationToken"] = base64.b64encode(password.encode()).decode("ascii")
            each["expiresAt"] = int(time.time()) + SECONDS

    def _measure(self, content: Mapping[str, Any], _key: str) -> None:
        for each in content["imageDetails"]:
            size = self.registry.size(each["repositoryName"], each["imageDigest"])
            each["imageSizeInBytes"] = size


_CHANGES = {"GetAuthorizationToken": Ecr._authorize, "DescribeImages": Ecr._measure}
