#!/usr/bin/env bash
# Makes the virtual environment with everything for `make test` and `make demo`: tools/setup.sh PYTHON FOLDER
# Picks the GPU build of vLLM where an NVIDIA driver answers, the CPU build elsewhere.
set -euo pipefail
python=$1
venv=$2

"$python" - <<'PY' || { echo "error: Dragoman needs Python 3.11 or newer; name one with: make PYTHON=python3.11" >&2; exit 1; }
import sys
sys.exit(sys.version_info < (3, 11))
PY

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --no-input "$@"; }

if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; then
    echo "setup: NVIDIA driver found, installing the GPU build of vLLM"
    pip install --quiet -e ".[all,gpu,dev]" -c constraints.txt
else
    echo "setup: no GPU, installing the CPU build of vLLM (about two minutes)"
    # torch is named in the same command: a package that asks for it first would bring gigabytes of CUDA libraries.
    # Where pip finds no CPU build of torch by itself, point PIP_EXTRA_INDEX_URL at PyTorch's index of CPU wheels.
    pip install --quiet "torch==2.13.0" -e ".[all,cpu,dev]" -c constraints.txt
    # Only CUDA builds of these are published; they install and then break `import transformers` and `import vllm`.
    pip uninstall --quiet --yes torchvision torchaudio torchcodec triton
fi
"$venv/bin/dragoman" --version
