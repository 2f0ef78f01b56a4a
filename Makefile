# Every target sets up what it needs. `make help` lists them.
SHELL := /bin/bash
PY := .venv/bin/python
BIN := .venv/bin
PYTHON ?= python3
export UV_COMPILE_BYTECODE := 1
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export POWERTOOLS_TRACE_DISABLED := true

.PHONY: help up down demo test quick fix lint types contracts unit python infra web-test e2e verify-recordings bench faults \
	synth deploy layers openapi schema pins clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

# --- set-up: stamps make each happen once
.build/python: requirements/dev.txt pyproject.toml
	@mkdir -p .build
	test -x $(PY) || $(PYTHON) -m venv .venv
	$(PY) -m pip install -q --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip install -q --python $(PY) --require-hashes -r requirements/dev.txt
	$(BIN)/uv pip install -q --python $(PY) --no-deps -e .
	@touch $@

pins: ## pin the dependencies again, with hashes
	$(BIN)/uv pip compile -q --group dev --generate-hashes --no-annotate --no-header -o requirements/dev.txt
	for g in runtime collector local cdk; do $(BIN)/uv pip compile -q --group $$g --generate-hashes --no-annotate \
	  --no-header -c requirements/dev.txt -o requirements/$$g.txt; done
