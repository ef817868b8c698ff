#!/usr/bin/env bash
# Run the test suite, two tests at a time:  bash launch/test.sh [pytest arguments]
set -euo pipefail
EXTRAS="[test]"
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
exec .venv/bin/python -m pytest -n 2 --dist worksteal "$@"
