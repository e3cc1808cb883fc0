#!/usr/bin/env bash
# Usage: predict.sh PAYLOAD [CONTENT_TYPE]
export PYTHONPATH="$(dirname "$0")/.."
exec python3 -m local_test predict "$1" ${2:+--content-type "$2"}
