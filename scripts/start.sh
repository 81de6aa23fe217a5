#!/bin/sh
# From a fresh clone to a trained model: makes .venv, installs kerasette there and runs
# `kerasette train`. What follows the script's name goes on: sh scripts/start.sh my.yaml
. "$(dirname "$0")/environment.sh"
prepare
exec "$python" -m kerasette.cli train "$@"
