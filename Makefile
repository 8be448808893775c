# Everything sets up what it needs: .venv, with what requirements.lock lists.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help up kube down test check lint format bench console docs lock env clean images audit

ARGS ?=
PYTHON ?=
BIN := .venv/bin
READY := .venv/.ready
SOURCES := proto services operators edge cli bench tests tools
# A file's tests stay in one process: tests/conftest.py says which, and in which order. Each process
# has a core, so linear algebra takes no more than one.
PYTEST := OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -q
ALL := -n 2 -m "not images"
# Where this is set, each server that a test starts would compile all it imports anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: $(READY) ## Set up the environment in .venv

$(READY): requirements.lock pyproject.toml tools/environment.sh
	@PYTHON="$(PYTHON)" sh tools/environment.sh
	@touch $@

up: $(READY) ## Start the platform; ARGS='--for 60s --json' runs it unattended
	@exec $(BIN)/tianfu up --manifests examples/manifests $(ARGS)

kube: $(READY) ## A Kubernetes API here with our kinds and operators; prints its KUBECONFIG
	@exec $(BIN)/python tools/kube.py $(ARGS)

down: $(READY) ## Stop a platform that runs in the background
	@$(BIN)/tianfu down $(ARGS)

check: lint ## Format, lint, types, import contracts, quick unit tests: under two minutes
	$(PYTEST) -n 2 -m "not integration and not chaos and not slow and not images"

lint: $(READY) ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports

test: lint ## Everything: unit tests, tests with real servers, tests that kill them
	@$(BIN)/python tools/control_plane.py > /dev/null
	$(PYTEST) $(ALL)

format: $(READY) ## Format the code, and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## Measure side by side; ARGS='rpc ingest' runs those
	$(BIN)/python -m bench.run_all $(ARGS)

images: $(READY) ## Build container images, and run them; root, Debian's buildah, mmdebstrap, podman, runc
	$(BIN)/python tools/images.py $(ARGS)
	$(PYTEST) -m images tests/images

audit: $(READY) ## Ask for known vulnerabilities of what is locked; needs the vulnerability service
	$(BIN)/python tools/audit.py $(ARGS)

console: $(READY) ## Build the console into the gateway's files; needs Node 20.19
	@# Not `npm ci`: an optional package of other systems, which registries may lack, is not in the lock.
	cd console && npm install --no-save --ignore-scripts --no-audit --no-fund
	$(BIN)/python tools/console.py check
	$(BIN)/python tools/console.py build

docs: $(READY) ## Build the documentation into build/site; nothing is fetched
	$(BIN)/python -m tools.docs_site
	@echo "build/site/index.html"

lock: $(READY) ## Choose versions anew and write requirements.lock
	$(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes --universal \
	  --no-header --no-annotate --upgrade --quiet --output-file requirements.lock
	@! grep -n '://' requirements.lock || { echo "requirements.lock names an address" >&2; exit 1; }

clean: ## Remove .venv and caches; the data folder .tianfu stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
