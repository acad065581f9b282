# The four verbs: demo, test, check, bench. Needs Python >= 3.11 and make, nothing else; `make help` lists all.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SECONDS ?=
PYTEST_ARGS ?=

.PHONY: help setup demo test check lint types imports e2e bench soak lock clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.ready $(BIN)/chandler ## prepare .venv with the locked versions and the command in it

$(VENV)/.ready: requirements/dev.lock requirements/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Chandler needs Python >= 3.11; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "setup: making $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@echo "setup: installing the locked packages"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip sync --compile-bytecode --require-hashes --build-constraints requirements/bootstrap.lock \
	  requirements/dev.lock
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/chandler.pth"
	@touch $@

# Chandler is not installed: chandler.pth leads to the sources, and this to them from any directory.
$(BIN)/chandler: $(VENV)/.ready
	@printf '#!/bin/sh\nexec "%s" -P -m console "$$@"\n' "$(abspath $(BIN))/python" > $@
	@chmod +x $@

demo: setup ## the whole stack as local processes on a simulated exchange; SECONDS=60 ends by itself
	@$(BIN)/python -m console demo $(if $(SECONDS),--seconds $(SECONDS))

test: setup ## unit and integration tests
	@$(BIN)/python -m pytest -n auto $(PYTEST_ARGS)

check: lint types imports test ## lint, types, import contracts, then the tests

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup
	@$(BIN)/mypy

imports: setup
	@$(BIN)/lint-imports

e2e: setup ## the drills: containers (needs a Docker engine and docker-compose), the page, market data, killed traders
	@$(BIN)/python -m pytest tests/e2e $(PYTEST_ARGS)

bench: setup ## what is measured, and against whom
	@$(BIN)/python -m benchmarks

soak: setup ## the drills in their long form
	@CHANDLER_SOAK=1 $(BIN)/python -m pytest tests/integration tests/e2e $(PYTEST_ARGS)

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--build-constraints requirements/bootstrap.lock --no-annotate --custom-compile-command 'make lock' $(UPGRADE)

lock: setup ## renew requirements/*.lock (UPGRADE=--upgrade takes newer versions)
	$(COMPILE) requirements/bootstrap.in -o requirements/bootstrap.lock
	$(COMPILE) pyproject.toml --all-extras --group dev -o requirements/dev.lock
	$(COMPILE) pyproject.toml -c requirements/dev.lock -o requirements/run.lock
	for extra in live web backtest postgres files replicate; do \
	  $(COMPILE) pyproject.toml --extra $$extra -c requirements/dev.lock -o requirements/$$extra.lock; done
	$(COMPILE) pyproject.toml --extra live --extra web --extra postgres --extra files --extra backtest --extra replicate -c requirements/dev.lock -o requirements/image.lock

clean: ## remove what setup and the demo made
	rm -rf $(VENV) demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis
