"""From a model's folder to what answers requests: with the user's handler, or without one."""

from collections.abc import Mapping
from pathlib import Path

from container.settings import Settings
from serve import handlers
from serve.core import Answerer, Core
from serve.handled import Handled
from serve.loading import load


def make(folder: Path, variables: Mapping[str, str], settings: Settings) -> Answerer:
    """Load a model folder and the program that may lie in it.

    Args:
        folder: /opt/ml/model, or one of the models of a multi-model endpoint.
        variables: The process's environment.
        settings: How the server runs.

    Raises:
        ModelError: One of both cannot be loaded.
    """
    program = handlers.find(folder, variables, several=settings.multi_model)
    if program is None:
        return Core(
            load(folder, variables),
            default_accept=settings.default_accept,
            batch=settings.batch,
            largest=settings.max_payload,
            observing=not settings.multi_model,  # fields of thousands of models would be labels
        )
    return Handled(
        folder,
        handlers.load(program, folder),
        lambda: load(folder, variables),
        settings,
    )
