"""boto3 clients of the laptop itself, which nothing of the machine's own AWS settings reaches."""

import functools
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_NOWHERE = (None, None, None, None)


@dataclass(frozen=True)
class Credentials:
    """What a client signs with.

    Attributes:
        key: The access key's id.
        secret: Of the key.
        token: Of the session; None for a user's key.
    """

    key: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class ClientFactory:
    """Makes clients, one for a service and a role, as they are slow to make and good for threads.

    Args:
        url: Of the gateway.
        region: Of the clients.
        owner: The credentials of who may do everything.
        session: Gives the credentials of a role that SageMaker acts as.
    """

    def __init__(
        self, url: str, region: str, owner: Credentials, session: Callable[[str], Credentials]
    ) -> None:
        self._url = url
        self._region = region
        self._owner = owner
        self._session = session
        self._made: dict[tuple[str, str | None], Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str, /, *, role: str | None = None) -> Any:
        """Give a client; see cloud.Clients."""
        credentials = self._owner if role is None else self._session(role)
        with self._lock:
            made = self._made.get((service, credentials.key))
            if made is None:
                made = self._made[service, credentials.key] = self._make(service, credentials)
            return made

    def close(self) -> None:
        """Close the connections of all clients."""
        for made in self._made.values():
            made.close()

    def _make(self, service: str, credentials: Credentials) -> Any:
        from botocore.config import Config

        return self._boto3.client(
            service,
            region_name=self._region,
            endpoint_url=self._url,
            aws_access_key_id=credentials.key,
            aws_secret_access_key=credentials.secret,
            aws_session_token=credentials.token,
            config=Config(proxies={}, max_pool_connections=50),
        )

    @functools.cached_property
    def _boto3(self) -> Any:
        """One for all clients: what it has read of the services once, it knows."""
        import boto3
        import botocore.session

        apart = {
            "profile": _NOWHERE,
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
        return boto3.Session(botocore_session=botocore.session.Session(session_vars=apart))
