#!/usr/bin/env bash
# Usage: train_local.sh IMAGE [OPTION of `python -m local_test train` ...]
export PYTHONPATH="$(dirname "$0")/.." PATH="$(dirname "$0")/../.venv/client/bin:$PATH"
exec python3 -m local_test train --image "$@"
