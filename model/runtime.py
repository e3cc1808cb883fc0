"""The variables that MXNet reads while it is loaded, and the values that serve small models best.

Entry points set them before anything loads libmxnet.so; whoever set one before is obeyed.
"""

from collections.abc import MutableMapping
from typing import Final

VARIABLES: Final = {
    "MXNET_ENGINE_TYPE": "NaiveEngine",  # no hand-over between threads: half the time of one row
    "OMP_NUM_THREADS": "1",  # workers scale, threads do not (C6.7)
    "MXNET_USE_OPERATOR_TUNING": "0",  # no minutes of measuring at start (C9.7)
    "MXNET_SUBGRAPH_VERBOSE": "0",  # or every new batch size writes two lines to the log
}


def prepare(variables: MutableMapping[str, str]) -> None:
    """Fill in the variables that are not set, in place."""
    for name, value in VARIABLES.items():
        variables.setdefault(name, value)
