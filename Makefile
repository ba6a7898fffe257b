# Two commands do everything on a machine that has Python 3.11 or later with venv:
#
#   make prove    set up, then prove the Composed protocol
#   make test     set up, then run the tests (the fast and the full tier, as CI does)
#
# PYTHON chooses the interpreter, VENV the folder of the environment.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
PIP_INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check

# The first interpreter that is recent enough and can make an environment.
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for candidate in python3.11 python3 python3.12 python3.13 python3.14 python; do \
	if $$candidate -c '$(SUITABLE)' >/dev/null 2>&1; then echo $$candidate; break; fi; done)

# The stamps say that an installation was completed, so an interrupted one is done again. The installation
# is editable: only a change of the dependencies asks for another. What is downloaded is exactly what the lock
# files name, by hash; the project itself is built here, by the locked build backend.
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

BACKEND := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")
LOCK = $(PYTHON) -c '$(BACKEND)' | $(VENV)/lock/bin/uv pip compile pyproject.toml - --quiet --no-config --upgrade \
	--universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-annotate \
	--custom-compile-command 'make lock'

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

.PHONY: prove
prove: $(RUN_STAMP) ## set up and prove the Composed protocol
	@$(VENV)/bin/verify prove composed --k 8

.PHONY: test
test: $(DEV_STAMP) ## set up and run the tests, as CI does
	@$(VENV)/bin/python -m pytest -n auto --maxprocesses 8 -m "not nightly" --durations=40 --durations-min=4

.PHONY: test-fast
test-fast: $(DEV_STAMP) ## run the fast tier only
	@$(VENV)/bin/python -m pytest

.PHONY: test-all
test-all: $(DEV_STAMP) ## run every tier: also kill loops, sweeps, browser and cluster
	@$(VENV)/bin/python -m pytest -n auto --maxprocesses 8 -m ""

.PHONY: lint
lint: $(DEV_STAMP) ## check style and likely mistakes with ruff, and the English of every text
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/python -m tests.prose.check

# mypy follows the file system and so does not know that `encodings/` is `verifier.encodings`. It is shown
# the layout of the installed package, made of links to the checkout.
.PHONY: types
types: $(DEV_STAMP) ## check types with mypy, strictly
	@rm -rf .typed && mkdir -p .typed/verifier
	@for entry in verifier/*; do ln -s ../../$$entry .typed/$$entry; done
	@for folder in encodings properties; do ln -s ../../$$folder .typed/verifier/$$folder; done
	@ln -s ../examples .typed/examples
	@mypy=$$(cd $(VENV)/bin && pwd)/mypy; \
		cd .typed && $$mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache verifier examples

.PHONY: docs
docs: $(DEV_STAMP) ## build the site into build/docs, with warnings as errors
	@$(VENV)/bin/python -m sphinx -q -W --keep-going -n -b html docs build/docs
	@echo "build/docs/index.html"

.PHONY: protocols
protocols: $(DEV_STAMP) ## prove the protocols that changed, and write docs/protocols.md
	@$(VENV)/bin/python -m tests.docs.protocols

.PHONY: language
language: $(DEV_STAMP) ## write docs/language.md from the table of operators
	@$(VENV)/bin/python -m tests.docs.language

.PHONY: examples
examples: $(DEV_STAMP) ## run the examples that break, and write docs/examples.md
	@$(VENV)/bin/python -m tests.docs.examples

.PHONY: measure
measure: $(DEV_STAMP) ## measure the engines, for minutes, and keep what was measured
	@$(VENV)/bin/python -m benchmarks.performance measure

.PHONY: performance
performance: $(DEV_STAMP) ## write docs/performance.md from what was measured
	@$(VENV)/bin/python -m benchmarks.performance

# One resolution for every supported Python and platform. `requirements-run.lock` is the part of it that running needs.
.PHONY: lock
lock: ## resolve the dependencies again and write the lock files
	@rm -rf $(VENV)/lock && $(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check 'uv<1'
	@$(LOCK) --all-extras --output-file requirements.lock
	@$(LOCK) --constraint requirements.lock --output-file requirements-run.lock
	@rm -rf $(VENV)/lock

.PHONY: clean
clean: ## remove the environment, builds and caches
	rm -rf $(VENV) .typed build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN_STAMP): pyproject.toml requirements-run.lock
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or later with venv was found; install one," \
		"or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(VENV)/bin/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP_INSTALL) --require-hashes --requirement requirements-run.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@$(VENV)/bin/python -m compileall -q verifier encodings properties  # also where Python is told to write no bytecode
	@touch $@

$(DEV_STAMP): $(RUN_STAMP) requirements.lock
	@$(PIP_INSTALL) --require-hashes --requirement requirements.lock
	@touch $@
