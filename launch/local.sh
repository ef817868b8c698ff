#!/usr/bin/env bash
# Train on this machine: one server rank and three worker ranks, or what the overrides say.
#   bash launch/local.sh [hydra overrides]
set -euo pipefail
where=$PWD
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
root=$PWD
cd "$where"
exec "$root/.venv/bin/python" "$root/launch/train.py" "$@"
