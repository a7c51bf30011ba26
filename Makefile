# make setup | demo | test | check | bench: each does all its own set-up and needs nothing but python3 (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= false
export HF_HUB_OFFLINE ?= 1
export VLLM_NO_USAGE_STATS ?= 1

.PHONY: setup demo test test-fast test-clients check bench clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt tools/setup.sh
	bash tools/setup.sh "$(PYTHON)" "$(VENV)"
	touch $@

demo: setup
	$(BIN)/python benchmarks/demo.py

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Fast tests first, so that a simple mistake shows within minutes.
test: check
	$(BIN)/python -m pytest -q -n 2 -m "not slow"
	$(BIN)/python -m pytest -q -m slow

test-fast: setup
	$(BIN)/python -m pytest -q -n 2 -m "not slow"

# Public clients from PyPI and npm, each in its own environment; needs a network once, and node for three of them.
test-clients: setup
	TEST_CLIENTS=1 $(BIN)/python -m pytest -q -rs -m clients tests/clients

bench: setup
	for name in demo cost overhead recall lowres simlang serve; do $(BIN)/python benchmarks/$$name.py --quick || exit 1; done

clean:
	rm -rf $(VENV) build dist demo *.egg-info
