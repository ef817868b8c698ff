#!/usr/bin/env bash
# Run the test suite:  bash launch/test.sh [pytest arguments]
set -euo pipefail
EXTRAS="[test]"
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
exec .venv/bin/python -m pytest "$@"
