"""Loading the model in the background, and what /ping and requests are told meanwhile (C1.25).

Every worker loads its own copy after the fork (C9.8) and answers /ping from its first second. A
request that arrives while the model loads waits a while for it: the platform may have been told
"ready" by another worker.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from model import artifact, trial
from model.errors import ModelError
from model.predictor import Predictor
from serve.core import Answerer
from serve.errors import Kind, ServeError

WAIT_SECONDS = 20.0  # for a model that is loading, before a request is sent away

_log = logging.getLogger("blerssi.serve")


def load(folder: Path, variables: Mapping[str, str]) -> Predictor:
    """Load a model folder; a plain export, which nothing vouches for, in a child first.

    Args:
        folder: Usually /opt/ml/model.
        variables: The child's environment.

    Raises:
        ModelError: It cannot be loaded.
    """
    model = artifact.read(folder)
    if model.signature is None:
        trial.attempt(folder, variables)
    predictor = Predictor(model)
    try:
        predictor.rehearse()
    except BaseException:
        predictor.close()
        raise
    return predictor


class Loading:
    """One model on its way: loading, ready or failed, and from ready or failed never back.

    Args:
        make: Loads the model.
        announce: Is told once how many seconds loading took, when the model is ready.
        others_ready: Says whether another worker answers meanwhile.
    """

    def __init__(
        self,
        make: Callable[[], Answerer],
        announce: Callable[[float], None] = lambda _seconds: None,
        others_ready: Callable[[], bool] = lambda: False,
    ) -> None:
        self._make = make
        self._announce = announce
        self._others_ready = others_ready
        self._over = threading.Event()
        self._core: Answerer | None = None
        self._failure = ""

    def start(self) -> None:
        """Begin to load in a thread of its own."""
        threading.Thread(target=self.run, name="loading", daemon=True).start()

    def run(self) -> None:
        """Load now; a failure is logged and kept for those who ask."""
        started = time.perf_counter()
        try:
            core = self._make()
            seconds = time.perf_counter() - started
            self._announce(seconds)
            self._core = core
            _log.info("The model is loaded and answers, after %.2f s.", seconds)
        except ModelError as error:
            self._failure = error.message
            _log.error("The model cannot be loaded: %s /ping answers 503 from now on.", error)
        except Exception:
            self._failure = "Loading it failed unexpectedly; the container's log has the details."
            _log.exception("The model cannot be loaded. /ping answers 503 from now on.")
        finally:
            self._over.set()

    def healthy(self) -> bool:
        """What /ping says: this model answers, or another worker's does while this one loads."""
        if self._over.is_set():
            return self._core is not None
        return self._others_ready()

    def ready(self) -> Answerer | None:
        """The model where it is loaded; never waits."""
        return self._core

    def core(self, wait: float = WAIT_SECONDS) -> Answerer:
        """Give what answers requests.

        Args:
            wait: Seconds to wait for a model that is still loading.

        Raises:
            ServeError: There is no model yet, or there never will be (503).
        """
        self._over.wait(wait)
        if self._core is None:
            raise self.refusal()
        return self._core

    def refusal(self) -> ServeError:
        """Why there is no model: not yet, or never."""
        if self._over.is_set():
            return ServeError(
                Kind.NOT_READY,
                f"The model could not be loaded. {self._failure}",
                hint="Deploy a model that loads; this container stays unhealthy.",
            )
        return ServeError(
            Kind.NOT_READY,
            "The model is still loading.",
            hint="Wait until /ping answers 200, then try again.",
        )
