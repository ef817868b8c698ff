# Sourced by local.sh and test.sh: makes .venv and installs the project with the extras named
# in $EXTRAS, unless that was done since pyproject.toml last changed.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ ! -x .venv/bin/python ]; then
    python=""
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "error: robusttrain needs Python 3.11 or newer; none was found on PATH" >&2
        exit 1
    fi
    "$python" -m venv .venv || { rm -rf .venv; exit 1; }
fi
stamp=".venv/installed${EXTRAS:-}"
if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
    echo "installing into .venv (once; PyTorch is large) ..."
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".${EXTRAS:-}"
    touch "$stamp"
fi
