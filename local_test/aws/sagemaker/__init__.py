"""The local SageMaker: one module an aspect, each registers its operations on SAGEMAKER.

models, endpoint_configs, tags          what is merely described
endpoints ──▶ deployment ──▶ rollout    what serves: created, updated, resized, deleted, resumed
    colour, fleet, instances                its containers, balanced and replaced
    traffic, policy, alarms                 which of them answer while an update goes on
runtime ──▶ answering ──▶ forwarding    one request: headers, limits, errors, streams
    asynchronous, data_capture              queues and copies in S3
metrics, statistics, scaling            what is counted, and what follows from it
background                              what goes on by itself
training_jobs, transform_jobs           what runs to an end
    tuning_jobs ──▶ training_jobs           many of them, held against each other
"""

import importlib
import pkgutil


def load() -> None:
    """Import every module of this package, so that all operations are registered."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
