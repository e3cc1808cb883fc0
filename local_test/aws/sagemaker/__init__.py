"""The local SageMaker: one module an aspect, each registers its operations on SAGEMAKER.

models, endpoint_configs, tags          what is merely described
endpoints, fleet, deployment, runtime   what serves
training_jobs, transform_jobs           what runs to an end
"""

import importlib
import pkgutil


def load() -> None:
    """Import every module of this package, so that all operations are registered."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
