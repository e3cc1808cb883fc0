"""Starts AWS's MXNet inference toolkit on Multi Model Server, in the toolkit's own environment.

The server's Java process is started by a script that ends, so this process adopts it: its CPU time
and memory are then found below this one.
"""

import ctypes
import sys

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def main() -> int:
    """Serve until SIGTERM."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    from sagemaker_mxnet_serving_container import serving

    serving.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
