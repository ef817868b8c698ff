# Sourced by local.sh and test.sh: makes .venv and installs the project with the extras named
# in $EXTRAS, unless that was done since pyproject.toml last changed. An environment that lies
# at .venv already is used, and gets what it lacks.
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
    echo "installing into .venv, once ..."
    has_torch='import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)'
    if [ "$(uname -sm)" = "Linux x86_64" ] && ! .venv/bin/python -c "$has_torch"; then
        # pip cannot choose another build on PyPI, and this one does not start without CUDA.
        echo "PyTorch for Linux comes from PyPI with CUDA: 3.2 GB to download, 6.1 GB on the disk."
        if ! nvidia-smi -L >/dev/null 2>&1; then
            cat <<'END'
No NVIDIA GPU was found here. PyTorch's build for the CPU is far smaller; to have it, stop this now
(Ctrl-C), run the command that pytorch.org/get-started/locally shows for Linux, Pip and CPU, with
.venv/bin/python -m pip in the place of pip, and start again: what is there is kept.
END
        fi
        echo "An environment that has PyTorch already: rm -r .venv; ln -s ENVIRONMENT .venv"
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".${EXTRAS:-}"
    touch "$stamp"
fi
