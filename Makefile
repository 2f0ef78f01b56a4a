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

.PHONY: help up test quick fix lint types contracts python infra web e2e verify-recordings bench pictures faults mutants fuzz schemathesis schema openapi \
	layers synth deploy shield pins clean

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

# The kernel for this machine and for the collectors in AWS: the compiler comes with its pin, and knows both.
KERNEL := layers/flowlens/python/flowlens/flows/kernel
zig = ZIG_GLOBAL_CACHE_DIR=.build/zig ZIG_LOCAL_CACHE_DIR=.build/zig $(PY) -m ziglang cc -target $(1)-linux-gnu.2.28 -std=c11 \
	-O3 -Wall -Wextra -Werror -fPIC -shared -s $(2) -o $(KERNEL)/$(1).so $(KERNEL)/*.c

.build/kernel: .build/uv requirements/kernel.txt $(wildcard $(KERNEL)/*.[ch])
	$(UV) pip install -q --python $(PY) --require-hashes -r requirements/kernel.txt
	$(call zig,x86_64,-mcpu=x86_64_v2)
	$(call zig,aarch64,-mcpu=neoverse_n1)
	@touch $@

.build/dev: .build/local .build/kernel requirements/dev.txt
	$(UV) pip install -q --python $(PY) --require-hashes -r requirements/dev.txt
	@touch $@

.build/fuzz: .build/dev requirements/fuzz.txt
	$(UV) pip install -q --python $(PY) --only-binary :all: --require-hashes -r requirements/fuzz.txt \
	  || echo "no atheris for this Python: fuzzing goes without coverage"
	@touch $@

.build/node: web/package-lock.json
	@mkdir -p .build
	$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

# Azure Storage for the tests, in a folder of its own: 186 MB that nobody needs who builds the site.
.build/azurite: tests/azurite/package-lock.json
	@mkdir -p .build
	npm --prefix tests/azurite ci --no-audit --no-fund --loglevel=error
	@touch $@

.build/site: .build/node $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
	$(NPM) run --silent build
	@touch $@

.build/debian: tests/debian-packages
	@mkdir -p .build
	tests/debian-packages
	@touch $@

# --- use ------------------------------------------------------------------------------------------------------------
up: .build/local .build/kernel .build/site ## start the whole product on this machine with demo traffic, and print its URL
	$(BIN)/flowlens up --demo

verify-recordings: .build/dev ## replay every recording into a fresh stack and compare its totals to the unit
	$(PY) -m tests.verify_recordings

bench: .build/dev .build/debian .build/node ## measure beside the peers (ONLY=collector|stream|files|aggregate|api|classification|drawing)
	$(PY) -m tests.bench $(if $(ONLY),--only $(ONLY))

# --- test -----------------------------------------------------------------------------------------------------------
# Side by side what leaves a core free (types takes one for minutes), then the Python tests, which take them all.
test: .build/dev .build/debian .build/azurite .build/site ## all that CI runs
	$(MAKE) -j2 --no-print-directory --output-sync=target types lint contracts web e2e
	$(MAKE) --no-print-directory python

quick: .build/dev ## the part of the tests that takes under a minute
	$(BIN)/pytest -q tests/architecture tests/unit tests/families

lint: .build/dev
	$(BIN)/ruff format --check --quiet $(ROOMS)
	$(BIN)/ruff check --quiet $(ROOMS)

types: .build/dev
	$(BIN)/mypy $(ROOMS)

contracts: .build/dev
	$(BIN)/lint-imports

# A file's tests stay in one process: they share its fixtures.
python: .build/dev .build/debian .build/azurite .build/site
	$(BIN)/pytest -q -n 2 --dist loadfile --durations=40

web: .build/node ## check, lint and test the web front end
	$(NPM) run --silent check
	$(NPM) run --silent lint
	$(NPM) run --silent test

e2e: .build/dev .build/site .build/debian ## the pages in a real browser against a mock
	$(NPM) run --silent e2e

pictures: .build/dev .build/site .build/debian ## take the documentation's pictures of the demo, into web/docs/pictures
	$(PY) -m tests.pictures

.PHONY: screenshots
screenshots: .build/node .build/site .build/debian ## every page of the mock in both themes, wide and narrow, into .build/screenshots
	cd web && node_modules/.bin/playwright test -c screens/playwright.config.ts $(if $(ONLY),-g '$(ONLY)')

faults: .build/dev .build/debian ## the long form of the fault laboratory; SEED=… replays one scenario, RECORDS, ROWS and CRASHES size it
	SEED="$(or $(SEED),$(shell seq 1 20))" RECORDS=$(or $(RECORDS),150) ROWS=$(or $(ROWS),3400) CRASHES=$(or $(CRASHES),10) \
		EVERY=1 CUTS=300 WIRE_KILLS=20 $(BIN)/pytest -q -rP --timeout=0 tests/faults

mutants: .build/dev ## take away every guard of the API and its services in turn: a test must miss each (NEW=1: those that no test is known to)
	$(PY) -m tests.mutants $(if $(NEW),--new)

fuzz: .build/fuzz ## fuzz whatever reads bytes (SECONDS=60 in all, ONLY=target, REPLAY=file, KEEP=1 minimises the corpus into tests/data/fuzz)
	$(PY) -m tests.fuzz --seconds $(or $(SECONDS),60) $(if $(ONLY),--only $(ONLY)) $(if $(REPLAY),--replay $(REPLAY)) \
	  $(if $(KEEP),--keep)

schemathesis: .build/dev ## ask every operation of the API for whatever its description allows and forbids (EXAMPLES=100 each, ONLY=-k's words)
	EXAMPLES=$(or $(EXAMPLES),100) $(BIN)/pytest -q --timeout=0 tests/functions/api/test_contract.py $(if $(ONLY),-k '$(ONLY)')

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
	for group in runtime collector local cdk kernel fuzz; do $(UV) pip compile -q --group $$group --generate-hashes --no-annotate \
	  --no-header -c requirements/dev.txt -o requirements/$$group.txt || exit 1; done

# Wheels of Lambda's and the collector's platform: no Docker, and nothing is built.
wheels = UV_COMPILE_BYTECODE=0 $(UV) pip install -q --target .build/layers/$(1) --python-version $(2) \
	--python-platform aarch64-manylinux_2_28 --only-binary :all: --require-hashes -r requirements/$(3).txt

.build/layers/stamp: .build/uv .build/kernel requirements/runtime.txt requirements/collector.txt
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

shield: .build/dev .build/cdk ## for a deployment outside us-east-1: deploy the web ACL there, and print its ARN (SET="stage=demo")
	cdk/cli/node_modules/.bin/cdk deploy --app "$(PY) -m cdk.shield" --output cdk.shield.out --all $(foreach setting,$(SET),-c $(setting))

clean: ## remove what set-up made (not .flowlens, which holds data)
	rm -rf .build .venv web/node_modules web/dist cdk.out cdk.shield.out
