"""The passwords that GetAuthorizationToken gives out: who asked, and until when, under a seal."""

import base64
import hmac
import json
import time
from collections.abc import Callable

SECONDS = 12 * 3600  # that a token holds, as AWS's
USER = "AWS"


class Tokens:
    """Makes and checks passwords of the registry.

    Args:
        secret: Of the seal; the same after a restart, so that passwords hold on.
        now: Seconds since the epoch.
    """

    def __init__(self, secret: str, now: Callable[[], float] = time.time) -> None:
        self._secret = f"registry {secret}".encode()
        self._now = now

    def make(self, key: str) -> str:
        """Give the password of who has an access key."""
        content = json.dumps({"key": key, "until": self._now() + SECONDS}).encode()
        return f"{_text(content)}.{self._seal(content)}"

    def key(self, password: str) -> str | None:
        """Give the access key that a password was made for; None where it is none, or is over."""
        text, _, seal = password.partition(".")
        try:
            content = base64.urlsafe_b64decode(text)
        except ValueError:
            return None
        if not hmac.compare_digest(self._seal(content), seal):
            return None
        found = json.loads(content)
        return str(found["key"]) if self._now() < found["until"] else None

    def _seal(self, content: bytes) -> str:
        return hmac.new(self._secret, content, "sha256").hexdigest()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii")
