# Two commands do everything: `make book` and `make test`. `make help` lists the others.
# Another Python than python3:  make book PYTHON=python3.12

PYTHON ?= python3
VENV := .venv/bin/python
PORT ?= 8000

# A second BLAS thread changes the last bits of a sum, and notebooks are compared bit by bit.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export MKL_NUM_THREADS = 1
export VECLIB_MAXIMUM_THREADS = 1
export NUMBA_NUM_THREADS = 1
# Jupyter's newer folder layout; without it every command warns.
export JUPYTER_PLATFORM_DIRS = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help book test serve lab notebooks exercises lint format bench browser sandbox environment

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A PYTHON named by hand is obeyed even where .venv already exists with another version.
environment:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "No '$(PYTHON)' on this machine: install Python 3.11 or newer,"; \
	  echo "or name it: make book PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) tools/environment.py $(if $(filter file default,$(origin PYTHON)),,--this-python)

book: environment  ## install what is needed, build the book, say where to look
	@$(VENV) tools/book.py

test: environment browser sandbox  ## install what is needed, then run everything that CI runs
	@$(VENV) tools/verify.py

serve: book  ## show the built book on http://localhost:8000 (PORT=... for another)
	@echo "http://localhost:$(PORT)/  (Ctrl-C stops it)"
	@$(VENV) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

lab: environment  ## open the exercises in JupyterLab
	@$(VENV) -m jupyter lab exercises

notebooks: environment  ## run all notebooks again and store their outputs
	@$(VENV) tools/notebooks.py book solutions exercises

exercises: environment  ## generate exercises/ from solutions/
	@$(VENV) tools/exercises.py

lint: environment  ## check format, style and types
	@$(VENV) tools/verify.py format style types

format: environment  ## format the code and repair what can be repaired
	@$(VENV) -m ruff format . && $(VENV) -m ruff check --fix .

bench: environment  ## measure beside torch, optax and others; rewrites benchmarks/results.*
	@$(VENV) -m pip install -q -r benchmarks/requirements.txt
	@$(VENV) -m benchmarks

browser:  ## install Debian's Chromium, which only the browser tests need
	@sh tools/browser.sh

sandbox:  ## install bubblewrap, in which what others wrote is graded
	@sh tools/sandbox.sh
