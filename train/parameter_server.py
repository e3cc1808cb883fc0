"""`python -m train.parameter_server`: the part of MXNet's `dist_sync` that holds the sums (C5.53).

DMLC_ROLE says which: `scheduler` on the first host, `server` on every one. MXNet takes the part
while it is imported, and ends the process when all workers are through.
"""

import os
import signal

from model import runtime
from model.blerssi import network
from train.children import die_with_parent

if __name__ == "__main__":
    die_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the workers end the job, and this with it
    runtime.prepare(os.environ)
    network.mxnet()
