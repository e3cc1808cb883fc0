#!/usr/bin/env bash
# Usage: predict.sh PAYLOAD [CONTENT_TYPE [OPTION of `python -m local_test predict` ...]]
export PYTHONPATH="$(dirname "$0")/.." PATH="$(dirname "$0")/../.venv/client/bin:$PATH"
exec python3 -m local_test predict "$1" ${2:+--content-type "$2"} "${@:3}"
