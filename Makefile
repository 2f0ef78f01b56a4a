# Every target sets up what it needs; stamps in .build make each set-up happen once. `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
PY := $(BIN)/python
UV := $(BIN)/uv
NPM := npm --prefix web
ROOMS := layers/flowlens/python/flowlens functions collector_vm cdk tests
export UV_COMPILE_BYTECODE := 1
export UV_LINK_MODE := copy
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

.PHONY: help up test quick fix lint types contracts python infra web e2e verify-recordings bench faults schema openapi \
	layers synth deploy pins clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

# --- set-up ---------------------------------------------------------------------------------------------------------
.build/uv:
	@mkdir -p .build
	test -x $(PY) || $(PYTHON) -m venv .venv
	$(PY) -m pip install -q --disable-pip-version-check uv==0.13.9
	@touch $@

.build/local: .build/uv requirements/local.txt pyproject.toml
	$(UV) pip install -q --python $(PY) --require-hashes -r requirements/local.txt
	$(UV) pip install -q --python $(PY) --no-deps -e .
	@touch $@

.build/dev: .build/local requirements/dev.txt
	$(UV) pip install -q --python $(PY) --require-hashes -r requirements/dev.txt
	@touch $@

.build/node: web/package-lock.json
	@mkdir -p .build
	$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

.build/site: .build/node $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
	$(NPM) run --silent build
	@touch $@

.build/debian: tests/debian-packages
	@mkdir -p .build
	tests/debian-packages
	@touch $@

# --- use ------------------------------------------------------------------------------------------------------------
up: .build/local .build/site ## start the whole product on this machine with demo traffic, and print its URL
	$(BIN)/flowlens up --demo

verify-recordings: .build/dev ## replay every recording into a fresh stack and compare its totals to the unit
	$(PY) -m tests.verify_recordings

bench: .build/dev .build/debian ## measure beside the peers (ONLY=collector|stream|aggregate|api)
	$(PY) -m tests.bench $(if $(ONLY),--only $(ONLY))

# --- test -----------------------------------------------------------------------------------------------------------
test: lint types contracts python web e2e ## all that CI runs

quick: .build/dev ## the part of the tests that takes under a minute
	$(BIN)/pytest -q tests/architecture tests/unit tests/families

lint: .build/dev
	$(BIN)/ruff format --check --quiet $(ROOMS)
	$(BIN)/ruff check --quiet $(ROOMS)

types: .build/dev
	$(BIN)/mypy $(ROOMS)

contracts: .build/dev
	$(BIN)/lint-imports

python: .build/dev .build/debian .build/site
	$(BIN)/pytest -q

web: .build/node ## check, lint and test the web front end
	$(NPM) run --silent check
	$(NPM) run --silent lint
	$(NPM) run --silent test

e2e: .build/dev .build/site .build/debian ## the pages in a real browser against a mock
	$(NPM) run --silent e2e

faults: .build/dev ## the long form of the fault laboratory; SEED=… replays one scenario, RECORDS and CRASHES size it
	SEED="$(or $(SEED),$(shell seq 1 20))" RECORDS=$(or $(RECORDS),1000) CRASHES=$(or $(CRASHES),10) EVERY=1 \
		$(BIN)/pytest -q -rA tests/faults

fix: .build/dev ## format and mend what a machine can
	$(BIN)/ruff format --quiet $(ROOMS)
	$(BIN)/ruff check --quiet --fix $(ROOMS)

schema: .build/dev ## rewrite store/sql/schema.sql from the migrations
	$(PY) -m tests.store.schema

openapi: .build/dev .build/node ## rewrite the API description and the web's types from it
	$(PY) -m functions.api.openapi > functions/api/openapi.json
	$(NPM) run --silent api

# --- deploy ---------------------------------------------------------------------------------------------------------
pins: .build/uv ## pin the Python dependencies again, with hashes
	$(UV) pip compile -q --group dev --generate-hashes --no-annotate --no-header -o requirements/dev.txt
	for group in runtime collector local cdk; do $(UV) pip compile -q --group $$group --generate-hashes --no-annotate \
	  --no-header -c requirements/dev.txt -o requirements/$$group.txt || exit 1; done

# Wheels of Lambda's and the collector's platform: no Docker, and nothing is built.
wheels = UV_COMPILE_BYTECODE=0 $(UV) pip install -q --target .build/layers/$(1) --python-version $(2) \
	--python-platform aarch64-manylinux_2_28 --only-binary :all: --require-hashes -r requirements/$(3).txt

.build/layers/stamp: .build/uv requirements/runtime.txt requirements/collector.txt
	rm -rf .build/layers
	$(call wheels,runtime/python,3.13,runtime)
	$(call wheels,collector,3.11,collector)
	@touch $@

.build/cdk: cdk/cli/package-lock.json
	@mkdir -p .build
	npm --prefix cdk/cli ci --no-audit --no-fund --loglevel=error
	@touch $@

layers: .build/layers/stamp ## fetch the third-party packages of the Lambdas and the collector

synth: .build/dev .build/layers/stamp .build/site ## write cdk.out, checked by cdk-nag and cfn-lint (SET="stage=demo collectors=3")
	$(PY) -m cdk.app $(SET)
	$(BIN)/cfn-lint --non-zero-exit-code error --ignore-checks W3005 -- cdk.out/*.template.json

deploy: .build/dev .build/layers/stamp .build/site .build/cdk ## deploy all stacks with your credentials (SET="stage=demo")
	cdk/cli/node_modules/.bin/cdk deploy --all $(foreach setting,$(SET),-c $(setting))

clean: ## remove what set-up made (not .flowlens, which holds data)
	rm -rf .build .venv web/node_modules web/dist cdk.out
