"""An Estimator of SDK V2 that has trained in local mode."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sdk.harness import Harness

ROLE = "arn:aws:iam::111122223333:role/service-role/local-mode-asks-nobody"
EPOCHS = 3


@pytest.fixture(scope="session")
def session(harness: Harness) -> Any:
    """A session of local mode."""
    from sagemaker.local import LocalSession

    made = LocalSession()
    made.config = harness.config
    return made


@pytest.fixture(scope="session")
def make_estimator(harness: Harness, session: Any) -> Callable[..., Any]:
    """Makes an Estimator as a user does, with hyperparameters."""
    from sagemaker.estimator import Estimator

    def make(instance_count: int = 1, **hyperparameters: object) -> Any:
        return Estimator(
            image_uri=harness.image,
            role=ROLE,
            instance_count=instance_count,
            instance_type="local",
            sagemaker_session=session,
            hyperparameters=hyperparameters,
        )

    return make


@pytest.fixture(scope="session")
def channels(harness: Harness) -> dict[str, str]:
    """Where the channels are, as local mode wants to be told."""
    return {name: f"file://{folder}" for name, folder in harness.channels.items()}


@pytest.fixture(scope="session")
def estimator(make_estimator: Callable[..., Any], channels: dict[str, str]) -> Any:
    """One that has trained."""
    made = make_estimator(epochs=EPOCHS)
    made.fit(channels)
    return made
