#!/bin/sh
# From a fresh clone to passed tests: makes .venv, installs kerasette with the extra `test` there and
# runs pytest on two cores. What follows the script's name goes on: sh scripts/test.sh tests/ops
. "$(dirname "$0")/environment.sh"
prepare test
cd "$root" || exit 1
exec "$python" -m pytest -n "${KERASETTE_TEST_CORES:-2}" "$@"
