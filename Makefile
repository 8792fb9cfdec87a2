# Every target prepares what it needs: a virtual environment in .venv, re-used while
# setup.cfg and pyproject.toml stay as they are.
ENV    ?= dev
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup templates lint check test rehearse deploy benchmark clean

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  ENV=dev|staging|prod chooses the environment of rehearse and deploy (now: $(ENV))"

$(READY): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

setup: $(READY) ## Make the virtual environment

templates: $(READY) ## Build and lint templates/ for all environments
	$(BIN)/python cli.py build
	$(BIN)/python cli.py lint

lint: $(READY) ## Format, lint, types, import walls, templates fresh and clean
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@set -e; for folder in aistudio_templates/functions/*/; do \
		echo "mypy $$folder"; (cd $$folder && MYPYPATH=../shared $(abspath $(BIN))/mypy --strict --python-version 3.11 .); \
	done
	$(BIN)/lint-imports --no-logo
	$(BIN)/python cli.py build --check
	$(BIN)/python cli.py lint

check: lint test ## Everything that must hold before a commit

test: $(READY) ## Run all tests
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile

rehearse: $(READY) ## Build, lint and deploy ENV to the embedded emulator
	$(BIN)/python cli.py rehearse --env $(ENV)

deploy: $(READY) ## Review, approve and deploy ENV to AWS
	$(BIN)/python cli.py deploy --env $(ENV)

benchmark: $(READY) ## Measure the build and the command line against a baseline
	$(BIN)/python benchmarks/build.py
	$(BIN)/python benchmarks/functions.py

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
