#!/usr/bin/env bash
# Usage: serve_local.sh IMAGE [OPTION of `python -m local_test serve` ...]
export PYTHONPATH="$(dirname "$0")/.." PATH="$(dirname "$0")/../.venv/client/bin:$PATH"
exec python3 -m local_test serve --image "$@"
