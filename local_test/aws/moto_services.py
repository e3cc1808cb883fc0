"""IAM, STS, ECR, CloudWatch and the like by moto, in this process.

    request ──▶ one at a time ──▶ moto ──▶ answer
                     │
                     └── what changed something goes into the journal

moto keeps its state in memory. The journal has every write with the seed of moto's random
generator, so that a restart that makes them again gives the same ids and keys.
"""

import base64
import os
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from container.errors import UserError
from local_test.aws.errors import AwsError
from local_test.aws.journal import Journal

LOCK = threading.RLock()  # moto's state belongs to the process, and is not for two threads
_ACCOUNTS: set[str] = set()
_READS = re.compile(r"(Get|List|Describe|BatchGet|BatchCheck|Simulate|Filter|Lookup|Test)")


@dataclass(frozen=True)
class Call:
    """A request in the form that moto and the journal take.

    Attributes:
        service: By signing name.
        action: Such as `CreateRole`.
        region: Of the credential's scope.
        key: Id of the access key that it is signed with.
        method: Of HTTP.
        target: Path and query.
        headers: Those that say what it is: Content-Type, X-Amz-Target.
        body: The bytes.
    """

    service: str
    action: str
    region: str
    key: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return _READS.match(self.action) is None


class Moto:
    """moto's state of one account.

    Args:
        account: Twelve digits; two of one account cannot be in one process.
        journal: The file.

    Raises:
        UserError: There is one of this account in this process already.
    """

    def __init__(self, account: str, journal: Path) -> None:
        self._account = account
        self._journal = Journal(journal)
        _read_regions()
        with LOCK:
            if account in _ACCOUNTS:
                raise UserError(f"The account {account} already runs in this process.")
            _ACCOUNTS.add(account)
        try:
            self._replay()
        except BaseException:
            self.close()
            raise

    def __call__(self, call: Call) -> Response:
        """Answer a call, and remember it if it changed something."""
        from moto.moto_api._internal import mock_random

        with LOCK:
            seed = secrets.randbits(128)
            if call.writes:
                mock_random.seed(seed)
            response = self._answer(call)
            if call.writes and response.status_code < 300:
                self._remember(call, seed)
            return response

    def close(self) -> None:
        """Forget the account; the journal stays."""
        from moto.core.base_backend import BackendDict

        with LOCK:
            for backends in BackendDict._instances:
                backends.pop(self._account, None)
            _ACCOUNTS.discard(self._account)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, call: Call) -> Response:
        path, _, query = call.target.partition("?")
        scope = f"{call.key}/20260101/{call.region}/{call.service}/aws4_request"
        environ = {
            "REQUEST_METHOD": call.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "RAW_URI": call.target,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_HOST": "localhost",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=checked",
            "HTTP_X_MOTO_ACCOUNT_ID": self._account,
            "wsgi.url_scheme": "http",
            "wsgi.errors": BytesIO(),
            **{_variable(name): value for name, value in call.headers.items()},
            "CONTENT_LENGTH": str(len(call.body)),
            "wsgi.input": BytesIO(call.body),
        }
        try:
            return Response.from_app(_application(), environ, buffered=True)
        except Exception as error:
            raise AwsError(
                "InternalFailure", f"moto fails at {call.action}: {error}", 500
            ) from error

    def _remember(self, call: Call, seed: int) -> None:
        self._journal.add(
            {
                **vars(call),
                "headers": dict(call.headers),
                "body": base64.b64encode(call.body).decode("ascii"),
                "seed": seed,
                "at": time.time(),
                "session": self._session(call),
            }
        )

    def _replay(self) -> None:
        from moto.moto_api._internal import mock_random

        with LOCK:
            for entry in self._journal.read():
                mock_random.seed(entry.pop("seed"))
                at, session = entry.pop("at"), entry.pop("session")
                self._answer(Call(**{**entry, "body": base64.b64decode(entry["body"])}))
                self._resume(session, time.time() - at)
            mock_random.seed()

    def _session(self, call: Call) -> str | None:
        """The token of the session that a call has begun, which no seed brings back."""
        return self._newest_role().session_token if call.action.startswith("AssumeRole") else None

    def _resume(self, token: str | None, age: float) -> None:
        if token is not None:
            role = self._newest_role()
            role.session_token = token
            role.expiration -= timedelta(seconds=age)

    def _newest_role(self) -> Any:
        from moto.sts.models import sts_backends

        return sts_backends[self._account]["aws"].assumed_roles[-1]


def action(target: str, headers: Headers, body: bytes) -> str:
    """Find the action of a request in any of AWS's protocols; empty where it has none.

    Args:
        target: Path and query.
        headers: Its headers.
        body: The whole of it.
    """
    if named := headers.get("X-Amz-Target"):
        return named.rpartition(".")[2]
    path, _, query = target.partition("?")
    if "/operation/" in path:  # RPC v2 CBOR: /service/NAME/operation/ACTION
        return path.rpartition("/")[2]
    text = query or (body.decode("utf-8", "replace") if len(body) < 1 << 20 else "")
    return parse_qs(text).get("Action", [""])[0]


def _read_regions() -> None:
    """Let moto read AWS's regions while AWS_PROFILE, which may name nothing, is out of its way."""
    from moto.core.base_backend import AccountSpecificBackend

    profile = os.environ.pop("AWS_PROFILE", None)
    try:
        AccountSpecificBackend.get_session()
    finally:
        if profile is not None:
            os.environ["AWS_PROFILE"] = profile


def _application() -> Any:
    """Give moto's WSGI application, made once; its import takes a second."""
    global _APPLICATION  # noqa: PLW0603 - one a process, as moto's state is
    if _APPLICATION is None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        _APPLICATION = DomainDispatcherApplication(create_backend_app)
    return _APPLICATION


_APPLICATION: Any = None


def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"
