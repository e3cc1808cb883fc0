"""When a request is asked again: only where that is safe, after a wait that nobody shares.

| what happened                                        | asked again                           |
| ---------------------------------------------------- | ------------------------------------- |
| throttled; 429 and 503 of the platform or the model  | yes: nothing was computed             |
| no connection                                        | yes: nothing was sent                 |
| 5xx of the platform, connection lost half-way        | where the model has no outside effect |
| no answer in time                                    | no: it would take as long again       |
| any other status of the model, refused by the platform | no: the answer would be the same    |
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from botocore import exceptions as boto

from deploy.refusal import is_model_error, unfold

Result = TypeVar("Result")

NOT_COMPUTED: Final = {  # AWS's names of what passes by itself
    "ModelNotReadyException", "RequestLimitExceeded", "ServiceUnavailable",
    "ServiceUnavailableException", "SlowDown", "Throttling", "ThrottlingException",
    "TooManyRequestsException", "429", "503",
}  # fmt: skip
_NOBODY_KNOWS: Final = {
    "InternalDependencyException", "InternalFailure", "InternalServerError", "500", "502", "504",
    "530",
}  # fmt: skip
_BUSY: Final = (429, 503)  # a model that turned the request away at its door
_NOT_SENT: Final = (
    boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError,
)  # fmt: skip
_CUT_OFF: Final = (
    boto.ConnectionClosedError, boto.ResponseStreamingError, boto.IncompleteReadError,
)  # fmt: skip


@dataclass(frozen=True)
class Retry:
    """How often and how long.

    Attributes:
        attempts: At most, the first one included.
        first_seconds: The most that is waited after the first attempt; it doubles every time.
        longest_seconds: The most that is ever waited.
        repeatable: Whether computing a request twice does no harm. True of every model, as the
            platform itself repeats requests (C4.30); not of a handler that writes somewhere.
        sleep: Waits.
        draw: Gives a number of seconds between two: waiting clients must not come back at once.
    """

    attempts: int = 6
    first_seconds: float = 0.25
    longest_seconds: float = 8.0
    repeatable: bool = True
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[float, float], float] = random.uniform

    def call(self, ask: Callable[[], Result]) -> Result:
        """Ask until there is an answer, or an error that may not or need not be repeated."""
        longest = self.first_seconds
        for _ in range(self.attempts - 1):
            try:
                return ask()
            except (boto.BotoCoreError, boto.ClientError) as error:
                if not self.is_safe(error):
                    raise
            self.sleep(self.draw(0.0, min(longest, self.longest_seconds)))
            longest *= 2
        return ask()

    def is_safe(self, error: Exception) -> bool:
        """Tell whether a request that failed so may be sent again."""
        if is_model_error(error):
            return unfold(error).status in _BUSY
        if isinstance(error, boto.ClientError):
            code = error.response.get("Error", {}).get("Code", "")
            return code in NOT_COMPUTED or (self.repeatable and code in _NOBODY_KNOWS)
        if isinstance(error, boto.ReadTimeoutError):
            return False
        return isinstance(error, _NOT_SENT) or (self.repeatable and isinstance(error, _CUT_OFF))


ONCE: Final = Retry(attempts=1)
